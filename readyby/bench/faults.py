"""The fault matrix: each fault on each network it applies to, in virtual time, against the injection ledger.

One run is one fault on one network: a garage of six EVSEs under a limit, hungry cars, a new plan every ten
minutes. The fault strikes in a window; what the exchange noticed is then held against what was injected, by
EVSE and time, and the truth of the network against the limit. Fault-free runs must notice nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import stamina

from readyby.bench.fault_rules import APPLIES, EPISODES, NOTICED_AS, WITHIN, is_alarm
from readyby.bench.rigs import RIGS, Rig, Scene
from readyby.clocks import SetClock
from readyby.contract import PlanEntry, PlanEnvelope, PlanStep
from readyby.envelope import us
from readyby.errors import ReadyByError
from readyby.exchange.ledger import Ledger
from readyby.exchange.quality import QUIET
from readyby.exchange.service import Exchange
from readyby.model import Evse, EvseId, Site, SiteId
from readyby.network.faults import NETWORK_WIDE, NUMBERS, Fault, FaultDesk, FaultKind, Injection
from readyby.network.visits import Visit

START: Final = datetime(2019, 7, 24, 14, tzinfo=UTC)
A_KW: Final = 0.208
MAX_KW, CAP_KW = 32 * A_KW, 6 * A_KW
LIMIT_KW: Final = 24.0
SIZE: Final = 6
EPISODE_GAP: Final = timedelta(minutes=5)
POLLED: Final = timedelta(minutes=1)
MINUTES: Final = 90
WINDOW: Final = (timedelta(minutes=15), timedelta(minutes=40))
PLAN_EVERY_MIN: Final = 10
STRUCK: Final = "E4"
COMES_AND_GOES: Final = "E5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run: what was injected, how much of it was noticed in its window, and the worst power."""

    network: str
    fault: str
    number: int
    injected: int
    noticed: int
    false_alarms: int
    peak_kw: float
    limit_kw: float
    seed: int

    @property
    def holds(self) -> bool:
        return self.noticed == self.injected and self.false_alarms == 0 and self.peak_kw <= self.limit_kw


def site() -> Site:
    """Six EVSEs whose standing caps fit the limit."""
    evses = tuple(
        Evse(
            evse_id=EvseId(f"E{number}"),
            max_kw=MAX_KW,
            min_kw=CAP_KW,
            standing_cap_kw=CAP_KW,
            voltage_v=208.0,
        )
        for number in range(SIZE)
    )
    return Site(
        site_id=SiteId("garage"),
        name="Garage",
        time_zone="UTC",
        limit_kw=LIMIT_KW,
        tariff_id="none",
        evses=evses,
    )


def visits() -> tuple[Visit, ...]:
    """Hungry cars that stay; at one EVSE a car comes in the window, leaves in it, and another one follows."""
    stays = [(f"S{number}", f"E{number}", 0.5, 180.0) for number in range(SIZE - 1)]
    moves = [("S5", COMES_AND_GOES, 17.0, 33.0), ("S6", COMES_AND_GOES, 36.0, 180.0)]
    return tuple(
        Visit(
            session_id=session_id,
            evse_id=evse_id,
            token_uid=f"T-{session_id}",
            arrives_at=START + timedelta(minutes=from_min),
            leaves_at=START + timedelta(minutes=until_min),
            energy_kwh=60.0,
            car_kw=MAX_KW,
            efficiency=0.97,
        )
        for session_id, evse_id, from_min, until_min in (*stays, *moves)
    )


class Run:
    """An exchange at work on a rig, minute by minute; plans are made here as core would make them."""

    def __init__(self, rig: Rig, scene: Scene) -> None:
        self._rig, self._scene = rig, scene
        self._ledger = Ledger(":memory:")
        self.exchange = Exchange(
            rig.adapter, scene.clock, self._ledger, machine_ms=lambda: int(scene.machine_s() * 1000)
        )
        self._version = 0
        self._here: dict[str, str] = {}
        self._read_at = 0

    async def go(self, minutes: int) -> None:
        for minute in range(minutes):
            for _ in range(2):
                self._scene.clock.instant += timedelta(seconds=30)
                await self._rig.told()
                await self.exchange.poll()
                await self.exchange.settled()
            await self._read_feed()
            if minute % PLAN_EVERY_MIN == 2:
                self._plan(minute)
                await self.exchange.settled()

    async def _read_feed(self) -> None:
        page = orjson.loads(await self.exchange.pages.feed(self._read_at, 100_000, 0))
        self._read_at = page["next"]
        for told in page["sessions"]:
            active = told.get("status") == "ACTIVE" and told.get("live", True)
            if active:
                self._here[told["evse_id"]] = told["session_id"]
            elif self._here.get(told.get("evse_id")) == told.get("session_id"):
                del self._here[told["evse_id"]]

    def _plan(self, minute: int) -> None:
        """Turns at the power there is: three of the cars may draw more than their caps, one must pause."""
        now = self._scene.clock.now()
        turn = minute // PLAN_EVERY_MIN
        self._version += 1
        entries = []
        for number, (evse_id, session_id) in enumerate(sorted(self._here.items())):
            limit_kw = (16 * A_KW, 12 * A_KW, 0.0, CAP_KW, 8 * A_KW)[(number + turn) % 5]
            entries.append(
                PlanEntry(
                    session_id=session_id,
                    evse_id=evse_id,
                    controlled=True,
                    steps=[PlanStep(start_at=now, limit_kw=limit_kw)],
                    expires_at=now + timedelta(hours=1),
                )
            )
        plan = PlanEnvelope(
            plan_version=self._version, site_id="garage", issued_at=now, limit_kw=LIMIT_KW, entries=entries
        )
        try:
            self.exchange.take_plan(plan)
        except ReadyByError:
            self._version -= 1

    def notices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = orjson.loads(self._ledger.notices_page(0, 100_000))["notices"]
        return found

    async def close(self) -> None:
        await self.exchange.stop()
        self._ledger.close()


