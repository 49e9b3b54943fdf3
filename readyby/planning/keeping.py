"""What of the last plan may stay: drivers and EVSEs are better off with a plan that changes only for cause.

A session keeps its power, slot for slot, while that still delivers what it is to have, at setpoints that its
EVSE can follow, within every limit. A new request, another departure, a lower limit, a car that takes less
than it was planned with: these are causes, and such a session is planned anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import Room, SlotLimits
from readyby.planning.pilots import Pilot, pilots_of
from readyby.planning.rows import taper_limit_kw
from readyby.planning.types import Flags, Floats

LESS_KWH, MORE_KWH = 0.1, 0.5
"""What a kept session may get less or more than it is to have."""
LESS_SHARE, MORE_SHARE = 0.03, 0.05
"""The same as shares of the need; less only where a lack is shared, whose shares move with every plan."""
TOPPED_KWH, TOPPED_SHARE = 1.0, 0.05
"""What a kept session may get less than it is to have where that is topped up in later slots."""
LET_GO = 2.0
"""Energy that is let go of, as a multiple of what is missing."""
_HAIR_KW = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """The sessions that keep their power, and power per cell (0 for the others)."""

    sessions: Flags
    power_kw: Floats


def no_kept(grid: Grid) -> Kept:
    """Nothing is kept."""
    return Kept(sessions=np.zeros(grid.n, dtype=bool), power_kw=np.zeros(len(grid.cell_slot)))


def find_kept(
    grid: Grid,
    limits: SlotLimits,
    least_kwh: Floats,
    *,
    ceiling_kw: Floats,
    scarce: bool,
    topped_up: bool = False,
) -> Kept:
    """The sessions whose last plan still serves, least time to spare first: it gives what they must have.

    Together they fit the limits, and `ceiling_kw`, the load of each slot that sets no higher peak. What is
    `topped_up` afterwards may lack a little more.
    """
    sessions = np.zeros(grid.n, dtype=bool)
    if not len(grid.replanned):
        return no_kept(grid)
    less = np.maximum(LESS_KWH, (LESS_SHARE if scarce else 0.0) * grid.need_kwh)
    if topped_up:
        less = np.maximum(TOPPED_KWH, np.maximum(less, TOPPED_SHARE * grid.need_kwh))
    more = grid.need_kwh + np.maximum(MORE_KWH, MORE_SHARE * grid.need_kwh)
    room = Room(grid, limits, np.zeros(len(grid.cell_slot)))
    pilots = pilots_of(grid)
    planned = grid.before_kw[grid.cell_session, grid.cell_slot]
    spare_kwh = (grid.reachable_kwh - least_kwh)[grid.replanned]
    for index in grid.replanned[np.argsort(spare_kwh, kind="stable")].tolist():
        cells = slice(int(grid.cells_of[index]), int(grid.cells_of[index + 1]))
        power, slots = planned[cells], grid.cell_slot[cells]
        gained = float(power @ grid.cell_kwh_per_kw[cells])
        if not least_kwh[index] - less[index] <= gained <= more[index]:
            continue
        flat = np.all((room.load_kw[slots] + power <= ceiling_kw[slots] + _HAIR_KW) | (power <= 0))
        if flat and _can_follow(grid, index, pilots[index], power) and room.fits(index, power):
            room.put_session(index, power)
            sessions[index] = True
    return Kept(sessions=sessions, power_kw=room.power_kw)


def loosen(
    grid: Grid,
    kept: Kept,
    power_kw: Floats,
    *,
    target_kwh: Floats,
    ceiling_kw: Floats,
    let_go: float = LET_GO,
) -> Kept:
    """Keep fewer: let go of those in the way of what a plan misses, or pays for; most time to spare first."""
    wanted_kwh = np.maximum(0.0, grid.load_kw(power_kw) - ceiling_kw) * grid.slot_h
    missing = np.maximum(0.0, target_kwh - grid.delivered_kwh(power_kw))
    lacking = missing[grid.cell_session] > LESS_KWH
    wanted_kwh[np.unique(grid.cell_slot[lacking])] += float(missing.sum())
    if not np.any(wanted_kwh > _HAIR_KW):
        return no_kept(grid)
    in_the_way = kept.power_kw * grid.cell_h * (wanted_kwh > _HAIR_KW)[grid.cell_slot]
    freed = np.bincount(grid.cell_session, weights=in_the_way, minlength=grid.n)
    sessions = kept.sessions.copy()
    enough = let_go * float(max(wanted_kwh.max(), missing.sum()))
    for index in np.lexsort((np.arange(grid.n), target_kwh - grid.reachable_kwh)):
        if sessions[index] and freed[index] > 0 and enough > 0:
            sessions[index] = False
            enough -= float(freed[index])
    if np.array_equal(sessions, kept.sessions):
        return no_kept(grid)
    return Kept(sessions=sessions, power_kw=np.where(sessions[grid.cell_session], kept.power_kw, 0.0))


def settle_running(grid: Grid, room: Room, pilots: Sequence[Pilot], least_kwh: Floats) -> None:
    """Leave what runs now as it is where it would change by no more than the deadband, at no one's cost."""
    deadband = grid.situation.deadband_kw
    spare = grid.delivered_kwh(room.power_kw) - least_kwh + LESS_KWH
    for index, stay in enumerate(grid.stays if deadband > 0 else ()):
        cell = int(grid.cells_of[index])
        if not stay.previous_kw or cell == grid.cells_of[index + 1] or grid.cell_slot[cell] > 0:
            continue
        before = float(grid.before_kw[index, 0])
        change = before - float(room.power_kw[cell])
        enough = spare[index] + change * float(grid.cell_kwh_per_kw[cell]) >= 0
        sound = (
            enough
            and before <= min(pilots[index].most_kw, float(grid.max_kw[index])) + _HAIR_KW
            and abs(pilots[index].floor(before) - before) <= _HAIR_KW
            and (before > 0) == (room.power_kw[cell] > 0)
        )
        if sound and 0 < abs(change) <= deadband + _HAIR_KW and change <= room.of(cell) and not stay.taper:
            room.put(cell, before)


def _can_follow(grid: Grid, index: int, pilot: Pilot, power_kw: Floats) -> bool:
    """Whether the EVSE and the battery can do what was planned."""
    if np.any(power_kw < 0) or np.any(power_kw > pilot.most_kw + _HAIR_KW):
        return False
    if np.any(np.abs(pilot.floors(power_kw) - power_kw) > _HAIR_KW):
        return False
    if pilot.has_rules and not pilot.allows(power_kw > 0):
        return False
    taper = grid.stays[index].taper
    if not taper:
        return True
    cells = slice(grid.cells_of[index], grid.cells_of[index + 1])
    energy = power_kw * grid.cell_kwh_per_kw[cells]
    return bool(np.all(power_kw <= taper_limit_kw(taper, np.cumsum(energy) - energy) + _HAIR_KW))
