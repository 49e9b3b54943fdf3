"""Rather the least pilot than a pause, where it costs nothing: some cars give up after a few pauses.

A pause is filled with energy that the session would have taken later, at no better price. Limits, pilots,
ramp, billed peaks and every other price are looked at as for any plan: what would cost more stays a pause.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from readyby.planning.filling import cells_of
from readyby.planning.grid import Grid
from readyby.planning.limits import Room
from readyby.planning.money import objective_usd
from readyby.planning.pilots import Pilot, runs_of
from readyby.planning.types import Flags, Floats, Ints

_HAIR_USD = 1e-9
_QUANTUM_USD = 1e-4
"""What rounding to whole quanta may cost, on the way."""
_HAIR_KW = 1e-6
_ENOUGH_KWH = 1e-3


def fill_pauses(grid: Grid, room: Room, pilots: list[Pilot], among: Flags, ceiling_kw: Floats) -> None:
    """Run sessions through their pauses where that is free; `ceiling_kw` is the load that sets no peak."""
    usd = objective_usd(grid, room.power_kw)
    for index in np.flatnonzero(among):
        pilot, stay = pilots[index], grid.stays[index]
        if stay.taper or pilot.levels or pilot.least_kw <= 0:
            continue
        cells = cells_of(grid, int(index))
        for pause in _pauses(grid, int(index), room.power_kw[cells]):
            slots = grid.cell_slot[cells[slice(*pause)]]
            if np.any(room.load_kw[slots] + pilot.least_kw > ceiling_kw[slots] + _HAIR_KW):
                continue
            filled = _filled(grid, pilot, cells, room.power_kw[cells], pause)
            if filled is None or not room.fits(int(index), filled):
                continue
            before = room.power_kw[cells].copy()
            room.put_session(int(index), filled)
            after = objective_usd(grid, room.power_kw)
            if after <= usd + _QUANTUM_USD and _ramps(grid, room):
                usd = after
            else:
                room.put_session(int(index), before)


def _pauses(grid: Grid, index: int, power_kw: Floats) -> Iterator[tuple[int, int]]:
    """Gaps between runs, and a wait for the first one of a car that was to draw by now."""
    runs = runs_of(power_kw > 0)
    if runs and runs[0][0] > 0 and grid.before_kw[index, 0] > 0:
        yield 0, runs[0][0]
    for run, following in pairwise(runs):
        yield run[1], following[0]


def _filled(grid: Grid, pilot: Pilot, cells: Ints, power_kw: Floats, pause: tuple[int, int]) -> Floats | None:
    """Power without a pause, and less of the last at no better price; None if that is not enough."""
    begin, end = pause
    per_kw, price = grid.cell_kwh_per_kw[cells], grid.price[grid.cell_slot[cells]]
    power = power_kw.copy()
    power[begin:end] = pilot.least_kw
    surplus = pilot.least_kw * float(per_kw[begin:end].sum())
    dearest = float(price[begin:end].max())
    if not np.any((power[end:] > 0) & (price[end:] >= dearest - _HAIR_USD)):
        return None
    for place in range(len(cells) - 1, end - 1, -1):
        if power[place] <= 0 or price[place] < dearest - _HAIR_USD:
            continue
        last = not np.any(power[place + 1 :] > 0)
        if last and power[place] * per_kw[place] <= surplus + _ENOUGH_KWH:
            lowered = 0.0
        else:
            lowered = pilot.ceil(max(pilot.least_kw, float(power[place] - surplus / per_kw[place])))
        surplus -= max(0.0, float((power[place] - lowered) * per_kw[place]))
        power[place] = min(lowered, float(power[place]))
        if surplus <= _ENOUGH_KWH:
            break
    if surplus > _ENOUGH_KWH or not pilot.allows(power > 0):
        return None
    return power


def _ramps(grid: Grid, room: Room) -> bool:
    """Whether the load rises no faster than it may."""
    limit = grid.situation.ramp_kw
    if limit is None:
        return True
    rise = np.diff(room.load_kw, prepend=grid.situation.running_kw)
    return bool(np.all(rise <= limit + _HAIR_KW))
