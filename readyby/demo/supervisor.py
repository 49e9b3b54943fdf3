"""Starts the parts, waits for each with a limit, restarts what dies, stops all, and leaves nothing behind.

Three nets under the supervisor's own end: it stops the parts itself; the kernel sends SIGTERM to its
children when it dies (tether); and a watchdog ends whatever still carries the supervisor's mark.
"""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from readyby.demo.part import Part, PartFailed, Running, launch, told_code
from readyby.demo.watchdog import KILL_FOR_S, MARK_VARIABLE

EXIT_MISCONFIGURED = 78
WATCHDOG = Path(__file__).with_name("watchdog.py")


class PartState(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    UP = "up"
    DONE = "done"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often the supervisor tries.

    A part that lives less than `short_life_s` more than `restarts` times in a row is given up.
    """

    grace_s: float = 8.0
    restarts: int = 5
    short_life_s: float = 60.0
    backoff_s: float = 0.5
    backoff_most_s: float = 8.0


Tell = Callable[[Part, PartState, str], None]


def tell_nobody(_part: Part, _state: PartState, _detail: str) -> None:
    pass


class Supervisor:
    """Keeps parts running between `start` and `stop`."""

    def __init__(
        self,
        parts: Iterable[Part],
        *,
        log_dir: Path,
        tell: Tell = tell_nobody,
        patience: Patience | None = None,
    ) -> None:
        self.mark = secrets.token_hex(16)
        self._parts = tuple(_with_mark(part, self.mark) for part in parts)
        self._log_dir = log_dir
        self._tell = tell
        self._patience = patience or Patience()
        self._up = {part.name: asyncio.Event() for part in self._parts}
        self._running: dict[str, Running] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._watchdog: _Watchdog | None = None
        self.restarts: dict[str, int] = {}

    async def start(self) -> None:
        """Start all parts, those that wait for nothing at once; return when all are up.

        Raises:
            PartFailed: one did not come up; the others go on until `stop`.
        """
        self._log_dir.mkdir(parents=True, exist_ok=True)
        self._watchdog = _Watchdog(self.mark, self._patience.grace_s / 2)
        for part in self._parts:
            self._tell(part, PartState.WAITING, "")
            self._keepers.append(asyncio.create_task(self._keep(part), name=part.name))
        all_up = asyncio.create_task(self._wait_all_up())
        try:
            await self._unless_failed(all_up)
        finally:
            all_up.cancel()

    async def watch(self) -> None:
        """Wait until a part cannot be kept any more.

        Raises:
            PartFailed: which, and how it ended.
        """
        await self._unless_failed(asyncio.get_running_loop().create_future())

    async def stop(self) -> None:
        """Stop wave by wave, each wave's parts together; then sweep what escaped its group."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for wave in sorted({part.stop_wave for part in self._parts}, reverse=True):
            names = [part.name for part in self._parts if part.stop_wave == wave]
            await asyncio.gather(*(self._stop(name) for name in names if name in self._running))
        if self._watchdog is not None:
            await self._watchdog.release()

    @property
    def names(self) -> tuple[str, ...]:
        """The parts' names."""
        return tuple(part.name for part in self._parts)

    def pid(self, name: str) -> int | None:
        """The pid of a part's process, None while it has none."""
        running = self._running.get(name)
        return running.process.pid if running else None

    async def _wait_all_up(self) -> None:
        for event in self._up.values():
            await event.wait()

    async def _stop(self, name: str) -> None:
        running = self._running.pop(name)
        await running.stop()
        self._tell(running.part, PartState.STOPPED, "")

    async def _unless_failed(self, waited: "asyncio.Future[Any]") -> None:
        pending: set[asyncio.Future[Any]] = {waited, *self._keepers}
        while not waited.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for keeper in done - {waited}:
                if not keeper.cancelled() and (error := keeper.exception()) is not None:
                    raise error

    async def _keep(self, part: Part) -> None:
        for name in part.after:
            await self._up[name].wait()
        short_lives = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._live_once(part)
            except PartFailed as failure:
                lived_s = asyncio.get_running_loop().time() - began
                short_lives = short_lives + 1 if lived_s < self._patience.short_life_s else 1
                if failure.exit_code == EXIT_MISCONFIGURED or short_lives > self._patience.restarts:
                    self._tell(part, PartState.FAILED, str(failure).splitlines()[0])
                    raise
                self.restarts[part.name] = self.restarts.get(part.name, 0) + 1
                self._tell(part, PartState.RESTARTING, str(failure).splitlines()[0])
                wait_s = self._patience.backoff_s * 2.0 ** (short_lives - 1)
                await asyncio.sleep(min(wait_s, self._patience.backoff_most_s))
            else:
                self._tell(part, PartState.DONE, "")
                return

    async def _live_once(self, part: Part) -> None:
        self._tell(part, PartState.STARTING, "")
        running = await launch(part, self._log_dir, grace_s=self._patience.grace_s)
        self._running[part.name] = running
        try:
            if not part.one_shot:
                await running.wait_ready()
                self._up[part.name].set()
                self._tell(part, PartState.UP, "")
            async with asyncio.timeout(part.start_within_s if part.one_shot else None):
                code = await running.wait()
        except TimeoutError as error:
            what = f"did not end within {part.start_within_s:.0f} s"
            raise PartFailed(part, what, running.log) from error
        finally:
            if not self._stopping:  # else `stop` ends it in its turn
                await running.stop()
                self._running.pop(part.name, None)
        if code != 0 or not part.one_shot:
            raise PartFailed(part, f"ended with {told_code(code)}", running.log, exit_code=code)
        self._up[part.name].set()


class _Watchdog:
    """The process that sweeps after us; it lives as long as this object's end of a pipe is open."""

    def __init__(self, mark: str, grace_s: float) -> None:
        self._grace_s = grace_s
        theirs, self._ours = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(WATCHDOG), str(theirs), mark, str(grace_s)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs,),
            start_new_session=True,
        )
        os.close(theirs)

    async def release(self) -> None:
        """Let it sweep now, and wait for its end."""
        os.close(self._ours)
        await asyncio.to_thread(self._process.wait, self._grace_s + KILL_FOR_S + 2)


def _with_mark(part: Part, mark: str) -> Part:
    environment: Mapping[str, str] = {**part.environment, MARK_VARIABLE: mark}
    return replace(part, environment=environment)
