"""Deal a load out to EVSEs that cannot run below their least pilot, in long runs.

Sessions that weigh alike in every limit are of one kind, and any of them may draw what another was to: the
load of each kind is dealt out among its own, so that what circuits allow in the ideal plan they allow still.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import Room
from readyby.planning.pilots import ENOUGH_KWH, QUANTUM_KW, Pilot
from readyby.planning.rows import taper_segments
from readyby.planning.types import Flags, Floats, Ints

RUN_BONUS_H = 1.0
"""Time to spare that a running session may have more than one that would have to start."""
SLOW_H = 1.5
"""The same for one that is slower than its power tells: its EVSE steps, or its battery bends."""
STAY_H = 2.0
"""The same for one that the last plan has running then, where a change has a price."""
_ARITHMETIC = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Deal:
    """What is dealt: power per kind and slot, energy per session, the bonus in hours for going on, to whom.

    `kinds` tells the kind of each session, `slow` which have a head start.
    """

    kinds: Ints
    load_kw: Floats
    target_kwh: Floats
    run_bonus_h: float
    slow: Flags
    among: Flags


def deal(grid: Grid, room: Room, pilots: list[Pilot], dealt: Deal) -> None:
    """Set powers slot by slot, the last slot first, with the load in all where that can be.

    What a kind cannot take in a slot, since it is less than a least pilot, goes to the slot before.
    """
    left = dealt.target_kwh.copy()
    running = np.zeros(grid.n, dtype=bool)
    stepped = np.array([bool(pilot.levels) for pilot in pilots], dtype=bool)
    any_steps, bent = bool(np.any(stepped)), _segments(grid)
    one = len(dealt.load_kw) == 1
    carried = np.zeros(len(dealt.load_kw))
    for slot, seats in _seats(grid, dealt, stepped):
        wanted = left[seats.who]
        most = np.minimum(seats.top_kw, wanted / seats.per_kw)
        if bent is not None:
            most = np.minimum(most, _under_taper(bent, seats.who, wanted, seats.per_kw))
        laxity = seats.ahead_h - wanted / seats.drawn_kw - dealt.run_bonus_h * running[seats.who]
        rank = np.lexsort((seats.who, laxity) if one else (seats.who, laxity, seats.kind))
        load_kw = dealt.load_kw[:, slot]
        for offered_kw in (load_kw,) if one else (load_kw + carried, load_kw):
            power = np.zeros(len(seats.who))
            if one:
                power[rank] = _share(most[rank], seats.least_kw[rank], float(load_kw[0]))
            else:
                power[rank] = _share_kinds(most[rank], seats.least_kw[rank], seats.kind[rank], offered_kw)
            power = _without_tails(power, wanted, seats.per_kw, seats.least_kw)
            for place in np.flatnonzero(seats.stepped & (power > 0)) if any_steps else ():
                power[place] = pilots[int(seats.who[place])].floor(float(power[place]))
            if room.put_slot(seats.cells, power):
                break
        else:
            bounds = (most[rank], float(load_kw.sum()))
            power[rank] = _one_by_one(grid, room, pilots, seats.cells[rank], bounds)
        if not one:
            taken = np.bincount(seats.kind, weights=power, minlength=len(carried))
            carried = np.maximum(0.0, load_kw + carried - taken)
        left[seats.who] = np.maximum(0.0, wanted - power * seats.per_kw)
        running[:] = False
        running[seats.who] = power > 0


class _Seats(NamedTuple):
    """Cells that are dealt to, sorted by slot. `ahead_h` is the time to the slot's end, less a head start."""

    cells: Ints
    who: Ints
    kind: Ints
    stepped: Flags
    top_kw: Floats
    least_kw: Floats
    drawn_kw: Floats
    per_kw: Floats
    ahead_h: Floats


