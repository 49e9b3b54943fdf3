"""From the stored situation to the planner's: who is planned, who charges as usual, what is spoken for."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from readyby.interval import Interval, floor_to
from readyby.model import NOTHING_KW, Evse, RequestKind, SessionId
from readyby.outlook import Outlook
from readyby.planning.situation import STEP, Bystander, DemandPeak, PlannedStay, Series, Situation, ahead_of
from readyby.store.api import PlannedSession, SessionView, SituationData
from readyby.tariff import GridTariff

LONGEST = timedelta(hours=48)
FRESH = timedelta(minutes=10)
"""A reading says what a car takes for so long, or for twice as long as meters let wait for the next."""
STEADY, IDLE = timedelta(seconds=90), timedelta(minutes=2)
"""So long a car is seen to take less than it may, or nothing, before it is believed: it may just begin.

The exchange delays planned rises by up to a minute.
"""
GROWS_KW = 0.5
"""What a car that takes less than it may is offered beyond what it took, so that it can take more again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """Choices of an operator.

    `draw_ratio`: what cars draw of what they are offered; `ready_margin_min`: how long before departure a
    car with time to spare is ready; `grant_min`: how long an as-usual grant holds; `lease_min`: how long a
    planned sequence outlives its departure; `as_usual_h`, `charge_now_h`: how long such cars are expected to
    draw, which only money looks at.
    """

    draw_ratio: float = 0.95
    ready_margin_min: float = 30.0
    grant_min: float = 30.0
    lease_min: float = 30.0
    charge_now_h: float = 12.0
    as_usual_h: float = 4.0
    early_leave_price_usd_per_kwh: float = 0.1
    headroom: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """An active session with its EVSE."""

    session: SessionView
    evse: Evse
    following: bool
    now: datetime
    fresh: timedelta = FRESH

    @property
    def session_id(self) -> SessionId:
        return self.session.session_id

    @property
    def kind(self) -> RequestKind | None:
        request = self.session.request
        return request.kind if request is not None else None

    @property
    def remaining_kwh(self) -> float:
        """Need less what was delivered since plug-in."""
        request = self.session.request
        need = request.energy_need_kwh if request is not None else None
        return max(0.0, (need or 0.0) - self.session.delivered_kwh)

    @property
    def takes_kw(self) -> float | None:
        """What the car takes, if that has been less than it might have had for a while; else None."""
        power_kw = self.session.power_kw or 0.0
        return power_kw if power_kw >= NOTHING_KW and self._free_for(STEADY) else None

    def _free_for(self, span: timedelta) -> bool:
        """Whether its readings say for so long that the car takes less than it may, and are fresh."""
        at, since = self.session.measured_at, self.session.free_since
        return at is not None and since is not None and at - since >= span and self.now - at <= self.fresh

    @property
    def drawable_kw(self) -> float:
        """The most that car and EVSE do together: learned from the meter, and a little above what it takes.

        A battery that fills takes less and less. The least pilot stays on offer always.
        """
        most = self.evse.max_kw
        for known in (self.session.learned_max_kw, _grown(self.takes_kw)):
            if known is not None:
                most = min(most, max(known, self.evse.min_kw))
        return most

    @property
    def offered_kw(self) -> float:
        """The most that it is offered: `drawable_kw`, or the step of its EVSE that lets the car have that."""
        steps = self.evse.steps_kw
        return next(
            (step for step in steps if step >= self.drawable_kw), max(steps, default=self.drawable_kw)
        )

    @property
    def prompt_kw(self) -> float:
        """What it is given where it charges now and comes first."""
        return max(self.offered_kw, self.evse.standing_cap_kw)

    @property
    def is_drawing(self) -> bool:
        """Whether it drew power at its last reading, if that is fresh."""
        at = self.session.measured_at
        return at is not None and self.now - at <= self.fresh and (self.session.power_kw or 0.0) >= NOTHING_KW

    @property
    def is_sated(self) -> bool:
        """Whether it takes nothing of what it may have: full, or waiting by itself.

        It keeps its standing cap, which is counted anyway, and by which it shows when it wants more.
        """
        able_to_wake = self.evse.standing_cap_kw >= self.evse.min_kw
        return self._free_for(IDLE) and (self.session.power_kw or 0.0) < NOTHING_KW and able_to_wake


