"""The core problem for any number of sessions, exactly: all cars are there, one limit, demand charges.

What a site draws over time decides its cost; which car draws it does not. The loads that sessions can
take together form a polymatroid, so for given peaks the cheapest load is greedy: fill the cheapest slots
as far as they can be filled. How far that is, least cuts tell (`cuts`). The cost as a function of the
peaks is convex and piecewise linear, so Kelley's cutting planes find its least value in a few steps, and
leave slot prices behind that prove it (`certificate`). The load is then shared out among the sessions.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog

from readyby.planning.cuts import Nested, cut_values, least_cuts
from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.linear import NoAnswer
from readyby.planning.money import base_peaks_kw
from readyby.planning.shortage import fit_needs
from readyby.planning.situation import EventKind
from readyby.planning.types import Flags, Floats

_EXACT = 1e-9
_ROUNDS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Prices:
    """Multipliers of limits and peaks, in dollars per kWh of each slot: what a kWh more would save."""

    limit_usd_per_kwh: Floats
    peak_usd_per_kwh: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Core:
    """The optimum of the core problem: energy per slot, and its prices."""

    load_kwh: Floats
    prices: Prices


@dataclass(frozen=True, kw_only=True, eq=False)
class _Problem:
    nested: Nested
    table: Floats
    total_kwh: float
    price: Floats
    limit_kwh: Floats
    window_h: Floats
    used_kwh: Floats
    peak_slots: Flags
    peak_price: Floats
    peak_kw: Floats
    sets: Flags
    steps_usd: Floats

    def room_kwh(self, peaks_kw: Floats) -> tuple[Floats, Floats]:
        """What each slot may carry under its limit and the peaks, and which peak holds it (-1: its limit)."""
        room, holder = self.limit_kwh.copy(), np.full(len(self.limit_kwh), -1)
        for k, peak in enumerate(peaks_kw):
            allowed = np.maximum(0.0, peak * self.window_h - self.used_kwh)
            tighter = self.peak_slots[k] & (allowed < room)
            room, holder = np.where(tighter, allowed, room), np.where(tighter, k, holder)
        return room, holder


@dataclass(frozen=True, kw_only=True, eq=False)
class _Plane:
    """A supporting plane of the cost over the peaks, with the slot prices that make it."""

    at_kw: Floats
    energy_usd: float
    slope: Floats
    room_kwh: float
    room_slope: Floats
    extra: Floats
    tight: Flags
    holder: Floats


def is_nested(grid: Grid, limits: SlotLimits) -> bool:
    """Whether a situation is of this kind: all cars there from now, whole slots, no caps, pairs or floors."""
    return bool(
        len(grid.cell_slot)
        and np.all(np.diff(grid.cells_of) > 0)
        and np.all(grid.cell_slot[grid.cells_of[:-1]] == 0)
        and np.all(np.abs(grid.cell_h - grid.slot_h[grid.cell_slot]) <= 1e-9)
        and not np.any(grid.cap_kw > 0)
        and not np.any(np.isfinite(limits.others_kw))
        and not np.any(grid.floor_kwh > 0)
        and not np.any(grid.surplus_kwh > 0)
        and np.all(grid.max_kw > 0)
        and not _has_features(grid)
    )


def _has_features(grid: Grid) -> bool:
    situation = grid.situation
    return bool(
        situation.circuits
        or situation.ramp_kw is not None
        or situation.change_usd_per_kwh > 0
        or any(event.kind is EventKind.FLOOR for event in situation.events)
        or any(stay.taper or stay.priority != 1.0 for stay in grid.stays)
    )


def solve_nested(grid: Grid, limits: SlotLimits) -> tuple[Core, Nested]:
    """The optimum of a nested core problem, and its sessions; shortages are shared by least worst share."""
    nested = sessions_of(grid)
    table = nested.table()
    limit_kwh = limits.sum_kw * grid.slot_h
    nested, table = fit_needs(nested, table, limit_kwh, grid.need_kwh / grid.situation.draw_ratio)
    problem = _problem(grid, nested, table, limit_kwh)
    peaks, planes, weights = _least_cost(problem)
    load = _cheapest_load(problem, peaks)
    return Core(load_kwh=load, prices=_prices(problem, planes, weights)), nested


def sessions_of(grid: Grid) -> Nested:
    """The sessions, with what each could have at most if it were alone."""
    leaves = np.bincount(grid.cell_session, minlength=grid.n)
    ratio = grid.situation.draw_ratio
    need = np.minimum(grid.need_kwh, grid.reachable_kwh) / ratio
    return Nested(leaves=leaves, need_kwh=need, rate_kw=grid.max_kw, slot_h=grid.slot_h)


def _problem(grid: Grid, nested: Nested, table: Floats, limit_kwh: Floats) -> _Problem:
    levels = np.unique(grid.price)
    return _Problem(
        nested=nested,
        table=table,
        total_kwh=float(nested.need_kwh.sum()),
        price=grid.price,
        limit_kwh=limit_kwh,
        window_h=grid.window_h,
        used_kwh=grid.used_kwh,
        peak_slots=grid.peak_slots,
        peak_price=grid.peak_price,
        peak_kw=base_peaks_kw(grid),
        sets=grid.price[None, :] <= levels[:, None],
        steps_usd=np.diff(levels),
    )


def _plane(problem: _Problem, peaks_kw: Floats) -> _Plane:
    """Cost of energy at given peaks, `sum_j (c_j - c_j+1) v_j + c_J E`, and how it changes with them."""
    room, holder = problem.room_kwh(peaks_kw)
    cuts = least_cuts(problem.table, room, problem.sets)
    slopes = (
        np.stack(
            [(cuts.at_limit & (holder == k)) @ problem.window_h for k in range(len(problem.peak_kw))],
            axis=1,
        )
        if len(problem.peak_kw)
        else np.zeros((len(cuts.value_kwh), 0))
    )
    steps = problem.steps_usd
    top = float(problem.price.max())
    return _Plane(
        at_kw=peaks_kw,
        energy_usd=top * problem.total_kwh - float(steps @ cuts.value_kwh[:-1]),
        slope=-(steps @ slopes[:-1]),
        room_kwh=float(cuts.value_kwh[-1]),
        room_slope=slopes[-1],
        extra=steps @ cuts.at_limit[:-1],
        tight=cuts.at_limit[-1],
        holder=holder,
    )


def _least_cost(problem: _Problem) -> tuple[Floats, list[_Plane], Floats]:
    """Kelley's method over the peaks: where they are best, the planes met, and their weights in the proof."""
    count = len(problem.peak_kw)
    if not count:
        return np.zeros(0), [_plane(problem, np.zeros(0))], np.array([1.0, 0.0])
    planes: list[_Plane] = []
    peaks = problem.peak_kw.copy()
    weights = np.zeros(0)
    for _ in range(_ROUNDS):
        plane = _plane(problem, peaks)
        planes.append(plane)
        lacking = problem.total_kwh - plane.room_kwh
        master_peaks, master_usd, weights = _master(problem, planes)
        cost = plane.energy_usd + float(problem.peak_price @ (peaks - problem.peak_kw))
        if lacking <= _EXACT * max(1.0, problem.total_kwh) and cost <= master_usd + _EXACT * max(
            1.0, abs(cost)
        ):
            return peaks, planes, weights
        if np.allclose(master_peaks, peaks, rtol=0, atol=1e-12):
            return peaks, planes, weights
        peaks = master_peaks
    return peaks, planes, weights


