"""What the planned sessions of a slot may draw together, with headroom for one EVSE that disobeys (I-1, I-3).

Every EVSE is counted at its standing cap at least, since that is what it falls back to. With
`v_e = max(0, x_e - cap_e)` and `free` what a limit leaves above all caps, the envelope
`sum_e w_e max(x_e, cap_e) + max_e w_e (worst_e - max(x_e, cap_e)) <= limit` reads, for every EVSE e,
`sum_{j != e} w_j v_j <= free - w_e (worst_e - cap_e)`. At the site's own limit, where few sessions share a
slot and it could be tight, this is demanded of each; elsewhere of their sum with the largest
`w (worst - cap)`, which is stricter, and one row instead of many. A circuit with one EVSE needs no
headroom: its own rating holds it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.network import SITE, Network, lay_network
from readyby.planning.types import Flags, Floats, Ints

FEW = 6
_HAIR_KW = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class SlotLimits:
    """Bounds on power above standing caps: `weights @ v <= room_kw`, rows x slots, the site's limit first.

    `others_kw[c]`, where finite, bounds all cells of c's slot but c.
    """

    names: tuple[str, ...]
    weights: Floats
    room_kw: Floats
    others_kw: Floats

    @property
    def sum_kw(self) -> Floats:
        """The site's own limit."""
        site: Floats = self.room_kw[0]
        return site

    @cached_property
    def shares(self) -> "list[tuple[Ints, Floats]]":
        """The rows that each session has a part in, and its weights there."""
        rows = [np.flatnonzero(column > 0).astype(np.int64) for column in self.by_session]
        return [(each, column[each]) for each, column in zip(rows, self.by_session, strict=True)]

    @cached_property
    def kinds(self) -> Ints:
        """The kind of each session, counted from 0: sessions that weigh alike in every row are of one."""
        if len(self.names) == 1:
            return np.zeros(self.weights.shape[1], dtype=np.int64)
        _, kinds = np.unique(np.round(self.by_session, 9), axis=0, return_inverse=True)
        return np.asarray(kinds.ravel(), dtype=np.int64)

    @cached_property
    def first_of_kind(self) -> Ints:
        """For each kind its first session, which stands for all of it."""
        return np.unique(self.kinds, return_index=True)[1]

    @cached_property
    def by_session(self) -> Floats:
        """The weights as sessions x rows."""
        return np.ascontiguousarray(self.weights.T)

    def spare_kw(self, session: int, left_kw: Floats) -> float:
        """What a session may take of what is left of each row in a slot; the site's own has the weight 1."""
        if len(left_kw) == 1:
            return float(left_kw[0])
        rows, weights = self.shares[session]
        return float((left_kw[rows] / weights).min())


def has_room(grid: Grid) -> bool:
    """Whether every limit holds what is not planned, and the planned sessions at their standing caps.

    Where headroom is kept, also with any one EVSE that disobeys.
    """
    surge, site_kw = _surge_kw(grid), grid.free_kw
    if grid.situation.headroom:
        site_kw = site_kw - max(float(surge.max(initial=0.0)), grid.situation.unplanned_reserve_kw)
    below = _free_below(grid, lay_network(grid), surge)
    return bool(np.all(site_kw >= -_HAIR_KW) and np.all(below >= -_HAIR_KW))


def slot_limits(grid: Grid) -> SlotLimits:
    """The limits of every slot and circuit and, where few sessions share a slot, of each cell's neighbors."""
    network, surge = lay_network(grid), _surge_kw(grid)
    headroom = grid.situation.headroom
    kept, others = _site_headroom(grid, surge) if headroom else (0.0, np.full(len(grid.cell_slot), np.inf))
    free = _free_below(grid, network, surge)
    return SlotLimits(
        names=(SITE, *network.names),
        weights=np.vstack([np.ones((1, grid.n)), network.weights]),
        room_kw=np.maximum(
            0.0, np.vstack([grid.free_kw - kept, np.repeat(free[:, None], grid.steps, axis=1)])
        ),
        others_kw=others,
    )


def _surge_kw(grid: Grid) -> Floats:
    """What each session may draw beyond its standing cap if it disobeys."""
    return np.maximum(0.0, grid.worst_kw - grid.cap_kw)


def _free_below(grid: Grid, network: Network, surge: Floats) -> Floats:
    """What each circuit's row leaves above all standing caps, and above one that disobeys beside others."""
    free = network.limit - network.reserved - network.weights @ grid.cap_kw
    if not (grid.situation.headroom and len(network.names)):
        return free
    shared = (network.weights > 0).sum(axis=1) + network.beside > 1
    most = np.maximum((network.weights * surge).max(axis=1, initial=0.0), network.surge)
    return np.asarray(free - np.where(shared, most, 0.0))


