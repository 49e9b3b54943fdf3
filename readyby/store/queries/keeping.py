"""Backup while work goes on, and how the store is kept."""

from pathlib import Path

from readyby.store import api
from readyby.store.backup import count_rows, write_backup
from readyby.store.database import free_bytes
from readyby.store.registry import query
from readyby.store.work import Work


@query(api.BackUp)
def back_up(work: Work, asked: api.BackUp) -> api.BackedUp:
    path = Path(asked.path).absolute()
    tables = write_backup(work.cursor, path)
    return api.BackedUp(path=str(path), size_bytes=path.stat().st_size, tables=tables)


@query(api.ReadStoreStatus)
def read_store_status(work: Work, asked: api.ReadStoreStatus) -> api.StoreStatus:
    path = work.value("queries/database_path")
    file = Path(path) if path else None
    return api.StoreStatus(
        path=path or ":memory:",
        size_bytes=_size(file),
        wal_bytes=_size(file.with_name(file.name + ".wal")) if file else 0,
        free_bytes=free_bytes(file.parent) if file else 0,
        migrations=tuple(
            row["name"] for row in work.rows("queries/schema_migrations") if row["name"] != "views"
        ),
        tables=count_rows(work.cursor),
    )


def _size(file: Path | None) -> int:
    return file.stat().st_size if file and file.exists() else 0
