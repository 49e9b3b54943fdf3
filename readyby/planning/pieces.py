"""A cell's power in pieces: columns of the linear program, each with one price and one use of limits."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.types import Flags, Floats, Ints

PARTS = 3
"""The most pieces of a cell."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pieces:
    """The columns of power, by cell: the cell of each, from where on, its most, its dollars per kWh.

    `over` tells whether it is above the standing cap; `part` counts the pieces of a cell, also those that
    are nothing and have no column.
    """

    cell: Ints
    from_kw: Floats
    most_kw: Floats
    usd_per_kwh: Floats
    over: Flags
    session: Ints
    slot: Ints
    hours: Floats
    kwh_per_kw: Floats
    part: Ints

    @cached_property
    def first_of(self) -> list[int]:
        """The first column of each cell, and where those of the last end."""
        cells = int(self.cell[-1]) + 1 if len(self.cell) else 0
        return [int(place) for place in np.searchsorted(self.cell, np.arange(cells + 1))]

    @cached_property
    def _by_slot(self) -> list[Ints]:
        order = np.argsort(self.slot, kind="stable")
        steps = int(self.slot.max(initial=-1)) + 1
        return np.split(order, np.searchsorted(self.slot[order], np.arange(1, steps + 1)))

    @cached_property
    def _over_by_slot(self) -> list[Ints]:
        return [columns[self.over[columns]] for columns in self._by_slot]

    def of_slot(self, slot: int) -> Ints:
        """The columns of a slot."""
        return self._by_slot[slot] if 0 <= slot < len(self._by_slot) else np.zeros(0, dtype=np.int64)

    def over_of_slot(self, slot: int) -> Ints:
        """Those of them above the standing cap."""
        return self._over_by_slot[slot] if 0 <= slot < len(self._by_slot) else np.zeros(0, dtype=np.int64)


def lay_pieces(grid: Grid) -> Pieces:
    """Cut every cell's power where its price or its use of limits changes."""
    most = grid.cell_max_kw
    cap = np.minimum(grid.cell_cap_kw, most)
    rate = grid.situation.change_usd_per_kwh
    known, previous = grid.previous_kw if rate > 0 else (np.zeros(len(most), dtype=bool), np.zeros(len(most)))
    previous = np.where(known, previous, cap)
    cuts = np.column_stack([np.zeros(len(most)), np.minimum(cap, previous), np.maximum(cap, previous), most])
    width = np.diff(cuts, axis=1)
    cell, part = np.nonzero(width > 1e-12)
    low, high = cuts[cell, part], cuts[cell, part + 1]
    slot = grid.cell_slot[cell]
    leave = np.where(known[cell], np.where(high <= previous[cell] + 1e-12, -rate, rate), 0.0)
    price = np.where(grid.surplus_kwh > 0, grid.situation.export_usd_per_kwh, grid.price)
    early = grid.situation.early_usd_per_kwh_h * grid.age_h
    return (
        Pieces(
            cell=cell.astype(np.int64),
            from_kw=low,
            most_kw=width[cell, part],
            usd_per_kwh=(price + early)[slot] + leave,
            over=low >= cap[cell] - 1e-12,
            session=grid.cell_session[cell],
            slot=slot,
            hours=grid.cell_h[cell],
            kwh_per_kw=grid.cell_kwh_per_kw[cell],
            part=part.astype(np.int64),
        )
        if len(cell)
        else _no_pieces()
    )


def _no_pieces() -> Pieces:
    none, index = np.zeros(0), np.zeros(0, dtype=np.int64)
    return Pieces(
        cell=index,
        from_kw=none,
        most_kw=none,
        usd_per_kwh=none,
        over=none > 0,
        session=index,
        slot=index,
        hours=none,
        kwh_per_kw=none,
        part=index,
    )
