"""A situation as arrays over slots and cells: a cell is one session in one slot in which it may draw."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from readyby.interval import Interval
from readyby.planning.series import ManySeries, highest_of, lowest_of, many_series, mean_of
from readyby.planning.situation import EventKind, PlannedStay, Situation
from readyby.planning.types import Flags, Floats, Ints

NOTHING_KWH = 1e-6
"""A need that no meter could tell from none, and no solver either."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Arrays of one situation, sessions sorted by id so that their order does not matter.

    Cells are sorted by session, then slot. `cell_h` is the time in hours that the session is there in the
    slot; energy into the car is `draw_ratio * kW * cell_h`. `free_kw` is what the limit leaves when every
    EVSE is at its standing cap, `over_kw` what a session takes of that. `price` is all that a kWh costs:
    energy, CO2 and what a demand-response event pays for leaving it; `bill` the energy alone.
    """

    situation: Situation
    stays: tuple[PlannedStay, ...]
    starts: tuple[datetime, ...]
    edges: Floats
    slot_h: Floats
    limit_kw: Floats
    free_kw: Floats
    price: Floats
    bill: Floats
    co2: Floats
    base_kw: Floats
    peak_slots: Flags
    peak_price: Floats
    peak_kw: Floats
    need_kwh: Floats
    max_kw: Floats
    min_kw: Floats
    worst_kw: Floats
    cap_kw: Floats
    floor_kwh: Floats
    floor_slot: Ints
    cell_session: Ints
    cell_slot: Ints
    cell_h: Floats

    @property
    def n(self) -> int:
        return len(self.stays)

    @property
    def steps(self) -> int:
        return len(self.starts)

    @cached_property
    def age_h(self) -> Floats:
        """Hours from now to the start of each slot."""
        return np.asarray((self.edges[:-1] - self.edges[0]) / 3600)

    @cached_property
    def cells_of(self) -> Ints:
        """Where each session's cells begin, and the end of the last."""
        return np.searchsorted(self.cell_session, np.arange(self.n + 1)).astype(np.int64)

    @cached_property
    def cell_kwh_per_kw(self) -> Floats:
        """Energy into the car for each kW of the cell."""
        return self.cell_h * self.situation.draw_ratio

    @cached_property
    def cell_max_kw(self) -> Floats:
        return self.max_kw[self.cell_session]

    @cached_property
    def cell_cap_kw(self) -> Floats:
        return self.cap_kw[self.cell_session]

    @cached_property
    def tapered(self) -> tuple[int, ...]:
        """The sessions whose power a battery's taper bends."""
        return tuple(index for index, stay in enumerate(self.stays) if stay.taper)

    @cached_property
    def own_cells(self) -> list[Ints]:
        """The cells of each session; their slots follow one another."""
        return np.split(np.arange(len(self.cell_session)), self.cells_of[1:-1])

    @cached_property
    def replanned(self) -> Ints:
        """The sessions that the last plan knew."""
        return np.flatnonzero([bool(stay.previous_kw) for stay in self.stays])

    @cached_property
    def _last_plan(self) -> ManySeries:
        return many_series([self.stays[index].previous_kw for index in self.replanned])

    @cached_property
    def before_kw(self) -> Floats:
        """The last plan's power at the start of each slot (sessions x slots), 0 where it knew nothing."""
        before = np.zeros((self.n, self.steps))
        if len(self.replanned):
            before[self.replanned] = self._last_plan.values_at(self.edges[:-1])
        return before

    @cached_property
    def previous_kw(self) -> tuple[Flags, Floats]:
        """The last plan's mean power in every cell, and which cells it knew."""
        known, previous = np.zeros(self.n, dtype=bool), np.zeros((self.n, self.steps))
        if len(self.replanned):
            known[self.replanned], previous[self.replanned] = True, self._last_plan.means(self.edges)
        cells = previous[self.cell_session, self.cell_slot]
        return known[self.cell_session], np.clip(cells, 0.0, self.cell_max_kw)

    def over_kw(self, power_kw: Floats) -> Floats:
        """Power of each cell above its EVSE's standing cap, which is counted always (I-1)."""
        return np.maximum(0.0, power_kw - self.cell_cap_kw)

    @cached_property
    def reachable_kwh(self) -> Floats:
        """What each session could take if it were alone: its power over its whole window."""
        return self.delivered_kwh(self.cell_max_kw)

    @cached_property
    def unavoidable_kwh(self) -> Floats:
        """What no plan can deliver, however empty the site."""
        return np.maximum(0.0, self.need_kwh - self.reachable_kwh)

    @cached_property
    def window_h(self) -> Floats:
        """Length of each slot's demand window: the whole step, also where the slot is partial."""
        return np.full(self.steps, self.situation.step.total_seconds() / 3600)

    @cached_property
    def used_kwh(self) -> Floats:
        """Import of each demand window that the plan cannot change: what is used, and the other load."""
        used = self.base_kw * self.slot_h
        used[0] += self.situation.window_kwh
        return used

    @cached_property
    def surplus_kwh(self) -> Floats:
        """Solar energy of each slot that nobody else uses."""
        return np.maximum(0.0, -self.base_kw * self.slot_h)

    def delivered_kwh(self, power_kw: Floats) -> Floats:
        """Energy per session for a power per cell."""
        energy = np.bincount(self.cell_session, weights=power_kw * self.cell_kwh_per_kw, minlength=self.n)
        return energy.astype(np.float64)

    def load_kw(self, power_kw: Floats) -> Floats:
        """Power of the planned sessions per slot, at its worst instant."""
        return np.bincount(self.cell_slot, weights=power_kw, minlength=self.steps).astype(np.float64)

    def load_kwh(self, power_kw: Floats) -> Floats:
        """Energy of the planned sessions per slot."""
        return self.load_kw(power_kw * self.cell_h)

    def demand_kw(self, power_kw: Floats) -> Floats:
        """Mean import of each demand window, everything counted."""
        return np.asarray((self.load_kwh(power_kw) + self.used_kwh) / self.window_h)

    def matrix(self, power_kw: Floats) -> Floats:
        """Power as sessions x slots."""
        dense = np.zeros((self.n, self.steps))
        dense[self.cell_session, self.cell_slot] = power_kw
        return dense


