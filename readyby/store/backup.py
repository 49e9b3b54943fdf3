"""Copies of the whole store: written beside running work, restored only while nobody owns the database.

The copy goes table by table, as Arrow batches, from one snapshot into a database of its own. The file that
is in use is never opened a second time: that would drop DuckDB's lock.
"""

import os
from contextlib import suppress
from pathlib import Path

import duckdb

from readyby.errors import Conflict, Misconfigured, NotFound
from readyby.store.database import connect
from readyby.store.lock import OwnerLock
from readyby.store.migrations import check_applied, migrate
from readyby.store.statements import folder, statement

BATCH_ROWS = 100_000
COPY_MEMORY_MB = 256
META = "schema_migration"


def write_backup(snapshot: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    """Copy all that a transaction sees into a new database file; rows by table.

    Raises:
        Conflict: the file exists.
        Misconfigured: it cannot be written.
    """
    if path.exists():
        raise Conflict(f"{path} exists: name a new file, or remove it first")
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _discard(unfinished)
        tables = _copy(snapshot, unfinished)
        unfinished.chmod(0o600)
        _sync(unfinished)
        unfinished.rename(path)
        _sync(path.parent)
    except (OSError, duckdb.IOException) as error:
        raise Misconfigured(f"cannot write {path}: {error}; give another place with room") from error
    finally:
        with suppress(OSError):
            _discard(unfinished)
    return tables


def _copy(snapshot: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    copy = connect(str(path), memory_limit_mb=COPY_MEMORY_MB)
    try:
        migrate(copy)
        tables = count_rows(snapshot)
        for table in tables:
            if table != META:
                _copy_table(snapshot, copy, table)
        copied = count_rows(copy)
        if copied != tables:
            raise Misconfigured(f"the copy at {path} is not complete: {copied} instead of {tables}")
        copy.execute(statement("commands/checkpoint")).fetchall()
    finally:
        copy.close()
    return tables


def _copy_table(source: duckdb.DuckDBPyConnection, target: duckdb.DuckDBPyConnection, table: str) -> None:
    reader = source.table(table).to_arrow_reader(BATCH_ROWS)
    target.register("batch", reader)
    try:
        target.execute(statement("commands/copy_batch").format(table=table)).fetchall()
    finally:
        target.unregister("batch")


def count_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of every table, as the connection's transaction sees them."""
    names = [name for (name,) in connection.execute(statement("queries/base_tables")).fetchall()]
    counts = {}
    for name in names:
        ((rows,),) = connection.execute(statement("queries/count_table").format(table=name)).fetchall()
        counts[name] = int(rows)
    return counts


def restore(backup: Path, database: Path, *, force: bool = False) -> dict[str, int]:
    """Put a backup in the place of a database that nobody owns; rows by table.

    What stood there before is kept beside it as `*.before-restore`.

    Raises:
        NotFound: there is no such backup.
        Conflict: a database is there and `force` is not given.
        Misconfigured: a process owns the database, or the file is no backup of this store.
    """
    if not backup.is_file():
        raise NotFound(f"no backup at {backup}")
    with OwnerLock(database):
        if database.exists() and not force:
            raise Conflict(f"{database} exists: --force replaces it, and keeps it as *.before-restore")
        tables = _check(backup)
        fresh = database.with_name(database.name + ".restoring")
        _copy_file(backup, fresh)
        for file in (database, database.with_name(database.name + ".wal")):
            if file.exists():
                file.rename(file.with_name(file.name + ".before-restore"))
        fresh.rename(database)
        _sync(database.parent)
    return tables


def rewrite(database: Path) -> dict[str, int]:
    """Write a database that nobody owns anew, without the bytes that deleted rows leave; rows by table.

    Raises:
        Misconfigured: a process owns it, or there is no room for a second one beside it.
    """
    fresh = database.with_name(database.name + ".fresh")
    with OwnerLock(database):
        _discard(fresh)
        source = connect(str(database), memory_limit_mb=COPY_MEMORY_MB)
        try:
            tables = write_backup(source, fresh)
        finally:
            source.close()
        _discard(database)
        fresh.rename(database)
        _sync(database.parent)
    return tables


def _check(backup: Path) -> dict[str, int]:
    connection = connect(str(backup), memory_limit_mb=COPY_MEMORY_MB, read_only=True)
    try:
        applied = dict(connection.execute(statement("queries/schema_migrations")).fetchall())
        check_applied(applied, folder("migrations"))
        return count_rows(connection)
    except duckdb.Error as error:
        raise Misconfigured(f"{backup} is no backup of this store: {error}") from error
    finally:
        connection.close()


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("wb") as writer:
        while block := reader.read(1 << 20):
            writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())
    target.chmod(0o600)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _discard(path: Path) -> None:
    for file in (path, path.with_name(path.name + ".wal")):
        file.unlink(missing_ok=True)
