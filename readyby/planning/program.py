"""The linear program of a situation: columns, rows and money, without a solver.

Columns, in this order: power pieces (kW), shortfall of each session (kWh), what it gets beyond its need
(kWh, nothing but where setpoints are rounded), billed peaks (kW), what early-leave floors miss (kWh), import
beyond a solar surplus (kWh), what is missing at demand-response floors (kWh), and two worst shortfall
shares. A cell's power is cut into pieces where its cost or its use of limits changes: at its EVSE's standing
cap, which no limit counts again, and at the last plan's value.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import scipy.sparse as sp

from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.money import base_peaks_kw, event_floors
from readyby.planning.pieces import Pieces, lay_pieces
from readyby.planning.types import Floats, Ints, Matrix

MOST_SHARE = 1e6
"""No bound: a priority multiplies the share."""
Rows = tuple[Matrix, Floats]
"""`matrix @ v <= bounds`."""
_Block = tuple[Matrix, Floats, Ints]
"""The same, and what each row is about."""


class Kind(IntEnum):
    """What a row or column is about, and whom: a session, a demand charge, an event, or nobody."""

    SITE = 0
    BESIDE = 1
    PEAK = 2
    EARLY = 3
    SOLAR = 4
    EVENT = 5
    NEED = 6
    SHORT = 7
    EXCESS = 8
    SHARE = 9

    @property
    def is_of_session(self) -> bool:
        return self in (Kind.BESIDE, Kind.EARLY, Kind.NEED, Kind.SHORT, Kind.EXCESS)


NOBODY = -1


def _about(kind: Kind, who: Ints | int, slot: Ints | int) -> Ints:
    """Kind, whom and slot of rows or columns; `NOBODY` where there is none."""
    every = np.broadcast_arrays(np.int64(kind), np.atleast_1d(who), np.atleast_1d(slot))
    return np.stack(every, axis=1).astype(np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """Least `money @ v` with `rows @ v <= bounds`, `needs @ v == need_kwh`, `lower <= v <= upper`.

    `rows_about` and `columns_about` (columns after the pieces) tell kind, whom and slot of each.
    """

    rows: Matrix
    bounds: Floats
    needs: Matrix
    need_kwh: Floats
    pieces: Pieces
    sessions: int
    upper: Floats
    lower: Floats
    money: Floats
    constant_usd: float
    rows_about: Ints
    columns_about: Ints

    @property
    def columns(self) -> int:
        return len(self.upper)

    @property
    def short(self) -> slice:
        """The columns of shortfall."""
        first = len(self.pieces.cell)
        return slice(first, first + self.sessions)

    @property
    def excess(self) -> slice:
        """The columns of energy beyond the need."""
        return slice(self.short.stop, self.short.stop + self.sessions)

    @property
    def worst(self) -> int:
        """The column of the worst share of needs."""
        return self.columns - 2

    @property
    def fair(self) -> int:
        """The column of the worst share of what could have been avoided."""
        return self.columns - 1

    def power_kw(self, values: Floats, cells: int) -> Floats:
        """Power per cell of a solution."""
        pieces = self.pieces
        power = np.bincount(pieces.cell, weights=values[: len(pieces.cell)], minlength=cells)
        return power.astype(np.float64)


def lay_program(grid: Grid, limits: SlotLimits) -> Program:
    """The linear program of a grid within the site's limit; rows of circuits come when they are needed."""
    pieces = lay_pieces(grid)
    count, n, peaks = len(pieces.cell), grid.n, len(grid.peak_kw)
    floors = np.flatnonzero(grid.floor_kwh > 0)
    sunny = np.flatnonzero(grid.surplus_kwh > 0)
    asked = event_floors(grid)
    first = np.cumsum([0, count, 2 * n, peaks, len(floors), len(sunny), len(asked)])
    columns = int(first[-1]) + 2
    parts = [
        _site_rows(grid, pieces, limits, columns),
        _neighbor_rows(grid, pieces, limits, columns),
        _peak_rows(grid, pieces, columns, int(first[2])),
        _floor_rows(grid, pieces, floors, columns, int(first[3])),
        _surplus_rows(grid, pieces, sunny, columns, int(first[4])),
        _event_rows(pieces, asked, columns, int(first[5])),
    ]
    money, lower, upper = np.zeros(columns), np.zeros(columns), np.ones(columns)
    base = base_peaks_kw(grid)
    most_kwh = np.bincount(pieces.slot, weights=pieces.most_kw * pieces.hours, minlength=grid.steps)
    money[:count], upper[:count] = pieces.hours * pieces.usd_per_kwh, pieces.most_kw
    upper[first[1] : first[1] + n] = grid.need_kwh
    upper[first[1] + n : first[2]] = 0.0
    money[first[2] : first[3]], lower[first[2] : first[3]] = grid.peak_price, base
    upper[first[2] : first[3]] = np.maximum(base, ((most_kwh + grid.used_kwh) / grid.window_h).max())
    money[first[3] : first[4]] = grid.situation.floor_price_usd_per_kwh
    upper[first[3] : first[4]] = grid.floor_kwh[floors]
    export = grid.situation.export_usd_per_kwh
    money[first[4] : first[5]] = np.maximum(0.0, grid.price[sunny] - export)
    upper[first[4] : first[5]] = most_kwh[sunny]
    money[first[5] : first[6]] = [price for _, _, price in asked]
    upper[first[5] : first[6]] = [kwh for _, kwh, _ in asked]
    upper[first[6] :] = MOST_SHARE
    return Program(
        rows=sp.vstack([rows for rows, _, _ in parts], format="csr"),
        bounds=np.concatenate([bounds for _, bounds, _ in parts]),
        rows_about=np.concatenate([about for _, _, about in parts]),
        columns_about=_columns_about(n, peaks, floors, sunny, len(asked)),
        needs=matrix_of(
            np.concatenate([pieces.kwh_per_kw, np.ones(n), -np.ones(n)]),
            np.concatenate([pieces.session, np.arange(n), np.arange(n)]),
            np.arange(count + 2 * n),
            (n, columns),
        ),
        need_kwh=grid.need_kwh,
        pieces=pieces,
        sessions=n,
        upper=upper,
        lower=lower,
        money=money,
        constant_usd=_constant_usd(grid, base),
    )


