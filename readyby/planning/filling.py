"""Raise and lower a session's cells within limits: what an executable plan is finished with."""

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import Room
from readyby.planning.pilots import ENOUGH_KWH, Pilot
from readyby.planning.rows import taper_limit_kw, taper_segments
from readyby.planning.types import Floats, Ints


def cells_of(grid: Grid, session: int) -> Ints:
    return grid.own_cells[session]


def put_all(grid: Grid, room: Room, pilot: Pilot, cells: Ints, power_kw: Floats) -> None:
    """Set a session's powers, under its taper; what the taper takes is given again after its last run."""
    taper = grid.stays[int(grid.cell_session[cells[0]])].taper if len(cells) else ()
    delivered = 0.0
    for cell, power in zip(cells, power_kw, strict=True):
        if power <= 0:
            continue
        most = float(power)
        if taper:
            most = min(most, float(taper_limit_kw(taper, np.array(delivered))))
        room.put(int(cell), pilot.floor(min(most, room.of(int(cell)))))
        delivered += float(room.power_kw[cell] * grid.cell_kwh_per_kw[cell])


def give(
    grid: Grid, room: Room, pilot: Pilot, cells: Ints, *, missing_kwh: float, ceiling_kw: Floats
) -> float:
    """Raise a session's cells: running ones and cheap slots first, earlier first; what is missing then."""
    if not len(cells) or missing_kwh <= ENOUGH_KWH:
        return missing_kwh
    session, slots, now_kw = int(grid.cell_session[cells[0]]), grid.cell_slot[cells], room.power_kw[cells]
    top = np.minimum(room.allowed(session), now_kw + (ceiling_kw[slots] - room.load_kw[slots]))
    top = pilot.floors(np.minimum(top, pilot.most_kw))
    tapered = bool(grid.stays[session].taper)
    higher = (top > now_kw).nonzero()[0]
    order = np.lexsort((grid.price[slots[higher]], now_kw[higher] <= 0.0))
    for place in higher[order]:
        if missing_kwh <= ENOUGH_KWH:
            break
        most = float(top[place])
        if tapered:
            most = pilot.floor(min(most, taper_room_kw(grid, room, cells, int(place))))
        if most <= now_kw[place] or (
            pilot.has_rules and not pilot.may_start(room.power_kw[cells], int(place))
        ):
            continue
        per_kw = float(grid.cell_kwh_per_kw[cells[place]])
        after = min(most, pilot.ceil(float(now_kw[place]) + missing_kwh / per_kw))
        room.put(int(cells[place]), after)
        missing_kwh -= (after - float(now_kw[place])) * per_kw
    return missing_kwh


def taper_room_kw(grid: Grid, room: Room, cells: Ints, place: int) -> float:
    """What a battery's taper leaves to a cell, so that later ones, which it fills for, need not bend."""
    power, per_kw = room.power_kw[cells], grid.cell_kwh_per_kw[cells]
    gained = np.cumsum(power * per_kw) - power * per_kw
    later = np.flatnonzero(power[place + 1 :] > 0) + place + 1
    most = np.inf
    for level, slope in taper_segments(grid.stays[int(grid.cell_session[cells[0]])].taper):
        spare = level - slope * gained - power
        raised = min(spare[place], (spare[later] / (slope * per_kw[place])).min(initial=np.inf))
        most = min(most, float(power[place] + max(0.0, raised)))
    return most


def take_excess(grid: Grid, room: Room, pilot: Pilot, cells: Ints, target_kwh: float) -> None:
    """Where the least pilot gave more than was missing, lower dear slots again, later first."""
    excess = float(room.power_kw[cells] @ grid.cell_kwh_per_kw[cells]) - target_kwh
    if excess <= ENOUGH_KWH or pilot.levels or grid.stays[int(grid.cell_session[cells[0]])].taper:
        return
    for cell in cells[np.lexsort((-cells, -grid.price[grid.cell_slot[cells]]))]:
        if excess <= ENOUGH_KWH:
            return
        now_kw = float(room.power_kw[cell])
        after = pilot.ceil(max(pilot.least_kw, now_kw - excess / float(grid.cell_kwh_per_kw[cell])))
        if now_kw > after:
            room.put(int(cell), after)
            excess -= (now_kw - after) * float(grid.cell_kwh_per_kw[cell])
