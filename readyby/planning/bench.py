"""How fast the planner is: the rows of `readyby bench plan`, on the sites of `samples`.

Wall time is what a user waits for, and says much of what else the machine does just then; processor time says
more of the planner, and is what rows are compared by.
"""

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from scipy.optimize import linprog

from readyby.planning.executable import make_executable
from readyby.planning.grid import Grid, lay_grid
from readyby.planning.limits import slot_limits
from readyby.planning.money import objective_usd
from readyby.planning.optimize import Ideal, optimize
from readyby.planning.program import lay_program
from readyby.planning.samples import SEED, all_features, binding_share, core_situation
from readyby.planning.situation import Situation
from readyby.planning.start import AnyStart
from readyby.planning.types import Floats
from readyby.tariff import GridTariff

T = TypeVar("T")
SIZES = (100, 500, 1_000, 10_000)
ALL_FEATURES = 100
"""Up to this many sessions are measured with all features: the program grows with circuits and tapers."""
RECHECK = 1_000
"""Up to this many sessions the bound is held against the monolithic linear program."""
DRAWS = 5
"""Sites of one size over which the gap of executable plans is averaged, where all features are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; `warm` is after one changed request, from where the last plan was found.

    `seconds_p50` are of wall time, `cpu_seconds` of processor time. `gap` is ideal to our bound,
    `executable_gap` what EVSEs can follow to the same bound, the mean of so many `draws`. By processor time,
    `reading` is laying the situation out, part of cold and warm; `whole` all from situation to setpoints, the
    mean of the draws; `ratio` cold to monolithic, `to_core` whole to the core problem's whole.
    """

    features: str
    sessions: int
    steps: int
    seconds_p50: float
    warm_seconds_p50: float
    lower_bound: float
    gap: float
    executable_gap: float
    executable_seconds: float
    peak_mb: float
    binding_share: float
    monolithic_seconds: float | None
    monolithic_cpu_seconds: float | None
    monolithic_gap: float | None
    ratio: float | None
    cpu_seconds: float
    warm_cpu_seconds: float
    reading_cpu_seconds: float
    executable_cpu_seconds: float
    whole_cpu_seconds: float
    draws: int
    to_core: float | None = None


