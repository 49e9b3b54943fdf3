"""What a plan costs the site, beyond what is spent already, and the objective that plans are ordered by."""

from dataclasses import dataclass

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.situation import EventKind
from readyby.planning.types import Flags, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Dollars of the planned sessions: energy, added demand charges, weighted CO2, demand response, comfort.

    `comfort_usd` prices missed early-leave floors and departures from the last plan; `event_usd` what
    demand response costs (negative where it pays, against leaving it alone).
    """

    energy_usd: float
    demand_usd: float
    co2_kg: float
    co2_usd: float
    event_usd: float
    comfort_usd: float

    @property
    def total_usd(self) -> float:
        return self.energy_usd + self.demand_usd + self.co2_usd + self.event_usd + self.comfort_usd


def billed_peaks_kw(grid: Grid, power_kw: Floats) -> Floats:
    """The highest demand window of each demand charge: what is set already, or what the plan sets."""
    if not len(grid.peak_kw):
        return grid.peak_kw
    planned: Floats = np.where(grid.peak_slots, grid.demand_kw(power_kw), 0.0).max(axis=1, initial=0.0)
    return np.maximum(grid.peak_kw, planned)


def cost_of(grid: Grid, power_kw: Floats) -> Cost:
    """The cost of a plan, split."""
    load = grid.load_kwh(power_kw)
    bought = np.maximum(0.0, load - grid.surplus_kwh)
    own = load - bought
    export = grid.situation.export_usd_per_kwh
    events = grid.price - grid.bill - grid.situation.co2_usd_per_kg * grid.co2
    co2 = float(bought @ grid.co2)
    return Cost(
        energy_usd=float(bought @ grid.bill) + float(own.sum()) * export,
        demand_usd=float(grid.peak_price @ (billed_peaks_kw(grid, power_kw) - base_peaks_kw(grid))),
        co2_kg=co2,
        co2_usd=grid.situation.co2_usd_per_kg * co2,
        event_usd=float(bought @ events) + _missed_floors_usd(grid, load),
        comfort_usd=_early_leave_usd(grid, power_kw) + _change_usd(grid, power_kw),
    )


def base_peaks_kw(grid: Grid) -> Floats:
    """The billed peaks without any planned session."""
    return billed_peaks_kw(grid, np.zeros(len(grid.cell_slot)))


def cost_usd(grid: Grid, power_kw: Floats) -> float:
    """All of it."""
    return cost_of(grid, power_kw).total_usd


def objective_usd(grid: Grid, power_kw: Floats) -> float:
    """What the optimizer makes least: the cost, and the hair that makes earlier better at one price."""
    early = grid.situation.early_usd_per_kwh_h * float(grid.load_kwh(power_kw) @ grid.age_h)
    return cost_usd(grid, power_kw) + early


def event_floors(grid: Grid) -> list[tuple[int, float, float]]:
    """Slots in which a demand-response floor asks for load: slot, kWh of the planned sessions, price."""
    asked: list[tuple[int, float, float]] = []
    for event in grid.situation.events:
        if event.kind is EventKind.FLOOR:
            for slot, start in enumerate(grid.starts):
                if start in event.interval:
                    kwh = (event.level_kw - float(grid.base_kw[slot])) * float(grid.slot_h[slot])
                    asked.append((slot, max(0.0, kwh), event.price_usd_per_kwh))
    return asked


def _missed_floors_usd(grid: Grid, load_kwh: Floats) -> float:
    return sum(price * max(0.0, kwh - float(load_kwh[slot])) for slot, kwh, price in event_floors(grid))


def _early_leave_usd(grid: Grid, power_kw: Floats) -> float:
    early: Flags = grid.cell_slot < grid.floor_slot[grid.cell_session]
    missing = np.maximum(0.0, grid.floor_kwh - grid.delivered_kwh(np.where(early, power_kw, 0.0)))
    return grid.situation.floor_price_usd_per_kwh * float(missing.sum())


def _change_usd(grid: Grid, power_kw: Floats) -> float:
    rate = grid.situation.change_usd_per_kwh
    if rate <= 0:
        return 0.0
    known, previous = grid.previous_kw
    return rate * float((np.abs(power_kw - previous) * grid.cell_h)[known].sum())