def _master(problem: _Problem, planes: list[_Plane]) -> tuple[Floats, float, Floats]:
    """Least of the planes' maximum where all energy fits: peaks, its value, and the planes' multipliers."""
    count = len(problem.peak_kw)
    if count == 1:
        return _master_of_one(problem, planes)
    cost_rows = [[*plane.slope, -1.0] for plane in planes]
    cost_bounds = [float(plane.slope @ plane.at_kw) - plane.energy_usd for plane in planes]
    room_rows = [[*(-plane.room_slope), 0.0] for plane in planes]
    room_bounds = [
        plane.room_kwh - float(plane.room_slope @ plane.at_kw) - problem.total_kwh for plane in planes
    ]
    lowest = float(problem.price.min()) * problem.total_kwh
    result: Any = linprog(
        [*problem.peak_price, 1.0],
        A_ub=cost_rows + room_rows,
        b_ub=cost_bounds + room_bounds,
        bounds=[(float(low), None) for low in problem.peak_kw] + [(lowest, None)],
        method="highs",
    )
    if result.x is None or result.fun is None:
        raise NoAnswer(str(result.message))
    value = float(result.fun) - float(problem.peak_price @ problem.peak_kw)
    return np.maximum(result.x[:count], problem.peak_kw), value, -result.ineqlin.marginals


