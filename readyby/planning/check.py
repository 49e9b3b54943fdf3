"""Hold a plan against its situation: what is violated, where, and by how much."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import Room, SlotLimits
from readyby.planning.types import Floats

TOLERANCE_KW = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken constraint, by name: `site.limit@2019-07-24T18:15Z`; `amount` in the unit that it names."""

    constraint: str
    amount: float
    unit: str


def at(constraint: str, instant: datetime) -> str:
    """The name of a constraint at an instant."""
    return f"{constraint}@{instant:%Y-%m-%dT%H:%MZ}"


def check(
    grid: Grid, limits: SlotLimits, power_kw: Floats, *, executable: bool = True
) -> tuple[Violation, ...]:
    """All that a plan violates; empty for a plan that may be sent."""
    found: list[Violation] = []
    excess = Room(grid, limits, power_kw).excess()
    for row, slot in zip(*np.nonzero(excess > TOLERANCE_KW * np.maximum(1.0, limits.room_kw)), strict=True):
        unit = "A" if limits.names[row][-2:] in (".A", ".B", ".C") else "kW"
        found.append(_violation(at(limits.names[row], grid.starts[slot]), float(excess[row, slot]), unit))
    session = grid.cell_session
    above = power_kw - grid.max_kw[session]
    below = (
        np.where(power_kw > 0, grid.min_kw[session] - power_kw, 0.0)
        if executable
        else np.zeros(len(power_kw))
    )
    absurd = np.where(np.isfinite(power_kw), np.maximum(0.0, -power_kw), np.inf)
    for what, amounts in (("finite", absurd), ("max", above), ("min", below)):
        found += [
            _violation(_named(grid, what, int(cell)), float(amounts[cell]), "kW")
            for cell in np.flatnonzero(amounts > TOLERANCE_KW)
        ]
    return tuple(found)


def _named(grid: Grid, what: str, cell: int) -> str:
    stay = grid.stays[grid.cell_session[cell]]
    return at(f"session.{stay.session_id}.{what}", grid.starts[grid.cell_slot[cell]])


def _violation(constraint: str, amount: float, unit: str) -> Violation:
    return Violation(constraint=constraint, amount=float(amount), unit=unit)
