"""Every SQL file holds one statement that parses, and is used."""

import re
from pathlib import Path

import duckdb
import pytest

STORE = Path(__file__).resolve().parents[2] / "readyby" / "store"
SQL = sorted(STORE.joinpath("sql").rglob("*.sql"))
LOADED_WHOLE = ("migrations", "views")
"""Folders whose files are all applied, in order of their names."""


def name_of(path: Path) -> str:
    return path.relative_to(STORE / "sql").with_suffix("").as_posix()


@pytest.mark.parametrize("path", SQL, ids=name_of)
def test_one_statement_that_parses(path: Path) -> None:
    """A `{name}` stands for the name of a table or column, which no parameter can carry."""
    statements = duckdb.extract_statements(re.sub(r"\{[a-z_]+\}", "some_name", path.read_text()))
    assert len(statements) == 1


def test_every_file_is_used() -> None:
    code = "\n".join(path.read_text() for path in STORE.rglob("*.py"))
    named = set(re.findall(r"[\"']([a-z_/0-9]+)[\"']", code))
    unused = [
        name_of(path)
        for path in SQL
        if path.parent.name not in LOADED_WHOLE and not {name_of(path), path.stem} & named
    ]
    assert not unused
    assert set(LOADED_WHOLE) & named


def test_other_sql_is_used_beside_it(repository: Path) -> None:
    for path in (repository / "readyby").rglob("*.sql"):
        if STORE not in path.parents:
            assert any(path.name in code.read_text() for code in path.parent.glob("*.py")), path


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in SQL if path.parent.name == "migrations"]
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_statement_hides_in_python() -> None:
    """SQL keeps its own files, where it can be read, checked and compared."""
    hidden = [
        f"{path.name}: {line.strip()}"
        for path in STORE.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"[\"'](?:SELECT|INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|CREATE TABLE)\s", line)
    ]
    assert not hidden
