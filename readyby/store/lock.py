"""One owner per database: an exclusive flock on a file of its own beside it.

DuckDB's own lock is lost when anything in the process opens and closes the database file; this one is
not, and the kernel drops it when the owner dies, so a lock file that was left behind is harmless.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from readyby.errors import Misconfigured


class OwnerLock:
    """Held from construction until `release`.

    Raises:
        Misconfigured: another process owns the database, or the folder cannot be written.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        try:
            database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(
                f"cannot open {self.path}: {error.strerror}; give the state folder to this user"
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise Misconfigured(
                f"{database} is owned by another process (pid {owner}); stop it, or use its socket"
            ) from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process own the database; the file stays, since removing it would race."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
