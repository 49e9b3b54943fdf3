"""Rows that are added when a plan breaks them: circuits, battery taper, ramp (I-7).

Most never bind. A plan that keeps them all is the optimum with them all.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.pieces import Pieces
from readyby.planning.program import matrix_of
from readyby.planning.types import Flags, Floats, Ints, Matrix

TOLERANCE = 1e-6


class Key(NamedTuple):
    """A row by what it limits: kind (circuit, taper, ramp), circuit or session, slot (or cell), segment."""

    kind: str
    which: int
    slot: int
    segment: int = 0


def broken(grid: Grid, limits: SlotLimits, power_kw: Floats) -> dict[Key, float]:
    """All rows that a plan breaks, by how much; with them those nearby that would break next.

    The rows nearby are told by an excess that is not positive: of a taper all, of a circuit the fullest.
    """
    return {
        **_broken_circuits(grid, limits, power_kw),
        **_broken_tapers(grid, power_kw),
        **_broken_ramps(grid, power_kw),
    }


def lay_rows(
    grid: Grid, limits: SlotLimits, pieces: Pieces, keys: list[Key], columns: int
) -> tuple[Matrix, Floats]:
    """The matrix rows of keys."""
    makers: dict[str, Callable[[Key], tuple[Floats, Ints, float]]] = {
        "circuit": lambda key: _circuit(limits, pieces, key),
        "taper": lambda key: _taper(grid, pieces, key),
        "ramp": lambda key: _ramp(grid, pieces, key),
    }
    made = [makers[key.kind](key) for key in keys]
    none = np.zeros(0, dtype=np.int64)
    lengths = [len(weights) for weights, _, _ in made]
    whole = matrix_of(
        np.concatenate([none, *(weights for weights, _, _ in made)]),
        np.repeat(np.arange(len(keys)), lengths),
        np.concatenate([none, *(where for _, where, _ in made)]),
        (len(keys), columns),
    )
    return whole, np.array([bound for _, _, bound in made])


def _broken_circuits(grid: Grid, limits: SlotLimits, power_kw: Floats) -> dict[Key, float]:
    if len(limits.names) == 1:
        return {}
    load = limits.weights[1:] @ grid.matrix(grid.over_kw(power_kw)) - limits.room_kw[1:]
    scale = np.maximum(1.0, limits.room_kw[1:])
    over: Flags = np.asarray(load > TOLERANCE * scale)
    somewhere = np.any(over, axis=1, keepdims=True)
    near = somewhere & (load > -0.03 * limits.room_kw[1:])
    rows, slots = np.nonzero(over | near)
    return {
        Key("circuit", row + 1, slot): excess
        for row, slot, excess in zip(rows.tolist(), slots.tolist(), load[rows, slots].tolist(), strict=True)
    }


def _circuit(limits: SlotLimits, pieces: Pieces, key: Key) -> tuple[Floats, Ints, float]:
    where = pieces.over_of_slot(key.slot)
    weights = limits.weights[key.which, pieces.session[where]]
    return np.asarray(weights), where, float(limits.room_kw[key.which, key.slot])


def taper_segments(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """A concave line through points (kWh, kW) as caps `power <= level - slope * kWh`: (level, slope) each."""
    segments = []
    for (kwh, kw), (next_kwh, next_kw) in pairwise(points):
        slope = (kw - next_kw) / (next_kwh - kwh)
        if slope > 0:
            segments.append((kw + slope * kwh, slope))
    return segments


def taper_limit_kw(points: tuple[tuple[float, float], ...], delivered_kwh: Floats) -> Floats:
    """The cap at energies delivered: the least of the segments; none without a taper."""
    limit = np.full(np.shape(delivered_kwh), np.inf)
    for level, slope in taper_segments(points):
        limit = np.minimum(limit, level - slope * delivered_kwh)
    return np.asarray(np.maximum(0.0, limit))


def _broken_tapers(grid: Grid, power_kw: Floats) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for index in grid.tapered:
        stay = grid.stays[index]
        cells = slice(grid.cells_of[index], grid.cells_of[index + 1])
        power = power_kw[cells]
        energy = power * grid.cell_kwh_per_kw[cells]
        gained = np.cumsum(energy) - energy
        for segment, (level, slope) in enumerate(taper_segments(stay.taper)):
            excess = power - np.maximum(0.0, level - slope * gained)
            if np.any(excess > TOLERANCE):
                found |= {Key("taper", index, k, segment): over for k, over in enumerate(excess.tolist())}
    return found


def _taper(grid: Grid, pieces: Pieces, key: Key) -> tuple[Floats, Ints, float]:
    level, slope = taper_segments(grid.stays[key.which].taper)[key.segment]
    cell = int(grid.cells_of[key.which]) + key.slot
    begins, start, end = (pieces.first_of[c] for c in (cell - key.slot, cell, cell + 1))
    weights = slope * pieces.kwh_per_kw[begins:end]
    weights[start - begins :] = 1.0
    return weights, np.arange(begins, end), level


def _broken_ramps(grid: Grid, power_kw: Floats) -> dict[Key, float]:
    limit = grid.situation.ramp_kw
    if limit is None:
        return {}
    rise = np.diff(grid.load_kw(power_kw), prepend=grid.situation.running_kw) - limit
    return {Key("ramp", 0, int(slot)): float(rise[slot]) for slot in np.flatnonzero(rise > TOLERANCE)}


def _ramp(grid: Grid, pieces: Pieces, key: Key) -> tuple[Floats, Ints, float]:
    now, before = pieces.of_slot(key.slot), pieces.of_slot(key.slot - 1)
    bound = float(grid.situation.ramp_kw or 0.0) + (grid.situation.running_kw if key.slot == 0 else 0.0)
    weights = np.concatenate([np.ones(len(now)), -np.ones(len(before))])
    return weights, np.concatenate([now, before]), bound