def bench_plan(
    sessions_csv: Path, tariff: GridTariff, *, sizes: Sequence[int] = SIZES, repeats: int = 7
) -> Iterator[Row]:
    """Measure each size, core first, then with all features (up to `ALL_FEATURES` sessions)."""
    for size in sizes:
        whole = size <= ALL_FEATURES
        seeds = range(SEED, SEED + (DRAWS if whole else 1))
        sites = [core_situation(sessions_csv, tariff, size, seed=seed) for seed in seeds]
        times = repeats if size <= RECHECK else max(1, repeats // 2)
        core = _over_draws("core", sites, repeats=times)
        yield core
        if whole:
            row = _over_draws("all", [all_features(site) for site in sites], repeats=times)
            yield replace(row, to_core=row.whole_cpu_seconds / core.whole_cpu_seconds)


def _over_draws(features: str, sites: Sequence[Situation], *, repeats: int) -> Row:
    row = measure(features, sites[0], repeats=repeats)
    gaps, wholes = [row.executable_gap], [row.whole_cpu_seconds]
    for site in sites[1:]:
        whole = _Watch()
        for _ in range(repeats):
            grid, ideal, power = whole.time(partial(_make, site))
        gaps.append(_gap_of(grid, ideal, power))
        wholes.append(whole.least_cpu)
    return replace(
        row,
        executable_gap=statistics.mean(gaps),
        whole_cpu_seconds=statistics.mean(wholes),
        draws=len(gaps),
    )


def measure(features: str, asked: Situation, *, repeats: int) -> Row:
    """Plan a situation cold, make it executable, and plan it after one changed request, in turn."""
    grid, ideal = _plan(asked)
    first, start = asked.sessions[0], ideal.start()
    changed = replace(asked, sessions=(replace(first, need_kwh=first.need_kwh * 0.8), *asked.sessions[1:]))
    cold, warm, made, read = _Watch(), _Watch(), _Watch(), _Watch()
    for _ in range(repeats):
        read.time(lambda: slot_limits(lay_grid(changed)))
        grid, ideal = cold.time(lambda: _plan(asked))
        power = made.time(partial(make_executable, grid, slot_limits(grid), ideal))
        warm.time(lambda: _plan(changed, start))
    whole, proof = _Watch(), None
    if features == "core" and len(asked.sessions) <= RECHECK:
        for _ in range(max(1, repeats // 2)):
            same = whole.time(partial(_monolithic_usd, grid))
        proof = (objective_usd(grid, ideal.power_kw) - same) / max(1e-9, abs(same))
    return Row(
        features=features,
        sessions=len(asked.sessions),
        steps=grid.steps,
        seconds_p50=cold.p50,
        warm_seconds_p50=warm.p50,
        lower_bound=ideal.lower_bound_usd,
        gap=ideal.gap,
        executable_gap=_gap_of(grid, ideal, power),
        executable_seconds=made.p50,
        peak_mb=_peak_mb(asked),
        binding_share=binding_share(grid, ideal, float(grid.limit_kw[0])),
        monolithic_seconds=whole.p50 if proof is not None else None,
        monolithic_gap=proof,
        monolithic_cpu_seconds=whole.least_cpu if proof is not None else None,
        ratio=cold.least_cpu / whole.least_cpu if proof is not None else None,
        cpu_seconds=cold.least_cpu,
        warm_cpu_seconds=warm.least_cpu,
        reading_cpu_seconds=read.least_cpu,
        executable_cpu_seconds=made.least_cpu,
        whole_cpu_seconds=cold.least_cpu + made.least_cpu,
        draws=1,
    )


def _plan(asked: Situation, start: AnyStart | None = None) -> tuple[Grid, Ideal]:
    grid = lay_grid(asked)
    return grid, optimize(grid, slot_limits(grid), start)


def _make(asked: Situation) -> tuple[Grid, Ideal, Floats]:
    grid, ideal = _plan(asked)
    return grid, ideal, make_executable(grid, slot_limits(grid), ideal)


def _gap_of(grid: Grid, ideal: Ideal, power_kw: Floats) -> float:
    bound = ideal.lower_bound_usd
    return (objective_usd(grid, power_kw) - bound) / max(1e-9, abs(bound))


def _monolithic_usd(grid: Grid) -> float:
    """The optimum of the core problem by one linear program, of a library that knows nothing of ours."""
    program = lay_program(grid, slot_limits(grid))
    upper = program.upper.copy()
    upper[program.short] = grid.unavoidable_kwh
    result: Any = linprog(
        program.money,
        A_ub=program.rows,
        b_ub=program.bounds,
        A_eq=program.needs,
        b_eq=program.need_kwh,
        bounds=list(zip(program.lower.tolist(), upper.tolist(), strict=True)),
        method="highs",
    )
    return float(result.fun) + program.constant_usd


class _Watch:
    """Times of an act that is done again and again."""

    def __init__(self) -> None:
        self._wall: list[float] = []
        self._cpu: list[float] = []

    def time(self, act: Callable[[], T]) -> T:
        wall, cpu = time.perf_counter(), time.process_time()
        result = act()
        self._wall.append(time.perf_counter() - wall)
        self._cpu.append(time.process_time() - cpu)
        return result

    @property
    def p50(self) -> float:
        return statistics.median(self._wall)

    @property
    def least_cpu(self) -> float:
        return min(self._cpu)


def _peak_mb(asked: Situation) -> float:
    """The most that Python and numpy hold at once while planning."""
    tracemalloc.start()
    _plan(asked)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


_COLUMNS: dict[str, Callable[[Row], str]] = {
    "features": lambda row: row.features,
    "sessions": lambda row: f"{row.sessions:,}",
    "steps": lambda row: f"{row.steps}",
    "cold ms": lambda row: _ms(row.seconds_p50),
    "cold CPU ms": lambda row: _ms(row.cpu_seconds),
    "reading CPU ms": lambda row: _ms(row.reading_cpu_seconds),
    "warm CPU ms": lambda row: _ms(row.warm_cpu_seconds),
    "monolithic CPU ms": lambda row: _ms(row.monolithic_cpu_seconds),
    "ratio": lambda row: "-" if row.ratio is None else f"{row.ratio:.2f}",
    "gap": lambda row: f"{row.gap:.0e}",
    "rechecked": lambda row: "-" if row.monolithic_gap is None else f"{row.monolithic_gap:.0e}",
    "executable ms": lambda row: _ms(row.executable_seconds),
    "executable CPU ms": lambda row: _ms(row.executable_cpu_seconds),
    "whole CPU ms": lambda row: _ms(row.whole_cpu_seconds),
    "executable gap": lambda row: f"{row.executable_gap:.2%}",
    "draws": lambda row: f"{row.draws}",
    "to core": lambda row: "-" if row.to_core is None else f"{row.to_core:.1f}",
    "peak MB": lambda row: f"{row.peak_mb:.0f}",
    "slots at limit": lambda row: f"{row.binding_share:.0%}",
}


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1e3:.{int(seconds < 0.01)}f}"


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table for the docs."""
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    lines += [f"| {' | '.join(tell(row) for tell in _COLUMNS.values())} |" for row in rows]
    return "\n".join(lines)