def _grown(takes_kw: float | None) -> float | None:
    """In whole kW, so that a battery that fills slowly does not change the plan every time."""
    return None if takes_kw is None else float(math.ceil(takes_kw + GROWS_KW))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays which part. Those with a need are `planned`, `sated` (they take nothing) or `disobedient`.

    `prompt` asked to charge now.
    """

    planned: tuple[Present, ...]
    sated: tuple[Present, ...]
    disobedient: tuple[Present, ...]
    prompt: tuple[Present, ...]
    as_usual: tuple[Present, ...]
    ignored: tuple[SessionId, ...]


def cast(data: SituationData) -> Cast:
    """Sort the active sessions; of two on one EVSE the later one is there (I-27)."""
    evses = {evse.evse_id: evse for evse in data.site.evses}
    active = sorted((s for s in data.sessions if s.active), key=lambda s: (s.started_at, s.session_id))
    there = {s.evse_id: s for s in active if s.evse_id in evses}
    chosen = sorted(there.values(), key=lambda s: s.session_id)
    present = [
        Present(
            session=s,
            evse=evses[s.evse_id],
            following=s.evse_id not in data.not_following,
            now=data.now,
            fresh=max(FRESH, 2 * data.meter_every),
        )
        for s in chosen
    ]
    able = [p for p in present if p.evse.controlled]
    needy = [p for p in able if p.kind is RequestKind.NEED and p.session.request is not None]
    return Cast(
        planned=tuple(p for p in needy if p.following and not p.is_sated),
        sated=tuple(p for p in needy if p.following and p.is_sated),
        disobedient=tuple(p for p in needy if not p.following),
        prompt=tuple(p for p in able if p.kind is RequestKind.CHARGE_NOW and p.following),
        as_usual=tuple(p for p in able if p.kind in (None, RequestKind.RELEASE) and p.following),
        ignored=tuple(sorted({s.session_id for s in active} - {s.session_id for s in chosen})),
    )


def bystanders(data: SituationData, cast_: Cast, *, prompt_first: bool = False) -> tuple[Bystander, ...]:
    """EVSEs outside the plan: at worst each draws its standing cap, and its nameplate if it then disobeys.

    One that ignores its limit already draws its nameplate. `prompt_first`: who charges now has all it takes.
    """
    planned = {p.evse.evse_id for p in cast_.planned}
    given = {p.evse.evse_id: p.prompt_kw for p in cast_.prompt} if prompt_first else {}
    given |= {evse.evse_id: evse.max_kw for evse in data.site.evses if evse.evse_id in data.not_following}
    powers = ((evse, given.get(evse.evse_id, evse.standing_cap_kw)) for evse in data.site.evses)
    return tuple(
        Bystander(
            circuit=evse.circuit,
            connection=evse.connection,
            power_kw=power_kw,
            surge_kw=evse.max_kw - power_kw,
        )
        for evse, power_kw in powers
        if evse.evse_id not in planned
    )


def situate(
    data: SituationData,
    cast_: Cast,
    tariff: GridTariff,
    settings: PlanSettings,
    *,
    prompt_first: bool = False,
) -> Situation:
    """The planner's situation: planned sessions, all else as firm load; see `bystanders`."""
    before = {entry.session_id: entry for entry in data.last_plan if entry.controlled}
    stays = tuple(_stay(present, data, settings, before.get(present.session_id)) for present in cast_.planned)
    end = max((stay.departure_at for stay in stays), default=data.now) + STEP
    horizon = Interval(data.now, end)
    month = tariff.billing_month(data.now)
    beside = bystanders(data, cast_, prompt_first=prompt_first)
    return Situation(
        now=data.now,
        sessions=stays,
        limit_kw=((data.now, data.site.limit_kw),),
        prices_usd_per_kwh=tuple(
            (rate.interval.start, rate.price_usd_per_kwh) for rate in tariff.rates(horizon)
        ),
        reserved_kw=((data.now, sum(each.power_kw for each in beside) + data.site.other_kw),),
        forecast_kw=_forecast(data, cast_, settings),
        demand_peaks=_peaks(tariff, month, horizon, data.billing_peak_kw + _least_import_kw(data.outlook)),
        window_kwh=max(0.0, data.slot_energy_kwh),
        draw_ratio=settings.draw_ratio,
        headroom=settings.headroom,
        unplanned_reserve_kw=max((each.surge_kw for each in beside), default=0.0),
        events=ahead_of(data.grid_events),
        circuits=data.site.circuits,
        bystanders=tuple(each for each in beside if each.circuit),
        voltage_v=data.site.voltage_v,
        building_kw=data.outlook.building_kw,
        solar_kw=data.outlook.solar_kw,
        export_usd_per_kwh=data.site.export_usd_per_kwh,
        co2_kg_per_kwh=data.outlook.co2_kg_per_kwh,
        co2_usd_per_kg=data.site.co2_usd_per_kg,
        ramp_kw=data.site.ramp_kw,
        running_kw=sum(p.session.power_kw or 0.0 for p in cast_.planned if p.is_drawing),
        floor_price_usd_per_kwh=settings.early_leave_price_usd_per_kwh,
        deadband_kw=data.site.deadband_kw,
        change_usd_per_kwh=data.site.change_usd_per_kwh,
    )