def lay_grid(situation: Situation) -> Grid:
    """The arrays of a situation. Sessions that are not controlled become load."""
    stays = tuple(sorted((s for s in situation.sessions if s.controlled), key=lambda stay: stay.session_id))
    slots = tuple(situation.horizon.slots(situation.step))
    starts = tuple(slot.start for slot in slots)
    edges = np.array([start.timestamp() for start in starts] + [slots[-1].end.timestamp()])
    arrival = np.array([stay.arrival_at.timestamp() for stay in stays]).clip(situation.now.timestamp())
    departure = np.array([stay.departure_at.timestamp() for stay in stays])
    present = np.clip(
        np.minimum(edges[1:], departure[:, None]) - np.maximum(edges[:-1], arrival[:, None]), 0.0, None
    )
    present = present.reshape(len(stays), len(slots))
    cell_session, cell_slot = np.nonzero(present > 0)
    cap = np.array([stay.standing_cap_kw for stay in stays])
    limit = _capped(situation, starts, lowest_of(situation.limit_kw, edges))
    building = np.maximum(0.0, highest_of(situation.building_kw, edges))
    loose_kw, loose_kwh = _uncontrolled(situation, edges)
    slot_h = np.diff(edges) / 3600
    base = mean_of(situation.forecast_kw, edges) + mean_of(situation.building_kw, edges)
    bill = mean_of(situation.prices_usd_per_kwh, edges)
    co2 = mean_of(situation.co2_kg_per_kwh, edges)
    return Grid(
        situation=situation,
        stays=stays,
        starts=starts,
        edges=edges,
        slot_h=slot_h,
        limit_kw=limit,
        free_kw=limit - building - highest_of(situation.reserved_kw, edges) - loose_kw - cap.sum(),
        price=bill + situation.co2_usd_per_kg * co2 + _paid(situation, starts),
        bill=bill,
        co2=co2,
        base_kw=base - mean_of(situation.solar_kw, edges) + loose_kwh / slot_h,
        peak_slots=np.array([_within(peak.intervals, starts) for peak in situation.demand_peaks]).reshape(
            -1, len(starts)
        ),
        peak_price=np.array([peak.price_usd_per_kw * peak.proxy for peak in situation.demand_peaks]),
        peak_kw=np.array([peak.peak_kw for peak in situation.demand_peaks]),
        need_kwh=np.array([stay.need_kwh if stay.need_kwh > NOTHING_KWH else 0.0 for stay in stays]),
        max_kw=np.array([stay.drawable_kw for stay in stays]),
        min_kw=np.array([min(stay.min_kw, stay.drawable_kw) for stay in stays]),
        worst_kw=np.array([stay.disobedient_kw for stay in stays]),
        cap_kw=cap,
        floor_kwh=np.array([stay.floor_kwh for stay in stays]),
        floor_slot=np.array([_slot_of(stay.floor_at, edges) for stay in stays], dtype=np.int64),
        cell_session=cell_session.astype(np.int64),
        cell_slot=cell_slot.astype(np.int64),
        cell_h=present[cell_session, cell_slot] / 3600,
    )


def _uncontrolled(situation: Situation, edges: Floats) -> tuple[Floats, Floats]:
    """Sessions that nobody controls: nameplate while they are there, and the energy they may well draw."""
    power, energy = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    for stay in situation.sessions:
        if stay.controlled:
            continue
        start = max(stay.arrival_at, situation.now).timestamp()
        spans = np.clip(
            np.minimum(edges[1:], stay.departure_at.timestamp()) - np.maximum(edges[:-1], start), 0, None
        )
        power += np.where(spans > 0, max(stay.disobedient_kw, stay.standing_cap_kw), stay.standing_cap_kw)
        drawn = np.minimum(np.cumsum(spans / 3600 * stay.drawable_kw), max(0.0, stay.need_kwh))
        energy += np.diff(drawn, prepend=0.0)
    return power, energy


def _capped(situation: Situation, starts: tuple[datetime, ...], limit: Floats) -> Floats:
    """The site's limit, lowered by demand-response caps."""
    for event in situation.events:
        if event.kind is EventKind.CAP:
            limit = np.where(_within((event.interval,), starts), np.minimum(limit, event.level_kw), limit)
    return limit


def _paid(situation: Situation, starts: tuple[datetime, ...]) -> Floats:
    """What a demand-response reduction pays for each kWh that is left for another time."""
    paid = np.zeros(len(starts))
    for event in situation.events:
        if event.kind is EventKind.REDUCTION:
            paid += np.where(_within((event.interval,), starts), event.price_usd_per_kwh, 0.0)
    return paid


def _slot_of(instant: datetime | None, edges: Floats) -> int:
    """The number of slots that end at or before an instant."""
    return 0 if instant is None else int(np.searchsorted(edges[1:], instant.timestamp() + 1e-6))


def _within(intervals: tuple[Interval, ...], starts: tuple[datetime, ...]) -> list[bool]:
    return [not intervals or any(start in interval for interval in intervals) for start in starts]
