"""Makes the pages of docs/ that are written by the code itself: `make docs`."""

import ast
import tomllib
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from readyby.exchange.app import openapi_json
from readyby.settings import PROJECT_ROOT, Settings

INVARIANTS = Path(__file__).with_name("invariants.toml")
SETTINGS_HEAD = """# Settings

Made by `make docs` from `readyby/settings.py`. Each setting is read from the environment, then from
`readyby.toml` in the working directory (same name, lower case, without the prefix), then the default holds.
`readyby config show` prints what is in force and where each value comes from.

| environment | default | what it does |
|---|---|---|
"""


def settings_page() -> str:
    """All settings as a table."""
    rows = (
        f"| `READYBY_{name.upper()}` | {_shown(field.default)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    return SETTINGS_HEAD + "".join(rows)


def _shown(default: Any) -> str:
    if default is None:
        return "none"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, Path) and default.is_relative_to(PROJECT_ROOT):
        return f"`{default.relative_to(PROJECT_ROOT)}` of the checkout"
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{default}`" if str(default) else "empty"


INVARIANTS_HEAD = """# The invariants

What ReadyBy never breaks, whatever fails: the names that code and tests use. Made by `make docs` from
`docs/invariants.toml` and the marks `invariant` of the tests, which hold each of them.

| law | kept by | held by |
|---|---|---|
"""


def invariants() -> list[dict[str, Any]]:
    """The laws: name, law, kept_by."""
    laws: list[dict[str, Any]] = tomllib.loads(INVARIANTS.read_text("utf-8"))["invariant"]
    return laws


def invariant_tests() -> dict[str, list[str]]:
    """By name of a law, the tests that are marked with it, as `path::test`."""
    found: dict[str, list[str]] = {}
    for path in sorted((PROJECT_ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for name in _laws_of(node):
                    found.setdefault(name, []).append(f"{path.relative_to(PROJECT_ROOT)}::{node.name}")
    return found


def _laws_of(test: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    marks = [mark for mark in test.decorator_list if isinstance(mark, ast.Call)]
    named = [mark for mark in marks if ast.unparse(mark.func) == "pytest.mark.invariant"]
    return [ast.literal_eval(name) for mark in named for name in mark.args]


def invariants_page() -> str:
    """All laws as a table, with what keeps and what holds them."""
    held = invariant_tests()
    rows = (
        (f"**{law['name']}** {law['law']}", _linked(law["kept_by"]), _tests(held.get(law["name"], [])))
        for law in invariants()
    )
    return INVARIANTS_HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _linked(paths: list[str]) -> str:
    return "<br>".join(f"[{path.removeprefix('readyby/')}](../{path})" for path in paths)


def _tests(names: list[str]) -> str:
    pairs = (name.split("::") for name in names)
    shown = (f"[{test.removeprefix('test_').replace('_', ' ')}](../{path})" for path, test in pairs)
    return "<br>".join(shown)


PAGES = {
    "invariants.md": invariants_page,
    "settings.md": settings_page,
    "exchange-openapi.json": openapi_json,
}


def write_pages(folder: Path) -> None:
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(__file__).parent)
