"""What the optimizer is asked: one frozen value that holds everything it may know.

All energy and power are positive into the vehicle; instants are aware UTC; a `Series` is a step function
of time, each value holding from its instant until the next, the first one from ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from readyby.interval import Interval, floor_to
from readyby.model import Circuit

STEP = timedelta(minutes=15)
"""Slots align with the utility's demand window (D8)."""

Series = tuple[tuple[datetime, float], ...]


class EventKind(StrEnum):
    """What a demand-response event asks of the site's import."""

    CAP = "cap"
    FLOOR = "floor"
    REDUCTION = "reduction"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStay:
    """A session: from arrival to planning departure it may draw up to `max_kw`.

    `need_kwh` is what is still to be delivered; `nameplate_kw` what the EVSE can deliver when it ignores
    its limit; `standing_cap_kw` what it falls back to, and is counted with at least, always. `floor_kwh` by
    `floor_at` eases the lot of who leaves early, at a price. `taper` caps power by the energy delivered from
    now on, as points (kWh, kW) of a concave line. `levels_kw` are the steps that the EVSE has, if it has
    steps. `previous_kw` is the last plan. One that is not `controlled` is load: it draws from arrival on.
    """

    session_id: str
    arrival_at: datetime
    departure_at: datetime
    need_kwh: float
    max_kw: float
    min_kw: float = 0.0
    nameplate_kw: float | None = None
    learned_max_kw: float | None = None
    standing_cap_kw: float = 0.0
    controlled: bool = True
    priority: float = 1.0
    floor_at: datetime | None = None
    floor_kwh: float = 0.0
    circuit: str = ""
    connection: str = ""
    taper: tuple[tuple[float, float], ...] = ()
    levels_kw: tuple[float, ...] = ()
    max_pauses: int | None = None
    min_on_min: float = 0.0
    min_off_min: float = 0.0
    previous_kw: Series = ()

    @property
    def drawable_kw(self) -> float:
        """The most that car and EVSE do together, learned from the meter where it is known."""
        if self.learned_max_kw is None or self.learned_max_kw < self.min_kw:
            return self.max_kw
        return min(self.max_kw, self.learned_max_kw)

    @property
    def disobedient_kw(self) -> float:
        """What it draws at worst."""
        return self.max_kw if self.nameplate_kw is None else max(self.nameplate_kw, self.max_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandPeak:
    """A demand charge within the horizon: `peak_kw` is already set and paid for; no intervals mean always.

    `proxy` is the share of the price that counts: below 1 where the rest of the month may pass it anyway.
    """

    name: str
    price_usd_per_kw: float
    peak_kw: float = 0.0
    intervals: tuple[Interval, ...] = ()
    proxy: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bystander:
    """An EVSE outside the plan: what it may take at worst, and beyond that if it disobeys."""

    circuit: str
    connection: str = ""
    power_kw: float = 0.0
    surge_kw: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GridEvent:
    """Demand response: a cap that holds, a floor that is paid for, or a paid reduction below a baseline."""

    name: str
    kind: EventKind
    interval: Interval
    level_kw: float
    price_usd_per_kwh: float = 0.0


CAP_LEAD = timedelta(minutes=1)
"""By so much cars have fallen before a cap begins: EVSEs step by clocks of their own."""


def ahead_of(events: Iterable[GridEvent]) -> tuple[GridEvent, ...]:
    """The events as plans keep them: a cap from the slot before it on, to the end of its last slot."""
    return tuple(
        replace(event, interval=_whole_slots(event.interval)) if event.kind is EventKind.CAP else event
        for event in events
    )


def _whole_slots(interval: Interval) -> Interval:
    end = floor_to(interval.end, STEP)
    return Interval(floor_to(interval.start - CAP_LEAD, STEP), end if end == interval.end else end + STEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A site at one instant.

    `limit_kw` bounds the sum of all power at every instant; `reserved_kw` is the part of it that EVSEs
    outside the plan may take at worst (idle ones at their standing caps, those that do not follow at
    nameplate), `unplanned_reserve_kw` what one of them may take beyond that; `building_kw` takes its part
    too. `forecast_kw` is the charging load expected beside the planned sessions, which only money looks at,
    like `solar_kw`. `window_kwh` is the energy that the running demand window has used already.
    `draw_ratio` is the share of a limit that cars really draw. `ramp_kw` bounds how much the planned load
    may rise from one slot to the next, from `running_kw` on. Surplus of solar power is worth
    `export_usd_per_kwh`, nothing if it cannot be exported. `change_usd_per_kwh` is what leaving the last plan
    costs. `bystanders` are what `reserved_kw` and `unplanned_reserve_kw` sum up, for the circuits that they
    hang on, whose steady load is part of `reserved_kw` too. `voltage_v` is line to line.
    """

    now: datetime
    sessions: tuple[PlannedStay, ...]
    limit_kw: Series
    prices_usd_per_kwh: Series
    reserved_kw: Series = ()
    forecast_kw: Series = ()
    building_kw: Series = ()
    solar_kw: Series = ()
    export_usd_per_kwh: float = 0.0
    co2_kg_per_kwh: Series = ()
    co2_usd_per_kg: float = 0.0
    demand_peaks: tuple[DemandPeak, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    bystanders: tuple[Bystander, ...] = ()
    events: tuple[GridEvent, ...] = ()
    voltage_v: float = 208.0
    window_kwh: float = 0.0
    draw_ratio: float = 1.0
    headroom: bool = True
    unplanned_reserve_kw: float = 0.0
    ramp_kw: float | None = None
    running_kw: float = 0.0
    change_usd_per_kwh: float = 0.0
    deadband_kw: float = 0.0
    floor_price_usd_per_kwh: float = 0.1
    early_usd_per_kwh_h: float = 1e-5
    step: timedelta = field(default=STEP)

    @property
    def horizon(self) -> Interval:
        """From now to the end of the slot in which the last session departs; at least the running slot."""
        last = max((stay.departure_at for stay in self.sessions), default=self.now)
        start = floor_to(max(last, self.now), self.step)
        end = start if start >= last and start > self.now else start + self.step
        return Interval(self.now, end)
