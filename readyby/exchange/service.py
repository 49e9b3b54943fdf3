"""The exchange at work: reads the network, keeps the ledger, carries out plans, wakes who waits.

One event loop, one writer. Whatever happens is told to the executors, then written down in one
transaction, and only then sent: after a crash the ledger knows of every command that may have left.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from readyby.clocks import DomainClock, machine_ms
from readyby.contract import EvseState, Health, PlanEnvelope, PlanTaken
from readyby.errors import Busy, Conflict, NotFound, ReadyByError
from readyby.exchange import remarks
from readyby.exchange.adapter import Active, Adapter, Batch, Readback, Remark
from readyby.exchange.book import Effects
from readyby.exchange.calls import Calls
from readyby.exchange.commands import Command, EvseControl, Moment
from readyby.exchange.executor import SiteExecutor
from readyby.exchange.guard import Freshness
from readyby.exchange.hearing import Hearing
from readyby.exchange.ledger import Ledger
from readyby.exchange.pages import Pages, Standing
from readyby.exchange.quality import Inspector
from readyby.exchange.wakeups import Wakeup
from readyby.exchange.way import remark_on
from readyby.model import CommandState

MIN_POLL_S = 0.2
PAGES_A_POLL = 20
LIST_EVSES_EVERY_POLLS = 3_000

TROUBLE = frozenset({CommandState.NOT_FOLLOWED, CommandState.REJECTED, CommandState.FAILED})

log = structlog.get_logger("readyby.exchange")


class Exchange:
    """One network, its sites, and core's view of them.

    `poll_s` is in domain seconds; `on_broken` is told when the exchange cannot go on by itself.
    """

    def __init__(
        self,
        adapter: Adapter,
        clock: DomainClock,
        ledger: Ledger,
        *,
        poll_s: float = 10.0,
        on_broken: Callable[[BaseException], None] | None = None,
        machine_ms: Callable[[], int] = machine_ms,
    ) -> None:
        self._machine_ms = machine_ms
        self._adapter, self._clock, self._ledger = adapter, clock, ledger
        self._poll_s = poll_s
        self._on_broken = on_broken
        self._sites: dict[str, SiteExecutor] = {}
        self._calls = Calls(adapter, self._moment)
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = Wakeup()
        self._last_at = ledger.as_of
        self._as_of = ledger.as_of
        self._polls = 0
        self._listed = False
        self._trouble: str | None = None
        self._inspector = Inspector()
        self._remarks: list[Remark] = []
        self._hearing = Hearing()
        self._drew_less: dict[str, str] = {}
        self._is_commit_due = False
        self._knows_commands = ledger.cursor is not None
        self._broken: str | None = None
        self.pages = Pages(ledger, self._news, self._standing, lambda odd: self._remark([odd]))
        self._load()

    def _load(self) -> None:
        controls: dict[str, list[EvseControl]] = defaultdict(list)
        for site_id, control in self._ledger.controls():
            controls[site_id].append(control)
        for site_id, known in controls.items():
            executor = self._new_site(site_id, known)
            executor.recover(self._moment())
        self._commit()

    def _new_site(self, site_id: str, controls: Iterable[EvseControl] = ()) -> SiteExecutor:
        newest = self._ledger.newest_version(site_id)
        executor = SiteExecutor(
            site_id,
            self._adapter.capabilities,
            controls,
            plan_version=newest.plan_version if newest else 0,
            limit_kw=newest.limit_kw if newest else None,
            open_plans=self._ledger.open_plans(site_id),
            freshness=self._freshness(),
        )
        self._sites[site_id] = executor
        return executor

    def _freshness(self) -> Freshness:
        """Data is stale after some polls, however far these lie apart on a fast clock."""
        return Freshness.polled(
            max(self._poll_s, MIN_POLL_S * self._clock.speed), self._adapter.capabilities.meter_every
        )

    def _moment(self) -> Moment:
        """Now; domain time never steps back, nor behind what the network told already."""
        now = self._clock.now()
        self._last_at = max(now, self._last_at) if self._last_at else now
        return Moment(at=self._last_at, machine_ms=self._machine_ms())

    # --- its life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to read the network."""
        self._spawn(self._poll_forever())

    async def settled(self) -> None:
        """Wait until no call is under way; for whoever polls by hand."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """End everything under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._adapter.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        self._break(error)

    def _break(self, error: BaseException) -> None:
        if self._broken:
            return
        self._broken = f"broken: {type(error).__name__}: {error}"
        log.critical("exchange broken", exc_info=error)
        if self._on_broken is not None:
            self._on_broken(error)

    # --- reading the network --------------------------------------------------------------------------

    async def _poll_forever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            started_s = loop.time()
            await self.poll()
            interval_s = max(self._poll_s / self._clock.speed, MIN_POLL_S)
            await asyncio.sleep(max(0.0, started_s + interval_s - loop.time()))

    async def poll(self) -> None:
        """Read what is new at the network and act on it; trouble with the network is logged once."""
        try:
            if not self._listed or self._polls % LIST_EVSES_EVERY_POLLS == 0:
                await self._list_evses()
            for _ in range(PAGES_A_POLL):
                batch = await self._adapter.pull(self._ledger.cursor)
                self._take_in(batch)
                if not batch.more:
                    break
            self._polls += 1
            self._recovered()
        except ReadyByError as error:
            self._note_trouble(error)
            self._tick()
        await self._clear_up()

    async def _list_evses(self) -> None:
        facts = await self._adapter.list_evses()
        for site_id in dict.fromkeys(fact.site_id for fact in facts):
            executor = self._sites.get(site_id) or self._new_site(site_id)
            executor.learn_evses(fact for fact in facts if fact.site_id == site_id)
        self._listed = True

    def _take_in(self, batch: Batch) -> None:
        moment = self._moment()
        facts = {
            evse_id: control.facts
            for site in self._sites.values()
            for evse_id, control in site.controls.items()
        }
        seen = self._inspector.inspect(batch, facts, moment.at, self._as_of)
        self._remarks += seen.remarks
        for site in self._sites.values():
            if batch.restarted:
                site.note_restart()
            self._remark(remarks.on_words(batch.words, site.known_command))
            site.note_sessions(seen.records, moment, unsure=not self._knows_commands)
            site.note_words(batch.words, moment)
            site.note_readings(seen.readings, moment)
            site.tick(moment, batch.as_of)
            self._remark(remarks.on_drawing_less(site.drawing_less(), self._drew_less))
        read = [reading.evse_id for reading in seen.readings]
        self._look_for_silence(min(moment.at, batch.as_of or moment.at), read)
        self._listed = self._listed and not batch.facts_changed
        self._knows_commands = self._knows_commands or not batch.more
        self._commit(replace(batch, sessions=seen.sessions))

    def _tick(self) -> None:
        for site in self._sites.values():
            site.tick(self._moment(), self._as_of)
        self._commit()

    def _remark(self, found: Sequence[Remark]) -> None:
        self._remarks += self._inspector.loud(found, self._moment().at)

    def _look_for_silence(self, until: datetime, read: Sequence[str]) -> None:
        """Who told nothing while the network was read until an instant: one that is lost tells of nobody."""
        unheard = {each: session for site in self._sites.values() for each, session in site.unheard(until)}
        present = {each: it.session_id for site in self._sites.values() for each, it in site.controls.items()}
        self._remark(self._hearing.look(unheard, present, read))

    async def _clear_up(self) -> None:
        """Ask the network what it holds wherever that is not known."""
        for site in self._sites.values():
            evse_ids = site.unclear(self._moment())
            if not evse_ids:
                continue
            self._remark(remarks.on_waiting(site.controls[evse_id] for evse_id in evse_ids))
            try:
                actives = await self._read_active(evse_ids)
                if self._adapter.capabilities.readback is not Readback.NONE:
                    self._remark(remarks.on_actives(actives, site.controls))
                site.note_active(actives, self._moment())
            except ReadyByError as error:
                site.note_unread(evse_ids, self._moment())
                self._remark([remark_on(error)])
            self._commit()

    async def _read_active(self, evse_ids: Sequence[str]) -> tuple[Active, ...]:
        """What EVSEs hold; a network that cannot say is taken to hold nothing, so it is told again."""
        if self._adapter.capabilities.readback is Readback.NONE:
            return tuple(Active(evse_id=evse_id, command_id=None) for evse_id in evse_ids)
        return await self._adapter.read_active(evse_ids)

    def _note_trouble(self, error: ReadyByError) -> None:
        self._remark([remark_on(error)])
        if self._trouble is None:
            log.warning("network lost", network=self._adapter.name, error=str(error))
        self._trouble = str(error)

    def _recovered(self) -> None:
        if self._trouble is not None:
            log.info("network back", network=self._adapter.name)
        self._trouble = None

    # --- writing down, then sending -------------------------------------------------------------------

    def _commit(self, batch: Batch | None = None) -> None:
        effects = {site_id: site.collect() for site_id, site in self._sites.items()}
        for each in effects.values():
            self._remark(remarks.on_notes(each.notes))
        if batch is None and not any(effects.values()) and not self._remarks:
            return
        noticed, self._remarks = self._remarks, []
        with self._write():
            if noticed:
                self._ledger.note(noticed, self._moment().at)
            if batch is not None:
                self._ledger.append_feed(
                    batch.sessions, batch.meter, batch.wishes, cursor=batch.cursor, as_of=batch.as_of
                )
            for site_id, each in effects.items():
                self._ledger.record(site_id, each)
        if batch is not None:
            self._as_of = batch.as_of
        self._news.wake()
        for site_id, each in effects.items():
            _log_trouble(site_id, each)
            self._dispatch(self._sites[site_id], each.sends)

    @contextmanager
    def _write(self) -> Iterator[None]:
        """One transaction. If it fails, memory knows more than the ledger: only a restart can go on."""
        try:
            with self._ledger.transaction():
                yield
        except Exception as error:
            self._break(error)
            raise

    def _dispatch(self, site: SiteExecutor, commands: Sequence[Command]) -> None:
        size = self._adapter.capabilities.max_batch
        for start in range(0, len(commands), size):
            self._spawn(self._submit(site, commands[start : start + size]))

    async def _submit(self, site: SiteExecutor, commands: Sequence[Command]) -> None:
        await self._calls.submit(site, commands)
        if not self._is_commit_due:
            self._is_commit_due = True
            self._spawn(self._commit_together())

    async def _commit_together(self) -> None:
        """Write down in one transaction what all calls brought that end in the same turn of the loop."""
        await asyncio.sleep(0)
        self._is_commit_due = False
        self._commit()

    # --- what core asks -------------------------------------------------------------------------------

    def take_plan(self, plan: PlanEnvelope) -> PlanTaken:
        """Store a plan version durably and begin to carry it out.

        Raises:
            NotFound: the site is not known. Busy: the network has not been read yet.
            Conflict: the version is older than the newest, or known with other content.
            BadInput: the plan cannot be meant.
        """
        site = self._sites.get(plan.site_id)
        if site is None:
            if not self._listed:
                raise Busy("the charging network has not been read yet: send the plan again", 1.0)
            raise NotFound(
                f"site_id: {plan.site_id!r} is not known: the network's sites are listed by /v1/evses"
            )
        digest = hashlib.sha256(plan.model_dump_json().encode()).hexdigest()
        newest = self._ledger.newest_version(plan.site_id)
        if newest is not None and plan.plan_version <= newest.plan_version:
            if plan.plan_version == newest.plan_version and digest == newest.digest:
                return PlanTaken(plan_version=newest.plan_version, commands=newest.commands)
            raise Conflict(
                f"plan_version: {plan.plan_version} is not newer than {newest.plan_version}: send a newer one"
            )
        commands = site.take_plan(plan, self._moment())
        effects = site.collect()
        self._remark(remarks.on_notes(effects.notes))
        with self._write():
            self._ledger.put_plan(plan, digest, commands)
            self._ledger.record(plan.site_id, effects)
        self._news.wake()
        _log_trouble(plan.site_id, effects)
        log.info("plan taken", site_id=plan.site_id, plan_version=plan.plan_version, commands=commands)
        self._dispatch(site, effects.sends)
        return PlanTaken(plan_version=plan.plan_version, commands=commands)

    def _standing(self) -> Standing:
        silent = self._hearing.silent
        undecided = (each for site in self._sites.values() for each in site.unread() if each not in silent)
        return Standing(
            as_of=self._as_of,
            silent=silent,
            undecided=tuple(sorted(undecided)),
            meter_every_s=self._adapter.capabilities.meter_every.total_seconds(),
        )

    def evses(self) -> list[EvseState]:
        """What is known of each EVSE now."""
        now = self._moment().at
        return [state for site in self._sites.values() for state in site.states(now)]

    def health(self) -> Health:
        """`ok`, `starting`, `degraded` with the network's trouble, or `broken`: it has to be restarted."""
        status = "degraded" if self._trouble else "ok" if self._listed else "starting"
        if self._broken:
            status = "broken"
        detail = self._broken or self._trouble or ""
        return Health(
            status=status,
            as_of=self._as_of,
            network=self._adapter.name,
            detail=detail,
            meter_every_s=self._adapter.capabilities.meter_every.total_seconds(),
            silent_after_s=self._freshness().evse.total_seconds(),
        )


def _log_trouble(site_id: str, effects: Effects) -> None:
    """What operators should know of, one line a command."""
    for note in effects.notes:
        if note.command.state in TROUBLE:
            log.warning(
                "command in trouble",
                site_id=site_id,
                command_id=note.command.command_id,
                state=note.command.state.value,
                reason=note.reason,
            )
