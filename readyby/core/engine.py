"""The engine: the loops that keep the product moving, and nothing of what each step does.

Tables are the queues and the truth; wake-ups are hints; a look every second is the net (I-13).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from readyby.clocks import machine_ms
from readyby.core.domain_time import GrantedClock
from readyby.core.orphans import record_orphans
from readyby.errors import ReadyByError
from readyby.interval import floor_to
from readyby.model import SiteId
from readyby.runs.lane import Lane, RunReport, Runs
from readyby.runs.prefect_runs import DueRun
from readyby.sms.lookup import offer_again
from readyby.store.api import (
    AbandonSending,
    AddEvent,
    GrantTime,
    NoteDrivers,
    NoticeCursor,
    PauseControl,
    Pending,
    ReadCounts,
    ReadPending,
    ReceiptCursor,
    ReceiptsRecorded,
    RecordNotices,
    RecordReceipts,
    RecordRun,
    ReturnClaims,
    RunRecord,
    UndispatchedPlan,
    UnrecordedRuns,
)
from readyby.wiring import Adapters

LOOK_S = 1.0
NOTES_EVERY_S = 5.0
SERVER_LOOK_S = 2.0
FEED_WAIT_S = 5.0
OFTEN_S, SELDOM_S, HURRIED = 0.25, 0.5, 60.0
"""How often the feed is read and time granted: where time runs this many times as fast, more often."""
RECEIPTS_EVERY_S, NOTICES_EVERY_S = 0.5, 5.0
RIGHT_OF_WAY_S = 1.0
FILED_AT_ONCE = 4
SLOT = timedelta(minutes=15)
POOL = "core"
INGEST = "ingest-feed/ingest-feed"
WELCOME = "welcome-drivers/welcome-drivers"
PLAN = "plan-site/plan-site"
DISPATCH = "dispatch-plan/dispatch-plan"
SETTLE = "settle-sessions/settle-sessions"

log = structlog.get_logger()


class RunServer(Runs, Protocol):
    """What the engine asks of the Prefect server beside its lanes."""

    async def due(self, pool: str) -> tuple[DueRun, ...]: ...

    async def paused(self, deployment: str) -> bool: ...


@dataclass(slots=True, kw_only=True)
class Wakes:
    """Who is to be woken; set from the engine's own loop or, by `call`, from any thread."""

    plan: asyncio.Event = field(default_factory=asyncio.Event)
    welcome: asyncio.Event = field(default_factory=asyncio.Event)
    settle: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def call(self, name: str) -> None:
        self.loop.call_soon_threadsafe(getattr(self, name).set)


