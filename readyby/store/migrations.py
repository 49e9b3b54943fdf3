"""Brings the tables and views of a database up to date, and refuses one that was changed behind us."""

from collections.abc import Sequence

import duckdb

from readyby.errors import Misconfigured
from readyby.store.statements import SqlFile, folder, statement

VIEW_MARK = "views"


def migrate(
    connection: duckdb.DuckDBPyConnection,
    migrations: Sequence[SqlFile] | None = None,
    views: Sequence[SqlFile] | None = None,
) -> tuple[str, ...]:
    """Apply what is missing, in order, with a checkpoint after each; the names of what was applied.

    A checkpoint at once, because data definitions in a write-ahead log are what crashes replay worst.

    Raises:
        Misconfigured: an applied migration has another checksum now, or this program is too old.
    """
    migrations = folder("migrations") if migrations is None else migrations
    views = folder("views") if views is None else views
    connection.execute(statement("commands/create_schema_migration")).fetchall()
    applied = dict(connection.execute(statement("queries/schema_migrations")).fetchall())
    check_applied(applied, migrations)
    done = []
    for migration in migrations:
        if migration.name not in applied:
            _apply(connection, migration.name, migration.checksum, [migration.text])
            done.append(migration.name)
    views_checksum = "".join(view.checksum for view in views)
    if applied.get(VIEW_MARK) != views_checksum:
        _apply(connection, VIEW_MARK, views_checksum, [view.text for view in views])
        done.append(VIEW_MARK)
    return tuple(done)


def check_applied(applied: dict[str, str], migrations: Sequence[SqlFile]) -> None:
    """Raises Misconfigured when what was applied is not what this program would apply."""
    known = {migration.name: migration.checksum for migration in migrations}
    for name, checksum in applied.items():
        if name == VIEW_MARK:
            continue
        if name not in known:
            raise Misconfigured(
                f"the database was migrated by a newer ReadyBy ({name} is unknown here); use that version"
            )
        if known[name] != checksum:
            raise Misconfigured(
                f"migration {name} was changed after it was applied; restore its file, add a new one"
            )


def _apply(connection: duckdb.DuckDBPyConnection, name: str, checksum: str, texts: Sequence[str]) -> None:
    values = {"name": name, "checksum": checksum}
    connection.begin()
    try:
        for text in texts:
            connection.execute(text).fetchall()
        if name == VIEW_MARK:
            connection.execute(statement("commands/forget_schema_migration"), {"name": name}).fetchall()
        connection.execute(statement("commands/record_schema_migration"), values).fetchall()
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    connection.execute(statement("commands/checkpoint")).fetchall()
