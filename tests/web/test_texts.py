"""Every text of pages and answers is in every catalog, with the same parts to fill in."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from readyby.web.texts import LOCALES, catalog, translator
from readyby.words import LANGUAGES

OTHERS = [language for language in LANGUAGES if language != "en"]
REMEDIES_OF = ("forms.py", "requests.py", "routes.py")


def texts_in_code(path: Path) -> Iterator[str]:
    """First arguments of `_(...)`, and remedies that drivers read."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        direct = isinstance(node.func, ast.Call) and getattr(node.func.func, "id", "") == "translator"
        place = 0 if name == "_" or direct else 2 if name == "BadInput" and path.name in REMEDIES_OF else None
        if place is not None and len(node.args) > place:
            argument = node.args[place]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


@pytest.fixture(scope="module")
def texts(repository: Path) -> set[str]:
    folders = ("readyby/web", "readyby/sms", "dashboards/driver")
    code = [path for folder in folders for path in (repository / folder).rglob("*.py")]
    found = {text for path in [*code, repository / "readyby" / "requests.py"] for text in texts_in_code(path)}
    for template in (repository / "readyby/web/templates").glob("*.html"):
        found |= set(re.findall(r'_\("([^"]+)"\)', template.read_text()))
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_there_is_something_to_translate(texts: set[str]) -> None:
    assert len(texts) > 80
    assert "Ready by {when}" in texts


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(texts: set[str], language: str) -> None:
    assert not texts - catalog(language).keys()


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(texts: set[str], language: str) -> None:
    assert not catalog(language).keys() - texts


@pytest.mark.parametrize("language", OTHERS)
def test_translations_fill_in_the_same_parts(language: str) -> None:
    assert {text: fields(other) for text, other in catalog(language).items()} == {
        text: fields(text) for text in catalog(language)
    }


def test_what_is_not_translated_stays_english() -> None:
    assert translator("es")("Never heard of") == "Never heard of"
    assert translator("de")("Save") == "Save"


def test_each_catalog_belongs_to_a_language_that_is_spoken() -> None:
    assert {path.name for path in LOCALES.iterdir()} == set(OTHERS)