def desk_of(kind: FaultKind | None, seed: int) -> FaultDesk:
    """One fault over the window; the car that comes and goes is struck by what needs one."""
    if kind is None:
        return FaultDesk((), seed)
    comes = {FaultKind.LATE_START, FaultKind.MISSING_STOP}
    evse_id = COMES_AND_GOES if kind in comes else STRUCK
    probability = 0.3 if kind in NETWORK_WIDE else 1.0
    start, end = WINDOW
    late_end = timedelta(minutes=80) if kind is FaultKind.LATE_START else end
    fault = Fault(
        kind=kind,
        start_us=us(START + start),
        end_us=us(START + late_end),
        evse_ids=frozenset() if kind in NETWORK_WIDE else frozenset({evse_id}),
        probability=probability,
    )
    return FaultDesk((fault,), seed)


async def run_one(network: str, kind: FaultKind | None, seed: int = 0, minutes: int = MINUTES) -> Outcome:
    """One fault (None: none) on one network."""
    scene = Scene(site=site(), visits=visits(), clock=SetClock(START), desk=desk_of(kind, seed))
    with _at_once():
        async with RIGS[network](scene) as rig:
            run = Run(rig, scene)
            await run.go(minutes)
            notices = run.notices()
            await run.close()
    missed = _missed(scene.desk.ledger, notices)
    peak_kw = float(rig.network.ledger_json()["peak_kw"])
    alarms = [each for each in notices if is_alarm(each)]
    return Outcome(
        network=network,
        fault=kind.value if kind else "none",
        number=NUMBERS[kind] if kind else 0,
        injected=len(scene.desk.ledger),
        noticed=len(scene.desk.ledger) - missed,
        false_alarms=len(alarms) if kind is None else _elsewhere(kind, alarms),
        peak_kw=round(peak_kw, 3),
        limit_kw=LIMIT_KW,
        seed=seed,
    )


@contextmanager
def _at_once() -> Any:
    """Retries without pauses: machine time is virtual."""
    stamina.set_testing(True, attempts=2)
    try:
        yield
    finally:
        stamina.set_testing(False)


def _missed(ledger: Sequence[Injection], notices: Sequence[Mapping[str, Any]]) -> int:
    """Injections without a notice of the right kind and EVSE in their window.

    What goes on and on, as a gap does, is one episode, noticed by one notice from its begin on.
    """
    missed, until = 0, None
    for each in ledger:
        struck_at = datetime.fromisoformat(each.at)
        goes_on = FaultKind(each.kind) in EPISODES and until is not None and struck_at <= until
        if goes_on or _is_noticed(each, struck_at, notices):
            until = struck_at + EPISODE_GAP
        else:
            missed += 1
    return missed


def _is_noticed(each: Injection, struck_at: datetime, notices: Sequence[Mapping[str, Any]]) -> bool:
    kind = FaultKind(each.kind)
    first, last = struck_at - QUIET - POLLED, struck_at + WITHIN.get(kind, timedelta(minutes=3))
    return any(
        notice["kind"] in NOTICED_AS[kind]
        and (each.evse_id is None or notice["evse_id"] in (each.evse_id, None))
        and first <= datetime.fromisoformat(notice["at"]) <= last
        for notice in notices
    )


def _elsewhere(kind: FaultKind, alarms: Sequence[Mapping[str, Any]]) -> int:
    """Alarms of other EVSEs than the struck one, before or in the window; network-wide faults strike all."""
    if kind in NETWORK_WIDE or kind is FaultKind.FORGETS:
        return 0
    struck = {STRUCK, COMES_AND_GOES, None}
    return sum(each["evse_id"] not in struck for each in alarms)


async def matrix(
    networks: Sequence[str], seeds: Sequence[int], progress: Callable[[Outcome], None] = lambda _outcome: None
) -> list[Outcome]:
    """Every fault on every network that it applies to, and a fault-free run of each."""
    outcomes = []
    for network in networks:
        for seed in seeds:
            for kind in (None, *(each for each in FaultKind if network in APPLIES[each])):
                outcomes.append(await run_one(network, kind, seed))
                progress(outcomes[-1])
                await asyncio.sleep(0)
    return outcomes