def _site_headroom(grid: Grid, surge: Floats) -> tuple[Floats, Floats]:
    """What each slot keeps free of its sum, and what it leaves to the neighbors of each cell."""
    worst = np.zeros(grid.steps)
    np.maximum.at(worst, grid.cell_slot, surge[grid.cell_session])
    tight = grid.load_kw(grid.over_kw(grid.cell_max_kw)) > grid.free_kw - worst
    few: Flags = tight & (np.bincount(grid.cell_slot, minlength=grid.steps) <= FEW)
    kept = np.maximum(np.where(few, 0.0, worst), grid.situation.unplanned_reserve_kw)
    left = np.maximum(0.0, grid.free_kw[grid.cell_slot] - surge[grid.cell_session])
    return kept, np.where(few[grid.cell_slot], left, np.inf)


class SlotRoom:
    """What is left of the limits of one slot."""

    def __init__(self, left_kw: Floats, limits: SlotLimits, cap_kw: Floats) -> None:
        self._left, self._limits, self._cap_kw = left_kw, limits, cap_kw

    def of(self, session: int) -> float:
        """The most that a session's empty cell may have."""
        cap = float(self._cap_kw[session])
        spare = self._limits.spare_kw(session, self._left)
        return cap + max(0.0, spare) if cap else spare

    def take(self, session: int, power_kw: float) -> None:
        """Give it so much."""
        self._left -= self._limits.by_session[session] * max(0.0, power_kw - float(self._cap_kw[session]))

    def take_first(self, sessions: Ints, power_kw: Floats, load_kw: float) -> int:
        """Give the first of these their powers while limits and the load last; how many got them."""
        over = np.maximum(0.0, power_kw - self._cap_kw[sessions])
        weights = self._limits.by_session[sessions]
        taken = np.cumsum(weights * over[:, None], axis=0)
        counts = (weights > 0) & (over > 0)[:, None]
        beyond = np.any(counts & (taken > self._left + _HAIR_KW), axis=1)
        beyond |= np.cumsum(power_kw) > load_kw + _HAIR_KW
        many = int(beyond.argmax()) if np.any(beyond) else len(sessions)
        if many:
            self._left -= taken[many - 1]
        return many


