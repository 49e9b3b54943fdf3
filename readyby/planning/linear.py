"""The ordered objective as linear programs, solved exactly by HiGHS, with a bound that we compute ourselves.

First the least worst shortfall share (I-10; weighted by priority), then the least total shortfall, then the
least worst share of what could have been avoided at that total, then money. Where nobody has to share a
shortage, which is the rule, the first three are known without solving: each session misses what no plan
could give it, no more.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.program import Program, Rows, lay_program
from readyby.planning.rows import TOLERANCE, Key, broken, lay_rows
from readyby.planning.solver import Answer, Basis, NoAnswer, Solver
from readyby.planning.start import Start, basis_of, keys_of, leave_off
from readyby.planning.types import Floats

__all__ = ["NoAnswer", "Solution", "solve_linear"]

ROUNDS = 30
"""How often rows are added before the answer is taken as it is, and checked."""
_SCALE = 1000.0
"""Money is handed over in thousandths of a dollar, so that the tie-break stands out of the tolerance."""
_SLACKS = (3e-7, 3e-6, 3e-5)
"""What a settled objective may give way, for the arithmetic of the next; the first that suffices."""
_LEAST_NEED_KWH = 1e-3
"""Shares are of this much at least: a solver takes smaller figures for nothing."""
_NO_BOUND = 1e9
MISSED_USD_PER_KWH = 300.0
"""Dearer than any price of energy or peak: where setpoints are rounded, a promise is not sold for money."""
EXCESS_USD_PER_KWH = 1.0
"""Keeps rounding from giving more than a need, also where prices are negative."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """Power per cell, the objective and our lower bound on it in dollars, and what binds at which price."""

    power_kw: Floats
    objective_usd: float
    lower_bound_usd: float
    scarce: bool
    site_usd_per_kwh: Floats
    keys: tuple[Key, ...]
    key_usd: Floats
    key_rows: tuple[int, ...]
    search: "Search"
    basis: Callable[[], Basis]

    def start(self, grid: Grid) -> Start | None:
        """Where the next plan may begin; None where a lack was shared, which each plan settles anew."""
        if self.scarce:
            return None
        return leave_off(
            grid, self.search.program, dict(zip(self.keys, self.key_rows, strict=True)), self.basis()
        )


def solve_linear(grid: Grid, limits: SlotLimits, start: Start | None = None) -> Solution:
    """The optimum, rows of circuits, tapers and ramp added as they are broken.

    It is looked for from `start`, where the last plan was found, if there is one.

    Raises:
        NoAnswer: HiGHS found no optimum within its iterations.
    """
    search = Search(grid, limits, start)
    program = search.program
    power, answer = search.optimum()
    ended = search.solver.left_off()
    duals = answer.duals / _SCALE
    return Solution(
        power_kw=np.where(power < 1e-7, 0.0, power),
        objective_usd=float(program.money @ answer.values) + program.constant_usd,
        lower_bound_usd=_lower_bound(program, search.solver, answer.upper, duals) + program.constant_usd,
        scarce=search.scarce,
        site_usd_per_kwh=_site_prices(grid, limits, program, duals),
        keys=tuple(search.rows_of_keys),
        key_rows=tuple(search.rows_of_keys.values()),
        key_usd=duals[np.array(list(search.rows_of_keys.values()), dtype=np.int64)],
        search=search,
        basis=ended,
    )


class Search:
    """The ordered objective over one program in a warm solver; rows come as plans break them."""

    def __init__(self, grid: Grid, limits: SlotLimits, start: Start | None = None) -> None:
        self.program = program = lay_program(grid, limits)
        self.solver = Solver(program)
        self.scarce = False
        self.rows_of_keys: dict[Key, int] = {}
        self._grid, self._limits, self._program = grid, limits, program
        self._unavoidable = grid.unavoidable_kwh
        self._priority = np.array([stay.priority for stay in grid.stays])
        self._total_row = -1
        self._money = _rounding_money(program)
        self.most_short_kwh = self._unavoidable
        """What each session may miss, by the first three objectives."""
        if start is not None:
            self._begin(start)

    def _begin(self, start: Start) -> None:
        keys = keys_of(start, self._grid, self._limits)
        self._add(keys)
        self.solver.begin(basis_of(start, self._grid, self._program, keys))

    def _add(self, keys: list[Key]) -> None:
        program = self._program
        first = self.solver.add(lay_rows(self._grid, self._limits, program.pieces, keys, program.columns))
        self.rows_of_keys |= {key: first + number for number, key in enumerate(keys)}

    def within_rows(self, solve: Callable[[], Answer]) -> tuple[Floats, Answer]:
        """Power per cell of an answer, asked for again until it breaks no row."""
        grid, program = self._grid, self._program
        for _ in range(ROUNDS):
            answer = solve()
            power = np.clip(program.power_kw(answer.values, len(grid.cell_slot)), 0.0, grid.cell_max_kw)
            found = broken(grid, self._limits, power)
            more = sorted(found.keys() - self.rows_of_keys.keys())
            if not any(found[key] > TOLERANCE for key in more):
                break
            self._add(more)
        return power, answer

    def between(self, low_kw: Floats, high_kw: Floats, *, short_slack_kwh: float = np.inf) -> Floats:
        """The cheapest power per cell between bounds; what it misses is dear, a slot's pilot too much is not.

        No session misses more than the ideal plan lets it, and the slack.

        Raises:
            NoAnswer: the bounds leave nothing, or not within the iterations.
        """
        program, pieces = self._program, self._program.pieces
        count = len(pieces.cell)
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[:count] = np.clip(low_kw[pieces.cell] - pieces.from_kw, 0.0, pieces.most_kw)
        upper[:count] = np.clip(high_kw[pieces.cell] - pieces.from_kw, 0.0, pieces.most_kw)
        upper[program.excess] = np.inf
        upper[program.short] = np.minimum(program.need_kwh, self.most_short_kwh + short_slack_kwh)
        may_fail = bool(np.isfinite(short_slack_kwh))
        if self._total_row >= 0:
            self.solver.bound(self._total_row, _NO_BOUND)
        return self.within_rows(lambda: self.solver.least(self._money, lower, upper, may_fail=may_fail))[0]

    def optimum(self) -> tuple[Floats, Answer]:
        """Least money at the least shortfall, with the power per cell; each objective within all rows.

        Raises:
            NoAnswer: no optimum within the iterations.
        """
        if not self.scarce:
            try:
                return self.within_rows(lambda: self._least(self._money, self._unavoidable, may_fail=True))
            except NoAnswer:
                self.scarce = True
                self._total_row = self.solver.add(_share_rows(self._program, self._of_kwh, self._unavoidable))
        for slack in _SLACKS:
            try:
                self.most_short_kwh = self._least_shortfall(slack)
                return self.within_rows(lambda: self._least_money(self.most_short_kwh))
            except NoAnswer as error:
                refused = error
        raise refused

    @property
    def _of_kwh(self) -> Floats:
        return np.asarray(np.maximum(_LEAST_NEED_KWH, self._program.need_kwh) / self._priority)

    def _least_money(self, most_kwh: Floats) -> Answer:
        return self._least(self._program.money * _SCALE, most_kwh)

    def _least(self, money: Floats, most_kwh: Floats, *, may_fail: bool = False) -> Answer:
        upper = self._program.upper.copy()
        upper[self._program.short] = most_kwh
        return self.solver.least(money, self._program.lower, upper, may_fail=may_fail)

    def _least_within(self, money: Floats, most_kwh: Floats) -> Floats:
        return self.within_rows(lambda: self._least(money, most_kwh))[1].values

    def _least_shortfall(self, slack: float) -> Floats:
        """Bounds on shortfall by the first three objectives: per session, and on the total."""
        program, unavoidable = self._program, self._unavoidable
        need = program.need_kwh
        self.solver.bound(self._total_row, _NO_BOUND)
        share = float(self._least_within(_unit(program, program.worst), need)[program.worst])
        most = np.minimum(need, self._of_kwh * (share + slack) + slack)
        total = np.zeros(program.columns)
        total[program.short] = 1.0
        least = float(total @ self._least_within(total, most))
        self.solver.bound(self._total_row, least * (1 + slack) + slack)
        fair = float(self._least_within(_unit(program, program.fair), most)[program.fair])
        avoidable = np.maximum(0.0, need - unavoidable)
        return np.minimum(most, unavoidable + avoidable * (fair + slack) + slack)


def _rounding_money(program: Program) -> Floats:
    """Money with what rounding pays for a need that is missed or passed.

    Where nobody shares a shortage the ideal plan may use it too: there nothing passes a need, and what is
    missed is known. So the solver's basis is good for both.
    """
    money: Floats = program.money * _SCALE
    money[program.short] = MISSED_USD_PER_KWH * _SCALE
    money[program.excess] = EXCESS_USD_PER_KWH * _SCALE
    return money


def _unit(program: Program, column: int) -> Floats:
    money = np.zeros(program.columns)
    money[column] = 1.0
    return money


def _share_rows(program: Program, of_kwh: Floats, unavoidable_kwh: Floats) -> Rows:
    """First the total shortfall, then for every session both of its shares."""
    n = program.sessions
    index = np.arange(n)
    short = program.short.start + index
    avoidable = np.maximum(0.0, program.need_kwh - unavoidable_kwh)
    data = np.concatenate([np.ones(n), np.ones(n), -of_kwh, np.ones(n), -avoidable])
    rows = np.concatenate([np.zeros(n, dtype=np.int64), 1 + index, 1 + index, 1 + n + index, 1 + n + index])
    columns = [short, short, np.full(n, program.worst), short, np.full(n, program.fair)]
    matrix = sp.csr_matrix((data, (rows, np.concatenate(columns))), shape=(2 * n + 1, program.columns))
    return matrix, np.concatenate([[_NO_BOUND], np.zeros(n), unavoidable_kwh])


def _lower_bound(program: Program, solver: Solver, upper: Floats, duals: Floats) -> float:
    """What no solution can be below, from the row prices alone (Lagrangian duality).

    With rows priced instead of enforced, each session fills its cheapest pieces until its need is met, and
    every other column goes to its better end. Holds for any prices >= 0, so it does not trust the solver.
    """
    reduced = program.money + solver.matrix.T @ duals
    bound = -float(duals @ solver.bounds)
    used = np.asarray(program.needs.tocsc().indptr)
    own = np.flatnonzero(np.diff(used) > 0)
    other = np.setdiff1d(np.arange(program.columns), own)
    bound += float(np.minimum(reduced[other] * program.lower[other], reduced[other] * upper[other]).sum())
    return bound + _cheapest_fill(program, reduced, upper)


def _cheapest_fill(program: Program, reduced: Floats, upper: Floats) -> float:
    """The sum over sessions of the least reduced cost that meets the need: a greedy fill, all at once."""
    pieces = program.pieces
    count, n = len(pieces.cell), program.sessions
    session = np.concatenate([pieces.session, np.arange(n)])
    per_unit = np.concatenate([pieces.kwh_per_kw, np.ones(n)])
    energy = per_unit * upper[: count + n]
    rate = reduced[: count + n] / per_unit
    order = np.lexsort((rate, session))
    energy, rate, session = energy[order], rate[order], session[order]
    total = np.cumsum(energy)
    first = np.searchsorted(session, np.arange(n))
    before = total - energy - (total - energy)[first][session]
    taken = np.clip(program.need_kwh[session] - before, 0.0, energy)
    return float(taken @ rate)


def _site_prices(grid: Grid, limits: SlotLimits, base: Program, duals: Floats) -> Floats:
    """What a kWh more of the site's limit would save, by slot."""
    pieces = base.pieces
    most = np.bincount(pieces.slot[pieces.over], weights=pieces.most_kw[pieces.over], minlength=grid.steps)
    crowded = np.flatnonzero(most > limits.sum_kw)
    prices = np.zeros(grid.steps)
    prices[crowded] = duals[: len(crowded)] / grid.slot_h[crowded]
    return prices
