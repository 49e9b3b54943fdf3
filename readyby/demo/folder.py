"""The demo's folder: locked for one demo at a time, with room to work, never that of a real installation."""

import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import IO

from readyby.errors import Misconfigured

MARK = "demo.json"
LOCK = "demo.lock"
NEEDED_MB = 300
SOCKET_LONGEST = 100
"""Characters of a Unix socket's path that the kernel takes, less a few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStart:
    """What a demo on this folder replays; a second start goes on with it. `ports` by part, as last used."""

    day: str
    seed: int
    domain_start: datetime
    speed: float
    ports: dict[str, int]


class DemoFolder:
    """A folder in use by this process until `close`."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self._lock = lock

    def started(self) -> DemoStart | None:
        """What an earlier demo here began with; raises as `read_mark`."""
        return read_mark(self.path)

    def remember(self, start: DemoStart) -> None:
        """Keep what this demo began with, all or nothing."""
        draft = self.path / f".{MARK}"
        draft.write_text(json.dumps(asdict(start), default=str, indent=2))
        draft.replace(self.path / MARK)

    def move(self, start: DemoStart, *, speed: float, ports: dict[str, int]) -> DemoStart:
        """The same demo, now at this speed and on these ports."""
        moved = replace(start, speed=speed, ports=ports)
        self.remember(moved)
        return moved

    def clear(self) -> None:
        """Forget all that earlier demos left, keeping the lock."""
        for child in self.path.iterdir():
            if child.name == LOCK:
                continue
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            else:
                child.unlink()

    def close(self) -> None:
        self._lock.close()


def read_mark(path: Path) -> DemoStart | None:
    """What a demo on this folder began with, None where there was none.

    Raises:
        Misconfigured: the mark is not readable.
    """
    mark = path / MARK
    if not mark.exists():
        return None
    try:
        found = json.loads(mark.read_text())
        found["domain_start"] = datetime.fromisoformat(found["domain_start"])
        date.fromisoformat(found["day"])
        return DemoStart(**found)
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"{mark}: {error!r}; start anew with `readyby demo --fresh`") from error


def open_folder(path: Path, *, fresh: bool = False, free_mb: int = NEEDED_MB) -> DemoFolder:
    """Take the folder for one demo; `fresh` forgets what earlier demos left there.

    The lock is the kernel's: one left by a dead process holds nothing.

    Raises:
        Misconfigured: the folder cannot be used; the message says why and what to do.
    """
    path = path.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (path / LOCK).open("a+")
    except OSError as error:
        raise Misconfigured(
            f"{path}: cannot be written ({error.strerror}); choose another folder with --state-dir"
        ) from error
    try:
        _take(lock, path)
        _check(path, free_mb)
        folder = DemoFolder(path, lock)
        if fresh:
            folder.clear()
    except BaseException:
        lock.close()
        raise
    return folder


def _take(lock: IO[str], path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        raise Misconfigured(
            f"{path}: another demo (process {lock.read().strip() or 'unknown'}) runs on this folder; "
            "stop it, or choose another folder with --state-dir"
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _check(path: Path, free_mb: int) -> None:
    if (path / "readyby.duckdb").exists() and not (path / MARK).exists():
        raise Misconfigured(
            f"{path}: holds the database of an installation that is no demo; "
            "choose another folder with --state-dir"
        )
    free = shutil.disk_usage(path).free // 2**20
    if free < free_mb:
        raise Misconfigured(
            f"{path}: {free} MB of disk are free, {free_mb} MB are needed; "
            "free some, or choose a folder on another disk with --state-dir"
        )
    socket = path / "core.sock"
    if len(os.fsencode(socket)) > SOCKET_LONGEST:
        raise Misconfigured(
            f"{socket}: longer than the {SOCKET_LONGEST} characters that a Unix socket's path may have; "
            "choose a shorter folder with --state-dir"
        )