def _seats(grid: Grid, dealt: Deal, stepped: Flags) -> Iterator[tuple[int, _Seats]]:
    """What is dealt to in each slot, the last slot first."""
    order = np.argsort(grid.cell_slot, kind="stable")
    order = order[dealt.among[grid.cell_session[order]]]
    who, slots = grid.cell_session[order], grid.cell_slot[order]
    ahead = (_hours_before(grid) + grid.cell_h)[order]
    if np.any(dealt.slow):
        ahead = ahead - SLOW_H * dealt.slow[who]
    if grid.situation.change_usd_per_kwh > 0:
        ahead = ahead - STAY_H * (grid.before_kw[who, slots] > 0)
    every = _Seats(
        cells=order,
        who=who,
        kind=dealt.kinds[who],
        stepped=stepped[who],
        top_kw=grid.max_kw[who],
        least_kw=grid.min_kw[who],
        drawn_kw=np.maximum(grid.max_kw[who] * grid.situation.draw_ratio, 1e-9),
        per_kw=grid.cell_kwh_per_kw[order],
        ahead_h=ahead,
    )
    starts = np.searchsorted(slots, np.arange(grid.steps + 1)).tolist()
    for slot in range(grid.steps - 1, -1, -1):
        here = slice(starts[slot], starts[slot + 1])
        yield slot, _Seats._make([column[here] for column in every])


def _segments(grid: Grid) -> Floats | None:
    """Level and slope of each segment of each session's taper (2 x segments x sessions); None without any."""
    tapers = {index: taper_segments(grid.stays[index].taper) for index in grid.tapered}
    most = max(map(len, tapers.values()), default=0)
    if not most:
        return None
    made = np.zeros((2, most, grid.n))
    made[0] = np.inf
    for index, segments in tapers.items():
        made[:, : len(segments), index] = np.array(segments).T
    return made


def _under_taper(bent: Floats, who: Ints, left_kwh: Floats, per_kw: Floats) -> Floats:
    """The most that batteries take in a slot before whose end they are to have so much."""
    level, slope = bent[:, :, who]
    bends = np.maximum(1e-3, 1.0 - slope * per_kw)
    return np.asarray(np.maximum(0.0, (level - slope * left_kwh) / bends).min(axis=0))


def _hours_before(grid: Grid) -> Floats:
    """For each cell, the hours that its session has been there by then, from now on."""
    total = np.cumsum(grid.cell_h)
    first = np.concatenate([[0.0], total])[grid.cells_of[:-1]]
    before: Floats = total - grid.cell_h - first[grid.cell_session]
    return before


def _share(most: Floats, least: Floats, load_kw: float) -> Floats:
    """Full power in order as long as the load lasts; who gets the rest gets its least pilot, or nobody."""
    power = np.zeros(len(most))
    able = np.flatnonzero((most >= least - _ARITHMETIC) & (most > ENOUGH_KWH))
    filled = np.cumsum(most[able])
    full = int(np.searchsorted(filled, load_kw + _ARITHMETIC, side="right"))
    power[able[:full]] = most[able[:full]]
    rest = load_kw - (float(filled[full - 1]) if full else 0.0)
    if full < len(able) and rest > QUANTUM_KW:
        last = able[full]
        if rest >= least[last]:
            power[last] = rest
        elif full:
            donor = able[full - 1]
            given = least[last] - rest
            if power[donor] - given >= least[donor]:
                power[donor] -= given
                power[last] = least[last]
    return np.round(np.floor(power / QUANTUM_KW + _ARITHMETIC) * QUANTUM_KW, 6)


