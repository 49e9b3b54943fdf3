"""Small files and small functions, before a corner becomes the place where things are put."""

import ast
from collections.abc import Iterator
from pathlib import Path

MOST_LINES = 400
MOST_FUNCTION_LINES = 60
GOD_NAMES = {"utils", "util", "helpers", "common", "misc"}


def sources(repository: Path) -> Iterator[Path]:
    for root in ("readyby", "flows", "tasks", "dashboards", "tests", "docs"):
        yield from (path for path in (repository / root).rglob("*.py") if "__pycache__" not in path.parts)


def test_no_file_is_long(repository: Path) -> None:
    long = {
        str(path.relative_to(repository)): lines
        for path in sources(repository)
        if (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert not long, f"more than {MOST_LINES} lines: split by noun"


def test_no_function_is_long(repository: Path) -> None:
    long = {
        f"{path.relative_to(repository)}:{node.name}": lines
        for path in sources(repository)
        if "tests" not in path.relative_to(repository).parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > MOST_FUNCTION_LINES
    }
    assert not long, f"more than {MOST_FUNCTION_LINES} lines: give its parts names"


def test_no_file_is_a_drawer(repository: Path) -> None:
    assert not [path for path in sources(repository) if path.stem in GOD_NAMES]
