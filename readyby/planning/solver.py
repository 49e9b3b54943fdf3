"""HiGHS, kept warm: one program whose rows grow and whose objective changes, each answer from the last basis.

One thread, a fixed seed, and a budget of iterations instead of seconds: the same calls give the same answers,
bit for bit, on any machine and under any load.
"""

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
import scipy.sparse as sp

from readyby.planning.program import Program, Rows
from readyby.planning.types import Floats, Ints

WARM_ITERATIONS = 5_000
"""From a warm basis, which may stall: then it starts anew, without."""
ITERATIONS = 100_000
"""Budget of one linear program in simplex iterations."""
_OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "presolve": "off",
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "solver": "simplex",
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
_DUAL, _PRIMAL = 1, 4
"""Other bounds or rows leave a basis dual feasible, other prices leave it primal feasible."""

_OPTIMAL = highspy.HighsModelStatus.kOptimal
AT_LOWER, BASIC, AT_UPPER = 0, 1, 2
_STATUSES = sorted(highspy.HighsBasisStatus.__members__.values(), key=int)


class NoAnswer(Exception):  # noqa: N818 - an outcome of the solver, caught inside the planner
    """The solver gave no optimum; the message says what it said."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """An optimum: values of columns, and prices >= 0 of the rows `matrix @ v <= bounds`."""

    values: Floats
    duals: Floats
    upper: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Basis:
    """Which columns and rows are basic, and at which bound the others are, in the solver's order."""

    columns: Ints
    rows: Ints


class Solver:
    """A program in HiGHS: its equalities first, then rows of the form `matrix @ v <= bounds`."""

    def __init__(self, program: Program) -> None:
        self._columns = program.columns
        self._equalities = len(program.need_kwh)
        self.iterations = 0
        self.matrix = program.rows
        self.bounds = program.bounds
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(_model(program))
        self._money: Floats | None = None
        self._lower, self._upper = program.lower, program.upper
        self._index = np.arange(self._columns, dtype=np.int32)

    def add(self, rows: Rows) -> int:
        """Add rows; the number of the first."""
        matrix, bounds = rows
        first = len(self.bounds)
        self._highs.addRows(
            len(bounds),
            np.full(len(bounds), -highspy.kHighsInf),
            bounds.astype(np.float64),
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data.astype(np.float64),
        )
        self.matrix = sp.vstack([self.matrix, matrix], format="csr")
        self.bounds = np.concatenate([self.bounds, bounds])
        return first

    def begin(self, basis: Basis) -> None:
        """Begin from a basis that may be of another program: what does not fit is put right."""
        start = highspy.HighsBasis()
        start.col_status = [_STATUSES[status] for status in basis.columns.tolist()]
        start.row_status = [_STATUSES[status] for status in basis.rows.tolist()]
        start.alien, start.valid = True, True
        self._highs.setBasis(start)

    def left_off(self) -> Callable[[], Basis]:
        """How to tell the basis of now, also later."""
        ended = self._highs.getBasis()
        return lambda: Basis(
            columns=np.array(list(map(int, ended.col_status)), dtype=np.int64),
            rows=np.array(list(map(int, ended.row_status)), dtype=np.int64),
        )

    def bound(self, row: int, most: float) -> None:
        """Give a row another bound."""
        self.bounds[row] = most
        self._highs.changeRowBounds(self._equalities + row, -highspy.kHighsInf, most)

    def least(self, money: Floats, lower: Floats, upper: Floats, *, may_fail: bool = False) -> Answer:
        """The least `money @ v`; unless it `may_fail`, no for an answer is asked again from a fresh start.

        Raises:
            NoAnswer: no optimum within the iterations.
        """
        highs = self._highs
        same = self._money is not None and np.array_equal(money, self._money)
        repriced = self._money is not None and not same
        if not same:
            self._money = money.copy()
            highs.changeColsCost(self._columns, self._index, money)
        self._between(lower, upper)
        status = self._run(_PRIMAL, WARM_ITERATIONS) if repriced else self._run(_DUAL, WARM_ITERATIONS)
        if status != _OPTIMAL and not (may_fail and status == highspy.HighsModelStatus.kInfeasible):
            highs.clearSolver()
            status = self._run(_DUAL, ITERATIONS)
        if status != _OPTIMAL:
            raise NoAnswer(highs.modelStatusToString(status))
        solution = highs.getSolution()
        values = np.array(solution.col_value, dtype=np.float64)
        if not np.all(np.isfinite(values)):
            raise NoAnswer("values that are not finite")
        duals = np.maximum(0.0, -np.array(solution.row_dual, dtype=np.float64)[self._equalities :])
        return Answer(values=values, duals=duals, upper=upper)

    def _between(self, lower: Floats, upper: Floats) -> None:
        """Give columns their bounds; only those that have others now."""
        moved = np.flatnonzero((lower != self._lower) | (upper != self._upper)).astype(np.int32)
        self._highs.changeColsBounds(len(moved), moved, lower[moved], upper[moved])
        self._lower, self._upper = lower.copy(), upper.copy()

    def _run(self, strategy: int, iterations: int) -> highspy.HighsModelStatus:
        self._highs.setOptionValue("simplex_strategy", strategy)
        self._highs.setOptionValue("simplex_iteration_limit", iterations)
        self._highs.run()
        self.iterations += max(0, self._highs.getInfo().simplex_iteration_count)
        return self._highs.getModelStatus()


def _model(program: Program) -> highspy.HighsLp:
    matrix = sp.vstack([program.needs, program.rows], format="csc")
    made = highspy.HighsLp()
    made.num_col_, made.num_row_ = program.columns, len(program.need_kwh) + len(program.bounds)
    made.col_cost_ = np.zeros(program.columns)
    made.col_lower_, made.col_upper_ = program.lower, program.upper
    made.row_lower_ = np.concatenate([program.need_kwh, np.full(len(program.bounds), -highspy.kHighsInf)])
    made.row_upper_ = np.concatenate([program.need_kwh, program.bounds])
    made.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    made.a_matrix_.start_ = matrix.indptr
    made.a_matrix_.index_ = matrix.indices
    made.a_matrix_.value_ = matrix.data
    return made