def stated_departure(present: Present, now: datetime) -> datetime:
    """The departure to plan by: as stated, or, for who stays over, the end of the next slot."""
    request = present.session.request
    stated = request.departure_at if request is not None else None
    if stated is None or stated <= now:
        return floor_to(now, STEP) + 2 * STEP
    return min(stated, now + LONGEST)


def _stay(
    present: Present, data: SituationData, settings: PlanSettings, before: PlannedSession | None
) -> PlannedStay:
    departure = stated_departure(present, data.now)
    arrival = min(present.session.started_at, data.now)
    halfway = arrival + (departure - arrival) / 2
    request = present.session.request
    need = (request.energy_need_kwh or 0.0) if request is not None else 0.0
    floor_kwh = data.site.early_leave_floor * need - present.session.delivered_kwh
    evse = present.evse
    return PlannedStay(
        session_id=present.session_id,
        arrival_at=data.now,
        departure_at=_ready_by(present, data.now, departure, settings),
        need_kwh=present.remaining_kwh,
        max_kw=present.offered_kw,
        min_kw=min(evse.min_kw, present.offered_kw),
        nameplate_kw=evse.max_kw,
        standing_cap_kw=evse.standing_cap_kw,
        circuit=evse.circuit,
        connection=evse.connection,
        levels_kw=evse.steps_kw,
        max_pauses=evse.max_pauses,
        min_on_min=evse.min_on_min,
        min_off_min=evse.min_off_min,
        floor_at=halfway if halfway > data.now and floor_kwh > 0 else None,
        floor_kwh=max(0.0, floor_kwh) if halfway > data.now else 0.0,
        previous_kw=tuple((step.start_at, step.limit_kw) for step in before.steps) if before else (),
    )


def _ready_by(present: Present, now: datetime, departure: datetime, settings: PlanSettings) -> datetime:
    """The planning departure: ahead of the stated one where there is time to spare, on the slot grid.

    Cars draw less than they are offered and taper near full; what is still missing then comes at the
    standing cap until the driver leaves.
    """
    remaining = present.remaining_kwh
    if remaining <= 0:
        return departure
    needed = timedelta(hours=remaining / (present.drawable_kw * settings.draw_ratio))
    laxity = departure - now - needed
    if laxity <= timedelta(0):
        return departure
    ready = departure - min(timedelta(minutes=settings.ready_margin_min), laxity / 2)
    aligned = floor_to(ready, STEP)
    return aligned if aligned - now >= needed else ready


def _forecast(data: SituationData, cast_: Cast, settings: PlanSettings) -> Series:
    """Expected load beside the plan: as-usual cars at caps, prompt and disobedient ones at full power."""
    usual = sum(min(p.evse.standing_cap_kw, p.drawable_kw) for p in cast_.as_usual)
    full = sum(p.drawable_kw for p in (*cast_.prompt, *cast_.disobedient))
    soon, later = data.now + timedelta(hours=2), data.now + timedelta(hours=settings.as_usual_h)
    return ((data.now, usual + full), (soon, usual), (max(later, soon + STEP), 0.0))


def _peaks(tariff: GridTariff, month: Interval, horizon: Interval, peak_kw: float) -> tuple[DemandPeak, ...]:
    """The demand charges within the billing month; what follows its end is another month's peak.

    The stored peak counts for charges that look at all hours; one that looks at some hours starts at none.
    """
    peaks: list[DemandPeak] = []
    within = month & horizon
    for charge in tariff.demand_charges_of(month):
        slots = tuple(s for s in (within.slots(STEP) if within else ()) if tariff.local(s.start) in charge)
        if not slots:
            continue
        always = all(hours.end_h - hours.start_h >= 24 for hours in charge.hours)
        peaks.append(
            DemandPeak(
                name=charge.name,
                price_usd_per_kw=charge.price_usd_per_kw,
                peak_kw=max(0.0, peak_kw) if always else 0.0,
                intervals=_joined(slots),
            )
        )
    return tuple(peaks)


def _least_import_kw(outlook: Outlook) -> float:
    """What building and solar power surely added to the month's peak of charging: the least that they may."""
    least = min((kw for _, kw in outlook.building_kw), default=0.0)
    return least - max((kw for _, kw in outlook.solar_kw), default=0.0)


def _joined(slots: tuple[Interval, ...]) -> tuple[Interval, ...]:
    joined: list[Interval] = []
    for slot in slots:
        start = joined.pop().start if joined and joined[-1].end == slot.start else slot.start
        joined.append(Interval(start, slot.end))
    return tuple(joined)
