"""Words that the project does not contain."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

TEXT = {".py", ".md", ".toml", ".yaml", ".sql", ".svg", ".json", ".txt", ".cfg", ".css", ".html", ""}
VAGUE_VERBS = ("get", "process", "handle", "manage", "update")
"""Each verb of the project has one meaning; these have none."""

NAMES_OF_OTHERS = {"handle_starttag", "handle_endtag", "handle_data"}
"""Overridden methods of the standard library."""


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [
        repository / name
        for name in listed
        if name and Path(name).suffix in TEXT and (repository / name).is_file()
    ]


def lines_with(tracked: list[Path], pattern: str) -> Iterator[str]:
    found = re.compile(pattern)
    for path in tracked:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if found.search(line):
                yield f"{path}:{number}: {line.strip()[:120]}"


def test_no_path_of_one_machine(tracked: list[Path]) -> None:
    assert not list(lines_with(tracked, r"(?<![\w.])/(?:work|root|opt|home/\w+)/"))


def test_no_unfinished_marks(tracked: list[Path]) -> None:
    mark = "|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK", "NotImplemented" + "Error"))
    assert not list(lines_with(tracked, rf"\b(?:{mark})\b|#.*\bX{{3}}\b"))


def test_no_loose_ends_in_git(tracked: list[Path]) -> None:
    marker = "<" * 7
    assert not list(lines_with(tracked, rf"^(?:{marker}|{'>' * 7})"))


def test_functions_have_verbs_that_say_something(repository: Path) -> None:
    vague = [
        f"{path.relative_to(repository)}: {node.name}"
        for root in ("readyby", "flows", "tasks", "dashboards")
        for path in (repository / root).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.name.split("_")[0] in VAGUE_VERBS and node.name not in NAMES_OF_OTHERS
    ]
    assert not vague
