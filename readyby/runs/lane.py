"""Lanes: bodies of flows run in this process, as runs of their deployments where the server keeps up.

A wake-up becomes one run. The body starts inside it; if its first line is not reached within a second it
runs bare and is recorded later. Whoever comes first runs it, the other finds it taken. The lane is free
when the body ends, whatever the server is doing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from readyby.clocks import wall_now
from readyby.errors import Transient
from readyby.store.api import RecordRun, RunRecord, Store

FIRST_LINE_S = 1.0
ATTEMPT_S = 60.0
GATHER_S = 5.0

Body = Callable[..., Awaitable["RunReport"]]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a body says when it ends: one line, the plan versions it made, and a table for people to read.

    `wakes` names the lanes that now have something to do.
    """

    summary: str
    wakes: tuple[str, ...] = ()
    plan_versions: tuple[int, ...] = ()
    markdown: str = ""


class Ticket:
    """The right to run one body, once. `lines` are (machine wall time, level, text)."""

    def __init__(self, key: str, parameters: Mapping[str, object]) -> None:
        self.key = key
        self.parameters = dict(parameters)
        self.mode: str | None = None
        self.flow_run_id: str | None = None
        self.lines: list[tuple[datetime, str, str]] = []
        self.started = asyncio.Event()
        self.started_at = self.ended_at = wall_now()
        self.report: RunReport | None = None
        self._ended: asyncio.Future[RunReport] = asyncio.get_running_loop().create_future()

    async def run(self, mode: str, body: Body) -> RunReport:
        """Run the body if nobody has; otherwise wait for what the other run of it came to."""
        if self.mode is not None:
            return await self.ended()
        self.mode, self.started_at = mode, wall_now()
        self.started.set()
        here = _ticket.set(self)
        try:
            self.report = await body(**self.parameters)
        except BaseException as error:
            self.lines.append((wall_now(), "ERROR", f"{type(error).__name__}: {error}"))
            self._end(error)
            raise
        finally:
            self.ended_at = wall_now()
            _ticket.reset(here)
        self._end(self.report)
        return self.report

    async def ended(self) -> RunReport:
        """Wait until the body has ended; raises what the body raised."""
        return await asyncio.shield(self._ended)

    def _end(self, outcome: RunReport | BaseException) -> None:
        if isinstance(outcome, RunReport):
            self._ended.set_result(outcome)
            return
        shown = outcome if isinstance(outcome, Exception) else Transient(f"body stopped: {outcome!r}")
        self._ended.set_exception(shown)
        self._ended.exception()

    def record(self, deployment: str) -> RunRecord:
        """This body as it ran, for the store."""
        report = self.report or RunReport(summary="failed")
        return RunRecord(
            run_key=self.key,
            deployment=deployment,
            parameters={name: value for name, value in self.parameters.items() if isinstance(value, str)},
            mode=self.mode or "bare",
            state="Completed" if self.report else "Failed",
            started_at=self.started_at,
            ended_at=self.ended_at,
            plan_versions=report.plan_versions,
            logs=tuple(self.lines),
            artifact_markdown=report.markdown,
        )


_ticket: ContextVar[Ticket | None] = ContextVar("ticket", default=None)


def current_ticket() -> Ticket | None:
    """The ticket of the body that is running here, if a lane runs it."""
    return _ticket.get()


class Runs(Protocol):
    """What a lane asks of the Prefect server; any call may fail or hang."""

    async def execute(self, deployment: str, ticket: Ticket, body: Body) -> None:
        """Run the body as a run of the deployment, to the run's end; sets `ticket.flow_run_id`."""
        ...

    async def publish(self, flow_run_id: str, run: RunRecord) -> None:
        """Attach the run's table to it."""
        ...

    async def file(self, run: RunRecord) -> str:
        """Record a body that ran without the server; idempotent by its key. The flow run's id."""
        ...