def _columns_about(sessions: int, peaks: int, floors: Ints, sunny: Ints, asked: int) -> Ints:
    """What the columns after the pieces are about."""
    return np.concatenate(
        [
            _about(Kind.SHORT, np.arange(sessions), NOBODY),
            _about(Kind.EXCESS, np.arange(sessions), NOBODY),
            _about(Kind.PEAK, np.arange(peaks), NOBODY),
            _about(Kind.EARLY, floors, NOBODY),
            _about(Kind.SOLAR, NOBODY, sunny),
            _about(Kind.EVENT, np.arange(asked), NOBODY),
            _about(Kind.SHARE, np.arange(2), NOBODY),
        ]
    )


def _constant_usd(grid: Grid, base: Floats) -> float:
    constant = -float(grid.peak_price @ base)
    if grid.situation.change_usd_per_kwh > 0:
        known, previous = grid.previous_kw
        constant += grid.situation.change_usd_per_kwh * float((previous * grid.cell_h)[known].sum())
    return constant


def matrix_of(data: Floats, row: Ints, column: Ints, shape: tuple[int, int]) -> Matrix:
    """A sparse matrix of entries."""
    return sp.csr_matrix((data, (row, column)), shape=shape)


def _site_rows(grid: Grid, pieces: Pieces, limits: SlotLimits, columns: int) -> _Block:
    """What a slot draws above caps stays within the site's limit; slots that cannot reach it need no row."""
    over = np.flatnonzero(pieces.over)
    most = np.bincount(pieces.slot[over], weights=pieces.most_kw[over], minlength=grid.steps)
    crowded = np.flatnonzero(most > limits.sum_kw)
    sums = matrix_of(np.ones(len(over)), pieces.slot[over], over, (grid.steps, columns))
    return sums[crowded], limits.sum_kw[crowded], _about(Kind.SITE, NOBODY, crowded)


