"""A day of the sample site planned again and again in one thread: the planner without its surroundings.

Recorded cars come, draw and leave as in the simulated network; their drivers ask as the simulated phones do;
commands are taken at once. Everything follows from the day and the seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from readyby.envelope import Schedule, constant, same, schedule, us
from readyby.interval import floor_to, utc
from readyby.model import Channel, RequestId, RequestKind, SessionId
from readyby.network.fleet import REAL, TWIN, Fleet
from readyby.network.visits import Visit, read_visits
from readyby.phones.manner import first_ask, manner_of, second_ask
from readyby.phones.people import Stay, read_stays
from readyby.planning.facade import plan_site
from readyby.planning.outcome import PlanOutcome
from readyby.settings import PROJECT_ROOT
from readyby.sites import load_site
from readyby.store.api import AcceptedRequest, PlannedSession, SessionView, SituationData
from readyby.tariff_files import tariff_of

DATA = PROJECT_ROOT / "data"
MINUTE = timedelta(minutes=1)
SLOT = timedelta(minutes=15)
SEED = 20190724
_FREE_MARGIN_KW = 0.3
_STEADY_KW = 0.3
_LEARN_FROM_KW = 0.5
_QUANTUM_KW = 0.001


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a replay came to: `commands` tell an EVSE something new, `turns` change what is in force."""

    plans: int = 0
    commands: int = 0
    turns: int = 0
    fallbacks: int = 0
    peak_kw: float = 0.0
    uncontrolled_peak_kw: float = 0.0
    worst_kw: float = 0.0
    energy_kwh: float = 0.0
    asked: int = 0
    short_at_once: list[int] = field(default_factory=list)
    worse_off: list[tuple[str, float]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Here:
    visit: Visit
    column: int
    request: AcceptedRequest | None = None
    learned_kw: float | None = None
    free_since: datetime | None = None
    measured_at: datetime | None = None
    power_kw: float | None = None


class Replay:
    """One local day of the sample site, by the minute."""

    def __init__(self, day: date = date(2019, 7, 24), *, ignoring: int = 2) -> None:
        self.site = load_site(DATA, "jpl")
        self.tariff = tariff_of(self.site, DATA)
        zone = ZoneInfo(self.site.time_zone)
        self.now = utc(datetime(day.year, day.month, day.day, 4, tzinfo=zone))
        self.tally = Tally()
        self._coming = list(read_visits(DATA, self.site, day, seed=SEED))
        self._asks = sorted(self._requests(read_stays(DATA, self.site, day)), key=lambda ask: ask[0])
        self._fleet = Fleet(self.site.evses)
        self._columns = {str(evse.evse_id): k for k, evse in enumerate(self.site.evses)}
        self._here: dict[str, _Here] = {}
        self._held = [constant(evse.standing_cap_kw) for evse in self.site.evses]
        self._leases = [(self.now, self.now)] * len(self.site.evses)
        self._windows: list[float] = [0.0]
        self._peak_kw = 0.0
        self._version = 0
        self._plan: tuple[PlannedSession, ...] = ()
        self._start = ""
        controlled = [str(e.evse_id) for e in self.site.evses if e.controlled]
        self._loose = tuple(controlled[7 * k + 3] for k in range(ignoring))

    def _requests(self, stays: tuple[Stay, ...]) -> Iterator[tuple[datetime, str, AcceptedRequest]]:
        for number, stay in enumerate(stays):
            manner = manner_of(stay.session_id, SEED)
            if manner.channel == "never":
                continue
            at = stay.arrives_at + manner.delay
            asks = [(at, first_ask(stay, manner, at))]
            if manner.changes_after is not None:
                asks.append((at + manner.changes_after, second_ask(stay, manner, at + manner.changes_after)))
            for turn, (when, ask) in enumerate(asks):
                if ask is None:
                    continue
                kwh = ask.amount if ask.unit == "kwh" else ask.amount * stay.wh_per_mi / 1000
                yield (
                    when,
                    stay.session_id,
                    AcceptedRequest(
                        request_id=RequestId(f"r{number}-{turn}"),
                        sequence=number,
                        kind=RequestKind.NEED,
                        channel=Channel.PAGE,
                        received_at=when,
                        departure_at=ask.departure_at,
                        energy_need_kwh=kwh,
                        distance_mi=None,
                        plan_version=None,
                    ),
                )

    def run(self, until_h: float = 15.0) -> Tally:
        """Replay so many hours."""
        end = self.now + timedelta(hours=until_h)
        while self.now < end:
            if floor_to(self.now, SLOT) == self.now:
                self._peak_kw = max(self._peak_kw, self._windows[-1] * 4)
                self._windows.append(0.0)
            if self._news():
                self._replan()
            self._draw()
            self.now += MINUTE
        self.tally.worse_off.sort()
        return self.tally

    def _news(self) -> bool:
        """Arrivals, departures and requests since the last minute, and the quarter of an hour."""
        news = bool(self._here) and floor_to(self.now, SLOT) == self.now
        for session_id, here in list(self._here.items()):
            if here.visit.leaves_at <= self.now:
                self._leave(session_id, here)
                news = True
        while self._coming and self._coming[0].arrives_at <= self.now:
            visit = self._coming.pop(0)
            column = self._columns[visit.evse_id]
            self._fleet.plug_in(column, visit)
            self._here[visit.session_id] = _Here(visit=visit, column=column)
            news = True
        while self._asks and self._asks[0][0] <= self.now:
            _, session_id, request = self._asks.pop(0)
            if session_id in self._here and self.site.evses[self._here[session_id].column].controlled:
                self.tally.asked += self._here[session_id].request is None
                self._here[session_id].request = request
                news = True
        return news

    def _leave(self, session_id: str, here: _Here) -> None:
        request = here.request
        real, twin = (float(self._fleet.energy_kwh[world, here.column]) for world in (REAL, TWIN))
        if request is not None and request.departure_at is not None:
            promised = min(request.energy_need_kwh or 0.0, twin)
            stayed = here.visit.leaves_at >= request.departure_at
            if stayed and here.visit.evse_id not in self._loose and real < promised - 0.3:
                self.tally.worse_off.append((session_id, round(promised - real, 2)))
        self.tally.energy_kwh += real
        self._fleet.unplug(here.column)
        self._held[here.column] = constant(self.site.evses[here.column].standing_cap_kw)
        del self._here[session_id]

    def situation(self) -> SituationData:
        """What the store would say now."""
        return SituationData(
            site=self.site,
            now=self.now,
            sessions=tuple(self._view(session_id, here) for session_id, here in self._here.items()),
            billing_peak_kw=self._peak_kw,
            slot_energy_kwh=self._windows[-1],
            last_plan=self._plan,
            last_plan_version=None,
            not_following=tuple(
                self.site.evses[self._columns[name]].evse_id
                for name in self._loose
                if any(here.visit.evse_id == name for here in self._here.values())
            ),
            control_paused=False,
            last_start=self._start,
        )

    def _view(self, session_id: str, here: _Here) -> SessionView:
        return SessionView(
            session_id=SessionId(session_id),
            session_ref=None,
            site_id=self.site.site_id,
            evse_id=self.site.evses[here.column].evse_id,
            active=True,
            started_at=here.visit.arrives_at,
            ended_at=None,
            delivered_kwh=float(self._fleet.energy_kwh[REAL, here.column]),
            power_kw=here.power_kw,
            measured_at=here.measured_at,
            eligible=True,
            request=here.request,
            setpoint_kw=self._held[here.column].at(us(self.now)),
            following=here.visit.evse_id not in self._loose,
            learned_max_kw=here.learned_kw,
            free_since=here.free_since,
        )

    def plan(self, data: SituationData) -> PlanOutcome:
        """How it plans; for a test to replace."""
        return plan_site(data, self.tariff)

    def _replan(self) -> None:
        outcome = self.plan(self.situation())
        self.tally.plans += 1
        self.tally.fallbacks += outcome.method != "optimal"
        self.tally.short_at_once.append(sum(entry.shortfall_kwh > 0 for entry in outcome.entries))
        self._plan, self._start = outcome.entries, outcome.start
        told = {entry.session_id: entry for entry in outcome.entries}
        for session_id, here in self._here.items():
            cap_kw = self.site.evses[here.column].standing_cap_kw
            entry = told.get(SessionId(session_id))
            wish = constant(cap_kw)
            if entry is not None:
                wish = schedule(entry.steps, entry.expires_at, cap_kw).floored(_QUANTUM_KW)
            ends = entry.expires_at if entry is not None else self.now + timedelta(days=2)
            if self._is_due(here.column, wish, ends):
                self.tally.commands += 1
                self.tally.turns += self._held[here.column].at(us(self.now)) != wish.at(us(self.now))
                self._held[here.column], self._leases[here.column] = wish, (self.now, ends)
        self.tally.worst_kw = max(self.tally.worst_kw, self._worst_kw(self._held))

    def _is_due(self, column: int, wish: Schedule, ends: datetime) -> bool:
        """As the exchange: what is held differs while it is in force, or its lease is half over."""
        held, (began, over) = self._held[column], self._leases[column]
        if same(held, wish, us(self.now)):
            return False
        if over >= ends or not same(held, wish, us(self.now), us(over)):
            return True
        return self.now >= began + (over - began) / 2

    def _worst_kw(self, held: list[Schedule]) -> float:
        """The most that may be drawn from now on, with one EVSE that may disobey (I-1)."""
        edges = {us(self.now), *(start for each in held for start in each.starts_us if start > us(self.now))}
        loose = [str(e.evse_id) in self._loose for e in self.site.evses]
        worst = 0.0
        for edge in edges:
            total, surge = 0.0, 0.0
            for evse, each, free in zip(self.site.evses, held, loose, strict=True):
                occupied = any(here.visit.evse_id == evse.evse_id for here in self._here.values())
                power = evse.max_kw if free and occupied else max(each.at(edge), evse.standing_cap_kw)
                total, surge = total + power, max(surge, evse.max_kw - power)
            worst = max(worst, total + surge)
        return worst

    def _draw(self) -> None:
        """A minute of charging, and a reading of every car at its end."""
        fleet = self._fleet
        for here in self._here.values():
            evse = self.site.evses[here.column]
            loose = str(evse.evse_id) in self._loose
            limit = evse.max_kw if loose else self._held[here.column].at(us(self.now))
            fleet.limit_kw[REAL, here.column] = limit
        fleet.step(1 / 60)
        load = float(fleet.power_kw[REAL].sum())
        self.tally.peak_kw = max(self.tally.peak_kw, load)
        self.tally.uncontrolled_peak_kw = max(
            self.tally.uncontrolled_peak_kw, float(fleet.power_kw[TWIN].sum())
        )
        self._windows[-1] += load / 60
        for here in self._here.values():
            self._read(here, float(np.round(fleet.power_kw[REAL, here.column], 4)))

    def _read(self, here: _Here, power_kw: float) -> None:
        """What the store learns of a reading (the most drawn while two in a row could have been more)."""
        limit = float(self._fleet.limit_kw[REAL, here.column])
        more = limit > power_kw + _FREE_MARGIN_KW
        taught = here.free_since is not None and (here.power_kw or 0.0) > _LEARN_FROM_KW
        if more and taught and power_kw > _LEARN_FROM_KW:
            here.learned_kw = max(here.learned_kw or 0.0, power_kw, here.power_kw or 0.0)
        if here.learned_kw is not None:
            here.learned_kw = max(here.learned_kw, power_kw)
        steady = here.power_kw is not None and abs(power_kw - here.power_kw) <= _STEADY_KW
        at = self.now + MINUTE
        here.free_since = (here.free_since if steady and here.free_since else at) if more else None
        here.power_kw, here.measured_at = power_kw, at


class SharedReplay(Replay):
    """Beside it the same cars share the limit evenly, with the same room for whoever may disobey (I-10).

    `worse_off` then names who would have had more of the need by such sharing.
    """

    def _draw(self) -> None:
        self._fleet.limit_kw[TWIN] = self._even_kw()
        super()._draw()

    def _even_kw(self) -> np.ndarray:
        """The highest equal power of all hungry cars that fits the limit at worst."""
        fleet = self._fleet
        loose = fleet.plugged & np.array([str(evse.evse_id) in self._loose for evse in self.site.evses])
        hungry = fleet.plugged & (fleet.need_kwh > fleet.energy_kwh[TWIN])

        def shared_kw(level_kw: float) -> np.ndarray:
            power = np.where(hungry, np.clip(level_kw, fleet.cap_kw, fleet.max_kw), fleet.cap_kw)
            return np.where(loose, fleet.max_kw, power)

        low, high = 0.0, float(fleet.max_kw.max())
        for _ in range(30):
            middle = (low + high) / 2
            power = shared_kw(middle)
            fits = power.sum() + (fleet.max_kw - power).max() <= self.site.limit_kw
            low, high = (middle, high) if fits else (low, middle)
        return shared_kw(low)


def changed(data: SituationData, **values: object) -> SituationData:
    """A situation with other values."""
    return replace(data, **values)  # type: ignore[arg-type]
