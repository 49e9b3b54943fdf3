"""How much energy a set of slots can take: least cuts, by dynamic programming, when all cars are there.

Sessions that are all there now differ only in when they leave, so their windows are nested. What slots S
can take from them is the least cut of a flow network (max-flow min-cut),

    v(S) = min over R in S of  sum_i min(e_i, r_i H(R before D_i))  +  sum_{t in S, not in R} u_t,

with need e_i (kWh), rate r_i (kW), departure D_i, H the hours of slots, and u_t (kWh) what slot t may
carry. The first sum depends on R only through how many slots of it come before each departure (the first
slot, which is partial, is told apart), so the minimum is found in one pass over the slots. The number of
sessions enters only the table of these sums.
"""

from dataclasses import dataclass

import numpy as np

from readyby.planning.types import Flags, Floats, Ints


@dataclass(frozen=True, kw_only=True, eq=False)
class Nested:
    """Sessions that are all there now: `leaves[i]` is the number of slots before session i departs."""

    leaves: Ints
    need_kwh: Floats
    rate_kw: Floats
    slot_h: Floats

    @property
    def steps(self) -> int:
        return len(self.slot_h)

    def table(self, need_kwh: Floats | None = None) -> Floats:
        """Sums of `min(e_i, r_i (z h_0 + k h))` by departure, z in {0, 1}, k whole slots."""
        need = self.need_kwh if need_kwh is None else need_kwh
        steps = self.steps
        table = np.zeros((steps, 2, steps))
        whole = float(self.slot_h[1]) if steps > 1 else 0.0
        order = np.argsort(self.leaves, kind="stable")
        edges = np.searchsorted(self.leaves[order], np.arange(1, steps + 2))
        for slot in range(steps):
            who = order[edges[slot] : edges[slot + 1]]
            if len(who):
                hours = self.slot_h[0] * np.arange(2)[:, None] + whole * np.arange(slot + 1)
                table[slot, :, : slot + 1] = _capped_sums(need[who], self.rate_kw[who], hours)
        return table


def _capped_sums(need: Floats, rate: Floats, hours: Floats) -> Floats:
    """`sum_i min(need_i, rate_i * hours)` for every entry of `hours`, by one sort."""
    full_h = need / rate
    order = np.argsort(full_h, kind="stable")
    done = np.concatenate([[0.0], np.cumsum(need[order])])
    slope = np.concatenate([np.cumsum(rate[order][::-1])[::-1], [0.0]])
    place = np.searchsorted(full_h[order], hours)
    return done[place] + slope[place] * hours


@dataclass(frozen=True, kw_only=True, eq=False)
class Cuts:
    """Least cuts of several slot sets: their values, and which slots of each are cut at their own limit."""

    value_kwh: Floats
    at_limit: Flags


def least_cuts(table: Floats, limit_kwh: Floats, sets: Flags) -> Cuts:
    """The least cut of every row of `sets` (sets x slots)."""
    count, steps = sets.shape
    cost = np.full((count, 2, steps + 1), np.inf)
    cost[:, 0, 0] = np.where(sets[:, 0], limit_kwh[0], 0.0)
    cost[:, 1, 0] = np.where(sets[:, 0], 0.0, np.inf)
    cost[:, :, :1] += table[0, :, :1]
    taken = np.zeros((steps, count, 2, steps + 1), dtype=bool)
    for slot in range(1, steps):
        within = sets[:, slot, None, None]
        leave = cost[:, :, : slot + 1] + np.where(within, limit_kwh[slot], 0.0)
        take = np.where(within, cost[:, :, :slot], np.inf)
        better = take < leave[:, :, 1:]
        taken[slot, :, :, 1 : slot + 1] = better
        leave[:, :, 1:] = np.where(better, take, leave[:, :, 1:])
        cost[:, :, : slot + 1] = leave + table[slot, :, : slot + 1]
    return Cuts(value_kwh=cost.reshape(count, -1).min(axis=1), at_limit=_trace(cost, taken, sets))


def _trace(cost: Floats, taken: Flags, sets: Flags) -> Flags:
    """The slots of each set that its least cut leaves to their own limit."""
    count, steps = sets.shape
    best = cost.reshape(count, -1).argmin(axis=1)
    first, number = best // (steps + 1), best % (steps + 1)
    rows = np.arange(count)
    at_limit = sets.copy()
    for slot in range(steps - 1, 0, -1):
        inside = taken[slot, rows, first, number]
        at_limit[inside, slot] = False
        number = number - inside
    at_limit[first == 1, 0] = False
    return at_limit


def cut_values(table: Floats, limit_kwh: Floats, sets: Flags) -> Floats:
    """The values alone, as `least_cuts`, of sets each of which holds the one before."""
    count, steps = sets.shape
    begins = np.where(sets.any(axis=0), sets.argmax(axis=0), count)
    cost = np.full((count, 2, steps + 1), np.inf)
    cost[:, 0, 0] = np.where(sets[:, 0], limit_kwh[0], 0.0)
    cost[:, 1, 0] = np.where(sets[:, 0], 0.0, np.inf)
    cost[:, :, 0] += table[0, :, 0]
    for slot in range(1, steps):
        within = cost[int(begins[slot]) :]
        leave = within[:, :, 1 : slot + 1] + limit_kwh[slot]
        np.minimum(leave, within[:, :, :slot], out=leave)
        within[:, :, 0] += limit_kwh[slot]
        within[:, :, 1 : slot + 1] = leave
        cost[:, :, : slot + 1] += table[slot, :, : slot + 1]
    return np.asarray(cost.reshape(count, -1).min(axis=1), dtype=np.float64)