def _neighbor_rows(grid: Grid, pieces: Pieces, limits: SlotLimits, columns: int) -> _Block:
    """The neighbors of a cell leave room for it to disobey."""
    watched = np.flatnonzero(np.isfinite(limits.others_kw))
    by_slot: dict[int, list[int]] = {}
    for piece in np.flatnonzero(pieces.over & np.isfinite(limits.others_kw)[pieces.cell]):
        by_slot.setdefault(int(pieces.slot[piece]), []).append(int(piece))
    pairs = [
        (row, piece)
        for row, cell in enumerate(watched)
        for piece in by_slot.get(int(grid.cell_slot[cell]), ())
        if pieces.cell[piece] != cell
    ]
    flat = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    rows = matrix_of(np.ones(len(flat)), flat[:, 0], flat[:, 1], (len(watched), columns))
    about = _about(Kind.BESIDE, grid.cell_session[watched], grid.cell_slot[watched])
    return rows, limits.others_kw[watched], about


def _peak_rows(grid: Grid, pieces: Pieces, columns: int, first: int) -> _Block:
    """A demand window's mean stays within the billed peak; windows that cannot reach it need no row."""
    most = np.bincount(pieces.slot, weights=pieces.most_kw * pieces.hours, minlength=grid.steps)
    can = (most + grid.used_kwh) / grid.window_h
    blocks: list[Matrix] = [sp.csr_matrix((0, columns))]
    bounds: list[Floats] = [np.zeros(0)]
    about = [np.zeros((0, 3), dtype=np.int64)]
    energy = matrix_of(pieces.hours, pieces.slot, np.arange(len(pieces.cell)), (grid.steps, columns))
    for k in range(len(grid.peak_kw)):
        slots = np.flatnonzero(grid.peak_slots[k] & (can > grid.peak_kw[k]))
        column = np.full(len(slots), first + k)
        peak = matrix_of(grid.window_h[slots], np.arange(len(slots)), column, (len(slots), columns))
        blocks.append(energy[slots] - peak)
        bounds.append(-grid.used_kwh[slots])
        about.append(_about(Kind.PEAK, k, slots))
    return sp.vstack(blocks, format="csr"), np.concatenate(bounds), np.concatenate(about)


def _floor_rows(grid: Grid, pieces: Pieces, floors: Ints, columns: int, first: int) -> _Block:
    """By its instant a session has its early-leave floor, or what is missing is priced."""
    place = np.full(grid.n, -1, dtype=np.int64)
    place[floors] = np.arange(len(floors))
    early = np.flatnonzero((place[pieces.session] >= 0) & (pieces.slot < grid.floor_slot[pieces.session]))
    rows = matrix_of(
        np.concatenate([-pieces.kwh_per_kw[early], -np.ones(len(floors))]),
        np.concatenate([place[pieces.session[early]], np.arange(len(floors))]),
        np.concatenate([early, first + np.arange(len(floors))]),
        (len(floors), columns),
    )
    return rows, -grid.floor_kwh[floors], _about(Kind.EARLY, floors, NOBODY)


def _surplus_rows(grid: Grid, pieces: Pieces, sunny: Ints, columns: int, first: int) -> _Block:
    """What the planned sessions draw beyond a solar surplus is imported."""
    energy = matrix_of(pieces.hours, pieces.slot, np.arange(len(pieces.cell)), (grid.steps, columns))
    index = np.arange(len(sunny))
    bought = matrix_of(np.ones(len(sunny)), index, first + index, (len(sunny), columns))
    return energy[sunny] - bought, grid.surplus_kwh[sunny], _about(Kind.SOLAR, NOBODY, sunny)


def _event_rows(pieces: Pieces, asked: list[tuple[int, float, float]], columns: int, first: int) -> _Block:
    """Load that a demand-response floor asks for, or what is missing is priced."""
    blocks: list[Matrix] = [sp.csr_matrix((0, columns))]
    for index, (slot, _, _) in enumerate(asked):
        cells = pieces.of_slot(slot)
        data = -np.concatenate([pieces.hours[cells], [1.0]])
        column = np.concatenate([cells, [first + index]])
        blocks.append(matrix_of(data, np.zeros(len(column), dtype=np.int64), column, (1, columns)))
    slots = np.array([slot for slot, _, _ in asked], dtype=np.int64)
    about = _about(Kind.EVENT, np.arange(len(asked)), slots)
    return sp.vstack(blocks, format="csr"), -np.array([kwh for _, kwh, _ in asked]), about