class Room:
    """What is left of every limit while powers are set one by one."""

    def __init__(self, grid: Grid, limits: SlotLimits, power_kw: Floats) -> None:
        self._grid = grid
        self._limits = limits
        self.power_kw = power_kw.copy()
        self.load_kw = grid.load_kw(power_kw)
        self._over_kw = grid.over_kw(power_kw)
        self._taken = limits.weights @ grid.matrix(self._over_kw)
        self._watched: dict[int, list[int]] = {}
        for cell in np.flatnonzero(np.isfinite(limits.others_kw)):
            self._watched.setdefault(int(grid.cell_slot[cell]), []).append(int(cell))

    def allowed(self, session: int) -> Floats:
        """The most that each cell of a session may draw, the others staying as they are."""
        cells = slice(int(self._grid.cells_of[session]), int(self._grid.cells_of[session + 1]))
        slots = self._grid.cell_slot[cells]
        if not len(slots):
            return np.zeros(0)
        within = slice(int(slots[0]), int(slots[-1]) + 1)
        if len(self._taken) == 1:
            spare = self._limits.room_kw[0, within] - self._taken[0, within]
        else:
            rows, weights = self._limits.shares[session]
            left = self._limits.room_kw[rows, within] - self._taken[rows, within]
            spare = (left / weights[:, None]).min(axis=0)
        spare = spare + self._over_kw[cells]
        allowed: Floats = float(self._grid.cap_kw[session]) + np.maximum(0.0, spare)
        for place in np.flatnonzero([int(slot) in self._watched for slot in slots] if self._watched else []):
            cell = cells.start + int(place)
            allowed[place] = self.power_kw[cell] + self.of(cell)
        return allowed

    def spare_kw(self) -> Floats:
        """How much each session may rise in each slot above its cap (sessions x slots), neighbors aside."""
        left = self._limits.room_kw - self._taken
        spare = np.empty((len(self._limits.first_of_kind), left.shape[1]))
        for kind, session in enumerate(self._limits.first_of_kind.tolist()):
            rows, weights = self._limits.shares[session]
            spare[kind] = (left[rows] / weights[:, None]).min(axis=0)
        return np.asarray(np.maximum(0.0, spare)[self._limits.kinds])

    def spare_beside_kw(self, session: int, back_kw: Floats) -> Floats:
        """How much a session may rise in each slot if another one steps back so far (sessions x slots)."""
        rows, weights = self._limits.shares[session]
        left = self._limits.room_kw[rows] - self._taken[rows]
        freed = self._limits.by_session[self._limits.first_of_kind][:, rows, None] * back_kw
        return np.asarray(((left + freed) / weights[:, None]).min(axis=1)[self._limits.kinds])

    def of(self, cell: int) -> float:
        """How much a cell may rise; negative where a limit of its slot is broken already."""
        slot, session = int(self._grid.cell_slot[cell]), int(self._grid.cell_session[cell])
        spare = self._limits.spare_kw(session, self._limits.room_kw[:, slot] - self._taken[:, slot])
        for other in self._watched.get(slot, ()):
            if other != cell:
                beside = self._taken[0, slot] - self._over_kw[other]
                spare = min(spare, float(self._limits.others_kw[other] - beside))
        below = max(0.0, float(self._grid.cap_kw[session]) - float(self.power_kw[cell]))
        return below + max(0.0, spare) if below else spare

    def beside(self, slot: int) -> "SlotRoom | None":
        """The limits of a slot while its empty cells are filled in turn; None where neighbors are watched."""
        if slot in self._watched:
            return None
        left = self._limits.room_kw[:, slot] - self._taken[:, slot]
        return SlotRoom(left, self._limits, self._grid.cap_kw)

    def put_slot(self, cells: Ints, power_kw: Floats) -> bool:
        """Set empty cells of a slot together if every limit allows them; else False, and none is set."""
        if not len(cells):
            return True
        slot, who = int(self._grid.cell_slot[cells[0]]), self._grid.cell_session[cells]
        over = np.maximum(0.0, power_kw - self._grid.cap_kw[who])
        taken = self._taken[:, slot] + self._limits.weights[:, who] @ over
        if np.any(taken > self._limits.room_kw[:, slot] + _HAIR_KW):
            return False
        before = self._over_kw[cells]
        self._over_kw[cells] = over
        watched = self._watched.get(slot)
        if watched and np.any(taken[0] - self._over_kw[watched] > self._limits.others_kw[watched] + _HAIR_KW):
            self._over_kw[cells] = before
            return False
        self._taken[:, slot] = taken
        self.load_kw[slot] += float(power_kw.sum())
        self.power_kw[cells] = power_kw
        return True

    def fits(self, session: int, power_kw: Floats) -> bool:
        """Whether a session's whole power may be set beside what is set."""
        return bool(np.all(power_kw <= self.allowed(session) + _HAIR_KW))

    def put(self, cell: int, power_kw: float) -> None:
        """Set the power of a cell."""
        slot, session = int(self._grid.cell_slot[cell]), int(self._grid.cell_session[cell])
        over = max(0.0, power_kw - float(self._grid.cap_kw[session]))
        self.load_kw[slot] += power_kw - self.power_kw[cell]
        self._taken[:, slot] += self._limits.by_session[session] * (over - self._over_kw[cell])
        self.power_kw[cell], self._over_kw[cell] = power_kw, over

    def put_each(self, cells: Ints, power_kw: Floats) -> None:
        """Set the power of empty cells of one slot."""
        slot, who = int(self._grid.cell_slot[cells[0]]), self._grid.cell_session[cells]
        over = np.maximum(0.0, power_kw - self._grid.cap_kw[who])
        self._taken[:, slot] += self._limits.weights[:, who] @ over
        self._over_kw[cells] = over
        self.load_kw[slot] += float(power_kw.sum())
        self.power_kw[cells] = power_kw

    def put_session(self, session: int, power_kw: Floats) -> None:
        """Set the power of all cells of a session."""
        cells = slice(int(self._grid.cells_of[session]), int(self._grid.cells_of[session + 1]))
        if cells.start == cells.stop:
            return
        first = int(self._grid.cell_slot[cells.start])
        slots = slice(first, first + cells.stop - cells.start)
        over = np.maximum(0.0, power_kw - float(self._grid.cap_kw[session]))
        self.load_kw[slots] += power_kw - self.power_kw[cells]
        self._taken[:, slots] += self._limits.by_session[session][:, None] * (over - self._over_kw[cells])
        self.power_kw[cells], self._over_kw[cells] = power_kw, over

    def excess(self) -> Floats:
        """By how much each row is above its limit in each slot."""
        excess = np.maximum(0.0, self._taken - self._limits.room_kw)
        for slot, cells in self._watched.items():
            for cell in cells:
                beyond = self._taken[0, slot] - self._over_kw[cell] - self._limits.others_kw[cell]
                excess[0, slot] = max(excess[0, slot], float(beyond))
        return excess
