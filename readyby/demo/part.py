"""One process of the demo: what it is, and its life from start to stop."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from readyby import tether
from readyby.errors import Permanent

TETHER = Path(tether.__file__)
LOG_KEPT_BYTES = 5_000_000


async def always_ready() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A process to keep running.

    It is up when it listens on `port` itself (another's server there would answer too) and `ready`, one
    quick look, finds that it answers. It starts when all of `after` are up. `one_shot` parts run to their
    end, which must be exit code 0. A higher `stop_wave` is stopped earlier.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    ready: Callable[[], Awaitable[bool]] = always_ready
    port: int | None = None
    after: tuple[str, ...] = ()
    one_shot: bool = False
    stop_wave: int = 0
    start_within_s: float = 60.0


class PartFailed(Permanent):
    """A part could not be started or kept; names it, how it ended and what it said last."""

    def __init__(self, part: Part, what: str, log: Path, *, exit_code: int | None = None) -> None:
        said = "\n".join(f"  {line}" for line in log_tail(log))
        super().__init__(f"{part.name}: {what}\nlast lines of {log}:\n{said}")
        self.part = part
        self.exit_code = exit_code


@dataclass(slots=True)
class Running:
    """A part's process: it leads its own process group, and its output goes to its log file."""

    part: Part
    process: asyncio.subprocess.Process
    log: Path
    grace_s: float = 8.0
    _ended: asyncio.Task[int] = field(init=False)

    def __post_init__(self) -> None:
        self._ended = asyncio.create_task(self.process.wait())

    async def wait(self) -> int:
        """Its exit code, once it has ended; negative for a signal."""
        return await asyncio.shield(self._ended)

    async def wait_ready(self, every_s: float = 0.2) -> None:
        """Until it answers.

        Raises:
            PartFailed: it ended first, or did not answer in time.
        """
        deadline = asyncio.get_running_loop().time() + self.part.start_within_s
        while not (listens(self.process.pid, self.part.port) and await self.part.ready()):
            if self._ended.done():
                code = self._ended.result()
                raise PartFailed(self.part, f"ended with {told_code(code)}", self.log, exit_code=code)
            if asyncio.get_running_loop().time() > deadline:
                raise PartFailed(
                    self.part, f"did not answer within {self.part.start_within_s:.0f} s", self.log
                )
            await asyncio.wait({self._ended}, timeout=every_s)

    async def stop(self) -> None:
        """SIGTERM to the group, SIGKILL after the grace to whatever of it is left."""
        self._signal_group(signal.SIGTERM)
        deadline = asyncio.get_running_loop().time() + self.grace_s
        while self._group_lives() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
        self._signal_group(signal.SIGKILL)
        await self.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _group_lives(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


async def launch(part: Part, log_dir: Path, *, grace_s: float = 8.0) -> Running:
    """Start the part's process; call it from the main thread (see tether)."""
    log = log_dir / f"{part.name}.log"
    with _open_log(log) as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *part.command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(part.environment),
            cwd=part.folder,
            start_new_session=True,
        )
    return Running(part, process, log, grace_s)


def listens(pid: int, port: int | None) -> bool:
    """Whether a process listens on a loopback port; True where no port is asked for."""
    if port is None:
        return True
    try:
        found = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error:
        return False
    return any(
        connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", None) == port
        for connection in found
    )


def log_tail(log: Path, lines: int = 12) -> list[str]:
    """The last lines of a log, the middle of long ones left out: the cause of an error stands at the end."""
    with contextlib.suppress(OSError), log.open(errors="replace") as file:
        return [_shortened(line.rstrip()) for line in deque(file, maxlen=lines)]
    return []


def _shortened(line: str, head: int = 160, tail: int = 480) -> str:
    return line if len(line) <= head + tail else f"{line[:head]} ... {line[-tail:]}"


def told_code(code: int) -> str:
    """An exit code in words."""
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _open_log(log: Path) -> IO[bytes]:
    if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log.open("ab")