def _share_kinds(most: Floats, least: Floats, kind: Ints, load_kw: Floats) -> Floats:
    """The same for every kind at once; cells are sorted by kind."""
    power = np.zeros(len(most))
    able = np.flatnonzero((most >= least - _ARITHMETIC) & (most > ENOUGH_KWH))
    if not len(able):
        return power
    of = kind[able]
    filled = np.cumsum(most[able])
    begins = np.searchsorted(of, np.arange(len(load_kw) + 1))
    base = np.concatenate([[0.0], filled])[begins[:-1]]
    full = filled - base[of] <= load_kw[of] + _ARITHMETIC
    power[able[full]] = most[able[full]]
    count = np.bincount(of, weights=full, minlength=len(load_kw)).astype(np.int64)
    rest = load_kw - np.bincount(of, weights=power[able], minlength=len(load_kw))
    open_ = np.flatnonzero((begins[:-1] + count < begins[1:]) & (rest > QUANTUM_KW))
    last = able[(begins[:-1] + count)[open_]]
    fits = rest[open_] >= least[last]
    power[last[fits]] = rest[open_][fits]
    lent = ~fits & (count[open_] > 0)
    donor = able[(begins[:-1] + count - 1)[open_][lent]]
    given = least[last[lent]] - rest[open_][lent]
    can = power[donor] - given >= least[donor]
    power[donor[can]] -= given[can]
    power[last[lent][can]] = least[last[lent][can]]
    return np.asarray(np.round(np.floor(power / QUANTUM_KW + _ARITHMETIC) * QUANTUM_KW, 6))


def _without_tails(power: Floats, left_kwh: Floats, per_kw: Floats, least: Floats) -> Floats:
    """Leave to every session either nothing or enough for its least pilot in another slot."""
    rest = left_kwh - power * per_kw
    tail: Flags = (power > 0) & (rest > ENOUGH_KWH) & (rest < least * per_kw)
    lowered = np.floor((left_kwh - least * per_kw) / per_kw / QUANTUM_KW) * QUANTUM_KW
    return np.where(tail & (lowered >= least), np.round(lowered, 6), power)


def _one_by_one(
    grid: Grid, room: Room, pilots: list[Pilot], cells: Ints, bounds: tuple[Floats, float]
) -> Floats:
    """Most urgent first, each as far as limits allow, until the load is dealt: for tight slots."""
    most, load_kw = bounds
    sessions: list[int] = grid.cell_session[cells].tolist()
    wish = np.array([pilots[who].floor(kw) for who, kw in zip(sessions, most.tolist(), strict=True)])
    slot_room = room.beside(int(grid.cell_slot[cells[0]]))
    if slot_room is None:
        return _beside_neighbors(room, pilots, (cells, sessions), wish, load_kw)
    places = wish.nonzero()[0]
    lowest = min((_least_of(pilots[sessions[place]]) for place in places), default=0.0) - _ARITHMETIC
    power = np.zeros(len(cells))
    while len(places) and load_kw >= lowest:
        whole = slot_room.take_first(grid.cell_session[cells[places]], wish[places], load_kw)
        power[places[:whole]] = wish[places[:whole]]
        load_kw -= float(wish[places[:whole]].sum())
        if whole < len(places):
            place = int(places[whole])
            session = sessions[place]
            allowed = pilots[session].floor(min(float(wish[place]), slot_room.of(session), load_kw))
            if allowed > 0:
                power[place] = allowed
                slot_room.take(session, allowed)
                load_kw -= allowed
        places = places[whole + 1 :]
    room.put_each(cells, power)
    return power


def _least_of(pilot: Pilot) -> float:
    return max(min(pilot.levels, default=pilot.least_kw), QUANTUM_KW)


def _beside_neighbors(
    room: Room, pilots: list[Pilot], who: tuple[Ints, list[int]], wish: Floats, load_kw: float
) -> Floats:
    """The same where the neighbors of cells are watched."""
    power = np.zeros(len(wish))
    for index, (cell, session) in enumerate(zip(*who, strict=True)):
        if wish[index] <= 0:
            continue
        allowed = pilots[session].floor(min(float(wish[index]), room.of(int(cell)), load_kw))
        if allowed > 0:
            power[index] = allowed
            load_kw -= allowed
            room.put(int(cell), allowed)
    return power