class Lane:
    """The bodies of one deployment, one at a time."""

    def __init__(self, deployment: str, body: Body, runs: Runs, store: Store) -> None:
        self.deployment = deployment
        self._body, self._runs, self._store = body, runs, store
        self._attempt: tuple[asyncio.Task[None], Ticket] | None = None
        self._bookkeeping: set[asyncio.Task[None]] = set()
        self.in_hand: set[str] = set()
        self.turn = asyncio.Lock()
        self._gathered: Ticket | None = None

    @property
    def busy(self) -> bool:
        """Whether a body has its turn now."""
        return self.turn.locked()

    async def run(
        self, key: str, parameters: Mapping[str, object], flow_run_id: str | None = None
    ) -> RunReport:
        """Run one body now; raises what the body raises. `flow_run_id`: a run that is already there."""
        ticket = Ticket(key, parameters)
        ticket.flow_run_id = flow_run_id
        self.in_hand.add(key)
        attempt = self._attempt_in_run(ticket)
        try:
            if attempt is not None:
                await _first(attempt, ticket.started, FIRST_LINE_S)
            return await ticket.run("bare", self._body)
        finally:
            keeping = asyncio.create_task(self._keep(ticket, attempt))
            self._bookkeeping.add(keeping)
            keeping.add_done_callback(self._bookkeeping.discard)

    def _attempt_in_run(self, ticket: Ticket) -> asyncio.Task[None] | None:
        """A run on the server, unless an earlier one still hangs there before its first line."""
        if self._attempt is not None:
            earlier, its_ticket = self._attempt
            if not earlier.done() and its_ticket.mode != "in_run":
                return None
        attempt = asyncio.create_task(self._runs.execute(self.deployment, ticket, self._body))
        self._attempt = attempt, ticket
        return attempt

    async def observe(self, key: str, parameters: Mapping[str, object]) -> RunReport:
        """Run a body that is always running, without a run; what it said becomes one run now and then."""
        ticket = Ticket(key, parameters)
        try:
            return await ticket.run("bare", self._body)
        finally:
            if ticket.lines:
                self._gather(ticket)

    def _gather(self, ticket: Ticket) -> None:
        if self._gathered is not None:
            self._gathered.lines.extend(ticket.lines)
            self._gathered.ended_at = ticket.ended_at
            return
        self._gathered = ticket
        keeping = asyncio.create_task(self._keep_gathered())
        self._bookkeeping.add(keeping)
        keeping.add_done_callback(self._bookkeeping.discard)

    async def _keep_gathered(self) -> None:
        await asyncio.sleep(GATHER_S)
        ticket, self._gathered = self._gathered, None
        if ticket is not None:
            await self._keep(ticket, None)

    async def _keep(self, ticket: Ticket, attempt: asyncio.Task[None] | None) -> None:
        """Store what ran; then, once the server is done with the run, its table and its id."""
        try:
            run = ticket.record(self.deployment)
            await self._store.do(RecordRun(run=run))
            if attempt is None or not await _ended_well(attempt) or ticket.mode != "in_run":
                return
            assert ticket.flow_run_id is not None
            async with asyncio.timeout(ATTEMPT_S):
                await self._runs.publish(ticket.flow_run_id, run)
            await self._store.do(RecordRun(run=run.known_as(ticket.flow_run_id)))
        except Exception as error:  # noqa: BLE001 - bookkeeping must not stop a lane; the recorder tries again
            log.warning("run not recorded yet", run=ticket.key, error=repr(error))
        finally:
            self.in_hand.discard(ticket.key)

    async def close(self) -> None:
        """Let go of what is still being kept."""
        tasks = [*self._bookkeeping, *([self._attempt[0]] if self._attempt else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _first(attempt: asyncio.Task[None], started: asyncio.Event, within_s: float) -> None:
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({attempt, waiting}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def _ended_well(attempt: asyncio.Task[None]) -> bool:
    done, _ = await asyncio.wait({attempt}, timeout=ATTEMPT_S)
    if not done:
        attempt.cancel()
        return False
    return not attempt.cancelled() and attempt.exception() is None
