"""Migrations: in order, once, unchanged; views follow their files."""

from collections.abc import Iterator

import duckdb
import pytest

from readyby.errors import Misconfigured
from readyby.store.database import connect
from readyby.store.migrations import migrate
from readyby.store.statements import SqlFile

ONE = SqlFile(name="0001_a", text="create table a (x integer);")
TWO = SqlFile(name="0002_b", text="create table b (x integer);")
VIEW = SqlFile(name="v", text="create or replace view v as select x from a;")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect(":memory:", memory_limit_mb=64)
    yield made
    made.close()


def test_what_is_missing_is_applied_once(connection: duckdb.DuckDBPyConnection) -> None:
    assert migrate(connection, [ONE], []) == ("0001_a", "views")
    assert migrate(connection, [ONE], []) == ()
    assert migrate(connection, [ONE, TWO], []) == ("0002_b",)


def test_a_changed_migration_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection, [ONE, TWO], [])
    changed = SqlFile(name="0001_a", text="create table a (x bigint);")
    with pytest.raises(Misconfigured, match="0001_a was changed"):
        migrate(connection, [changed, TWO], [])


def test_a_newer_database_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection, [ONE, TWO], [])
    with pytest.raises(Misconfigured, match="newer ReadyBy"):
        migrate(connection, [ONE], [])


def test_a_failing_migration_leaves_nothing_and_can_be_mended(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(duckdb.Error):
        migrate(connection, [ONE, SqlFile(name="0002_b", text="create table a (x integer);")], [])
    assert migrate(connection, [ONE, TWO], []) == ("0002_b", "views")


def test_views_follow_their_files(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection, [ONE], [VIEW])
    assert migrate(connection, [ONE], [VIEW]) == ()
    wider = SqlFile(name="v", text="create or replace view v as select x, 2 as y from a;")
    assert migrate(connection, [ONE], [wider]) == ("views",)
    connection.execute("select y from v").fetchall()
