"""Opens the DuckDB file in the one way that is safe, and knows when it has to be given up."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from readyby.errors import Busy, Misconfigured
from readyby.store.lock import OwnerLock
from readyby.store.migrations import migrate
from readyby.store.statements import statement

MEMORY = ":memory:"
FATAL_EXIT_CODE = 70
MB = 1_000_000


def exit_now() -> None:
    """End the process at once: a database that failed fatally heals only by being opened anew."""
    os._exit(FATAL_EXIT_CODE)


def free_bytes(folder: Path) -> int:
    """Free disk space of a folder, in bytes."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Stops changes while there is still room to write what was promised."""

    folder: Path | None
    min_free_mb: int
    read_free: Callable[[Path], int] = free_bytes

    def check(self) -> None:
        """Raises Busy below the watermark, naming the free space and the remedy."""
        if self.folder is None or not self.min_free_mb:
            return
        free_mb = self.read_free(self.folder) // MB
        if free_mb < self.min_free_mb:
            raise Busy(
                f"only {free_mb} MB free at {self.folder}, {self.min_free_mb} MB are kept: refused; "
                "free disk space, or lower READYBY_MIN_FREE_MB",
                retry_after_s=10.0,
            )


class Database:
    """An open database, owned by this process; every thread takes a cursor of its own.

    While it is open, files that this process makes are for its user alone: DuckDB makes its write-ahead log
    anew again and again, and personal data stands in it.
    """

    def __init__(self, path: Path | str, *, memory_limit_mb: int) -> None:
        self.path = None if str(path) == MEMORY else Path(path)
        self.lock = OwnerLock(self.path) if self.path else None
        self._umask = os.umask(0o077) if self.path else None
        try:
            self.connection = connect(str(path), memory_limit_mb=memory_limit_mb)
        except BaseException:
            self._release()
            raise
        try:
            self.migrated = migrate(self.connection)
        except BaseException:
            self.close()
            raise

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.connection.cursor()

    def close(self) -> None:
        """Checkpoint, close, and let another process own the file."""
        self.connection.close()
        self._release()

    def _release(self) -> None:
        if self.lock:
            self.lock.release()
        if self._umask is not None:
            os.umask(self._umask)
            self._umask = None


def connect(path: str, *, memory_limit_mb: int, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open with every door shut: no downloads, no files but its own, no settings changed later.

    Raises:
        Misconfigured: the file cannot be opened; says why.
    """
    try:
        connection = duckdb.connect(
            path,
            read_only=read_only,
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "enable_external_access": False,
                "python_enable_replacements": False,
                "memory_limit": f"{memory_limit_mb}MB",
                "threads": 1,
                "checkpoint_threshold": "64MB",
            },
        )
    except duckdb.Error as error:
        raise Misconfigured(f"cannot open {path}: {error}; check the file, or restore a backup") from error
    connection.execute(statement("commands/set_time_zone")).fetchall()
    connection.execute(statement("commands/lock_configuration")).fetchall()
    return connection