def _master_of_one(problem: _Problem, planes: list[_Plane]) -> tuple[Floats, float, Floats]:
    """The same for one peak, where lines meet: no solver needed."""
    at = np.array([plane.at_kw[0] for plane in planes])
    slope = np.array([plane.slope[0] for plane in planes]) + problem.peak_price[0]
    cost = np.array([plane.energy_usd for plane in planes]) + problem.peak_price[0] * (
        at - problem.peak_kw[0]
    )
    widen = np.array([plane.room_slope[0] for plane in planes])
    lacking = problem.total_kwh - np.array([plane.room_kwh for plane in planes])
    roots = np.where(widen > 0, at + lacking / np.where(widen > 0, widen, 1.0), -np.inf)
    root = int(np.argmax(roots))
    low = max(float(problem.peak_kw[0]), float(roots[root]))
    weights = np.zeros(2 * len(planes))
    down, up = np.flatnonzero(slope < 0), np.flatnonzero(slope >= 0)
    here = cost + slope * (low - at)
    steepest = int(np.argmax(here - _EXACT * (slope < 0)))
    if not len(down) or here[down].max() <= here[up].max(initial=-np.inf):
        weights[steepest] = 1.0
        if roots[root] > problem.peak_kw[0]:
            weights[len(planes) + root] = max(0.0, slope[steepest]) / widen[root]
        return np.array([low]), float(here.max()), weights
    if not len(up):
        ends = (
            problem.limit_kwh.max() / problem.window_h.min() + problem.used_kwh.max() / problem.window_h.min()
        )
        weights[steepest] = 1.0
        return np.array([max(low, float(ends))]), -np.inf, weights
    base = cost - slope * at
    meet = (base[up][None, :] - base[down][:, None]) / (slope[down][:, None] - slope[up][None, :])
    value = base[down][:, None] + slope[down][:, None] * meet
    best = np.unravel_index(int(np.argmax(np.where(meet >= low, value, -np.inf))), value.shape)
    left, right = down[best[0]], up[best[1]]
    weights[left] = slope[right] / (slope[right] - slope[left])
    weights[right] = 1.0 - weights[left]
    return np.array([float(meet[best])]), float(value[best]), weights


def _prices(problem: _Problem, planes: list[_Plane], weights: Floats) -> Prices:
    """Slot prices of limits and peaks, from the planes that prove the optimum."""
    steps = len(problem.price)
    limit, peak = np.zeros(steps), np.zeros((len(problem.peak_kw), steps))
    for index, plane in enumerate(planes):
        usd = weights[index] * plane.extra + weights[len(planes) + index] * plane.tight
        limit += np.where(plane.holder < 0, usd, 0.0)
        for k in range(len(peak)):
            peak[k] += np.where(plane.holder == k, usd, 0.0)
    return Prices(limit_usd_per_kwh=limit, peak_usd_per_kwh=peak)


def _cheapest_load(problem: _Problem, peaks_kw: Floats) -> Floats:
    """The load at given peaks: cheapest slots first and, at one price, earlier ones first (greedy)."""
    room, _ = problem.room_kwh(peaks_kw)
    steps = len(room)
    order = np.lexsort((np.arange(steps), problem.price))
    sets = np.zeros((steps, steps), dtype=bool)
    sets[:, order] = np.tri(steps, dtype=bool)
    filled = cut_values(problem.table, room, sets)
    load = np.empty(steps)
    load[order] = np.diff(filled, prepend=0.0)
    return np.clip(load, 0.0, room)