class Engine:
    """The loops of one site over its adapters, lanes and run server."""

    def __init__(
        self,
        adapters: Adapters,
        lanes: Mapping[str, Lane],
        runs: RunServer,
        owner: str,
        granted: GrantedClock | None = None,
    ) -> None:
        self._a, self._lanes, self._runs = adapters, lanes, runs
        self._site = SiteId(adapters.settings.site_id)
        self._owner, self._granted = owner, granted
        self._keys = 0
        self.wakes = Wakes()
        self._last_slot: datetime | None = None

    async def run(self) -> None:
        """Run until cancelled; a loop that fails is started again, its error logged."""
        await self._recover()
        loops = {
            "feed": self._feed,
            "receipts": self._receipts,
            "notices": self._notices,
            "plan": self._plan,
            "welcome": self._welcome,
            "settle": self._settle,
            "notes": self._notes,
            "slots": self._slots,
            "dispatch net": self._dispatch_net,
            "recorder": self._recorder,
            "run button": self._due_runs,
            "pause": self._pause,
        }
        if self._granted is not None:
            loops["clock"] = self._clock
        async with asyncio.TaskGroup() as group:
            for name, loop in loops.items():
                group.create_task(_keep(name, loop), name=name)

    async def _recover(self) -> None:
        """What a dead core left: claims go back to the queue, messages in flight are looked up.

        Plans whose run died get the run that they lack.
        """
        now = self._a.clock.now()
        returned = await self._a.store.do(ReturnClaims(owner=self._owner, now=now))
        abandoned = await self._a.store.do(AbandonSending(at=now))
        orphans = await record_orphans(self._a.store, self._site, PLAN)
        again = await offer_again(self._a.store, self._a.messenger, now) if abandoned else 0
        if returned or abandoned or orphans:
            log.info(
                "recovered",
                claims_returned=returned,
                messages_unknown=abandoned - again,
                messages_again=again,
                runs_of_the_dead=orphans,
            )

    # --- the loops ------------------------------------------------------------------------------------

    async def _feed(self) -> None:
        """Outside -> store; what changed wakes who has to act on it."""
        await asyncio.sleep(self._pace_s())
        await self._let_planning_pass()
        self._wake(await self._observe(INGEST, {"wait_s": FEED_WAIT_S}))

    async def _receipts(self) -> None:
        """What became of commands; an EVSE that does not follow is planned around."""
        after = await self._a.store.ask(ReceiptCursor())
        body = await self._a.exchange.receipts(after, FEED_WAIT_S)
        await self._let_planning_pass()
        recorded: ReceiptsRecorded = await self._a.store.do(
            RecordReceipts(body=body, received_at=self._a.clock.now(), received_machine_ms=machine_ms())
        )
        if recorded.not_following:
            self.wakes.plan.set()
        await asyncio.sleep(RECEIPTS_EVERY_S)

    async def _notices(self) -> None:
        """What the exchange noticed in the network's data and behavior, for who looks at its quality."""
        after = await self._a.store.ask(NoticeCursor())
        body = await self._a.exchange.notices(after, FEED_WAIT_S)
        await self._let_planning_pass()
        await self._a.store.do(RecordNotices(body=body, received_at=self._a.clock.now()))
        await asyncio.sleep(NOTICES_EVERY_S)

    async def _plan(self) -> None:
        """One wake-up of the site, one run."""
        await _woken(self.wakes.plan, LOOK_S)
        pending = await self._pending()
        if not (pending.requests or pending.events):
            return
        try:
            await self._run(PLAN, {"site_id": self._site})
        except Exception:
            await self._a.store.do(ReturnClaims(owner="", now=self._a.clock.now()))
            raise

    async def _welcome(self) -> None:
        """New sessions are a run of their own; what else is said to drivers becomes one now and then."""
        await _woken(self.wakes.welcome, LOOK_S)
        pending = await self._pending()
        if pending.unmatched:
            self._wake(await self._run(WELCOME, {}))
        elif pending.messages:
            await self._let_planning_pass()
            self._wake(await self._observe(WELCOME, {}))

    async def _settle(self) -> None:
        await self.wakes.settle.wait()
        self.wakes.settle.clear()
        await self._run(SETTLE, {"site_id": self._site})

    async def _notes(self) -> None:
        """Drivers are told what matters: ready, cannot be met, unplugged; the store knows what was told."""
        await asyncio.sleep(NOTES_EVERY_S)
        if await self._a.store.do(NoteDrivers(now=self._a.clock.now())):
            self.wakes.welcome.set()

    async def _slots(self) -> None:
        """A new 15-minute slot renews leases and shares headroom anew while cars are plugged in."""
        await asyncio.sleep(LOOK_S / max(1.0, min(self._a.clock.speed, 10.0)))
        slot = floor_to(self._a.clock.now(), SLOT)
        if self._last_slot is not None and slot <= self._last_slot:
            return
        counts = await self._a.store.ask(ReadCounts())
        if counts.sessions_active:
            event = AddEvent(site_id=self._site, kind="slot", detail=f"{slot:%H:%M}Z", at=self._a.clock.now())
            await self._a.store.do(event)
            self.wakes.plan.set()
        self._last_slot = slot

    async def _dispatch_net(self) -> None:
        """A plan that was recorded but never reached the exchange is sent again."""
        await asyncio.sleep(LOOK_S)
        if self._lanes[PLAN].busy or await self._a.store.ask(UndispatchedPlan(site_id=self._site)) is None:
            return
        await self._run(DISPATCH, {"site_id": self._site})

    async def _clock(self) -> None:
        """Let scaled time run a lease ahead, at most the brake beyond what is unhandled."""
        assert self._granted is not None
        pending = await self._pending()
        known = [at for at in (pending.oldest_at, pending.feed_as_of) if at is not None]
        until = self._granted.wish(min(known) if known else self._granted.start)
        if until > self._granted.reading().not_beyond:
            await self._a.store.do(GrantTime(until=until, speed=self._granted.speed))
        self._granted.extend(until)
        await asyncio.sleep(self._pace_s())

    # --- the server's side: nothing above waits for it -------------------------------------------------

    async def _recorder(self) -> None:
        """Runs that the server does not know of yet are recorded, oldest first, a few at a time."""
        in_hand = set().union(*(lane.in_hand for lane in self._lanes.values()))
        unrecorded = await self._a.store.ask(UnrecordedRuns())
        ours = [run for run in unrecorded if run.run_key not in in_hand][:FILED_AT_ONCE]
        await asyncio.gather(*(self._file(run) for run in ours))
        if not ours:
            await asyncio.sleep(SERVER_LOOK_S)

    async def _file(self, run: RunRecord) -> None:
        flow_run_id = await self._runs.file(run)
        await self._a.store.do(RecordRun(run=run.known_as(flow_run_id)))

    async def _due_runs(self) -> None:
        """Runs that people started in the UI."""
        await asyncio.sleep(SERVER_LOOK_S)
        for due in await self._runs.due(POOL):
            lane = self._lanes[due.deployment]
            async with lane.turn:
                await lane.run(due.flow_run_id, due.parameters, flow_run_id=due.flow_run_id)

    async def _pause(self) -> None:
        """Pausing the planning deployment releases the site to its standing caps, until it is resumed."""
        await asyncio.sleep(SERVER_LOOK_S)
        paused = await self._runs.paused(PLAN)
        changed = await self._a.store.do(
            PauseControl(site_id=self._site, paused=paused, at=self._a.clock.now())
        )
        if changed:
            log.info("control paused" if paused else "control resumed", site=self._site)
            self.wakes.plan.set()

    async def _run(self, deployment: str, parameters: Mapping[str, str]) -> RunReport:
        self._keys += 1
        key = f"{self._owner}-{self._keys:06d}"
        lane = self._lanes[deployment]
        async with lane.turn:
            return await lane.run(key, {**parameters, "wake_up": key})

    async def _observe(self, deployment: str, parameters: Mapping[str, object]) -> RunReport:
        self._keys += 1
        lane = self._lanes[deployment]
        async with lane.turn:
            return await lane.observe(f"{self._owner}-{self._keys:06d}", parameters)

    def _pace_s(self) -> float:
        return OFTEN_S if self._a.clock.speed >= HURRIED else SELDOM_S

    def _wake(self, report: RunReport) -> None:
        for name in report.wakes:
            getattr(self.wakes, name).set()

    async def _let_planning_pass(self) -> None:
        """A driver waits for the plan, nobody for what is only to be written down: that can come after."""
        turn = self._lanes[PLAN].turn
        with suppress(TimeoutError):
            async with asyncio.timeout(RIGHT_OF_WAY_S), turn:
                pass

    async def _pending(self) -> Pending:
        return await self._a.store.ask(ReadPending())


async def _woken(event: asyncio.Event, at_most_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await event.wait()
        event.clear()


async def _keep(name: str, turn: Callable[[], Awaitable[None]]) -> None:
    """Repeat one turn for ever; after a failure wait longer each time, at most 15 s."""
    wait_s, told = 0.5, False
    while True:
        try:
            await turn()
        except (ReadyByError, OSError, TimeoutError) as error:
            if not told:
                log.warning("loop waits", loop=name, error=str(error) or repr(error))
            told = True
        except Exception:
            log.exception("loop failed", loop=name)
        else:
            if told:
                log.info("loop goes on", loop=name)
            wait_s, told = 0.5, False
            continue
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, 2.0 if name in _URGENT else 15.0)


_URGENT = frozenset({"feed", "receipts", "plan", "welcome", "clock", "dispatch net"})
