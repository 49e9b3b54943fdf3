"""What an EVSE can be told: nothing, or a power between its least and its most, in its steps, in few runs."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.types import Flags, Floats

QUANTUM_KW = 0.001
ENOUGH_KWH = 1e-4
_ARITHMETIC = 1e-6
_ANY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """The setpoints of one EVSE. `levels` are its steps, empty where it has none; runs and times in slots."""

    least_kw: float
    most_kw: float
    levels: tuple[float, ...] = ()
    most_runs: int = _ANY
    on_slots: int = 1
    off_slots: int = 1

    @property
    def has_rules(self) -> bool:
        """Whether its runs are restricted."""
        return self.most_runs < _ANY or self.on_slots > 1 or self.off_slots > 1

    def floor(self, power_kw: float) -> float:
        """The greatest setpoint that is not above a power."""
        if self.levels:
            return max((level for level in self.levels if level <= power_kw + _ARITHMETIC), default=0.0)
        floored = round(math.floor(power_kw / QUANTUM_KW + _ARITHMETIC) * QUANTUM_KW, 6)
        return floored if floored >= self.least_kw - _ARITHMETIC and floored > 0 else 0.0

    def ceil(self, power_kw: float) -> float:
        """The least setpoint above 0 that is not below a power."""
        if self.levels:
            above = [level for level in self.levels if level >= power_kw - _ARITHMETIC and level > 0]
            return min(above, default=max(self.levels))
        return max(self.least_kw, round(math.ceil(power_kw / QUANTUM_KW - _ARITHMETIC) * QUANTUM_KW, 6))

    def floors(self, power_kw: Floats) -> Floats:
        """`floor` of an array."""
        if self.levels:
            steps = np.array([0.0, *self.levels])
            steps.sort()
            below = np.searchsorted(steps, power_kw + _ARITHMETIC, side="right") - 1
            return np.asarray(steps[np.maximum(below, 0)])
        floored = np.round(np.floor(power_kw / QUANTUM_KW + _ARITHMETIC) * QUANTUM_KW, 6)
        return np.where(floored >= max(self.least_kw - _ARITHMETIC, 1e-9), floored, 0.0)

    def may_start(self, power_kw: Floats, place: int) -> bool:
        """Whether a cell may run beside what runs: within the runs and times that the EVSE allows."""
        if power_kw[place] > 0:
            return True
        runs = power_kw > 0
        runs[place] = True
        return self.allows(runs)

    def allows(self, on: Flags) -> bool:
        """Whether these cells may run: not in too many runs, each run and gap long enough."""
        return len(runs_of(on)) <= self.most_runs and self.times_hold(on)

    def times_hold(self, on: Flags) -> bool:
        """Whether runs and the gaps between them are long enough; a run at either end may go on."""
        runs = runs_of(on)
        long = all(end - start >= self.on_slots or end == len(on) for start, end in runs)
        gaps = all(b[0] - a[1] >= self.off_slots for a, b in pairwise(runs))
        return long and gaps


def pilots_of(grid: Grid) -> list[Pilot]:
    """The setpoints of every session's EVSE."""
    slot_min = grid.situation.step.total_seconds() / 60
    return [
        Pilot(
            least_kw=float(grid.min_kw[i]),
            most_kw=float(grid.max_kw[i]),
            levels=tuple(
                sorted(level for level in stay.levels_kw if 0 < level <= grid.max_kw[i] + _ARITHMETIC)
            ),
            most_runs=_ANY if stay.max_pauses is None else stay.max_pauses + 1,
            on_slots=max(1, math.ceil(stay.min_on_min / slot_min - _ARITHMETIC)),
            off_slots=max(1, math.ceil(stay.min_off_min / slot_min - _ARITHMETIC)),
        )
        for i, stay in enumerate(grid.stays)
    ]


def runs_of(on: Flags) -> list[tuple[int, int]]:
    """Stretches of true values as [start, end)."""
    between = np.zeros(len(on) + 2, dtype=bool)
    between[1:-1] = on
    edges = (between[1:] != between[:-1]).nonzero()[0].tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def fill_runs(pilot: Pilot, top_kw: Floats, kwh_per_kw: Floats, need_kwh: float) -> Floats:
    """Power under `top_kw` that gives the need in few runs: the first that suffices, or the largest first."""
    top = pilot.floors(np.minimum(top_kw, pilot.most_kw))
    power = np.zeros(len(top))
    gains = top * kwh_per_kw
    total = np.concatenate([[0.0], np.cumsum(gains)])
    runs = [run for run in runs_of(top > 0) if run[1] - run[0] >= pilot.on_slots]
    taken = 0
    while need_kwh > ENOUGH_KWH and runs and taken < pilot.most_runs:
        sizes = [total[end] - total[start] for start, end in runs]
        index = next((i for i, size in enumerate(sizes) if size >= need_kwh), int(np.argmax(sizes)))
        start, end = runs.pop(index)
        need_kwh = _fill_one(pilot, power, (top, kwh_per_kw), (start, end), need_kwh)
        runs = [run for run in runs if run[0] - end >= pilot.off_slots or start - run[1] >= pilot.off_slots]
        taken += 1
    return power


def _fill_one(
    pilot: Pilot, power: Floats, given: tuple[Floats, Floats], run: tuple[int, int], need_kwh: float
) -> float:
    """Fill a run from its start on; what is still needed after it."""
    top, kwh_per_kw = given
    for place in range(*run):
        if need_kwh <= ENOUGH_KWH and place - run[0] >= pilot.on_slots:
            break
        wanted = pilot.ceil(max(0.0, need_kwh) / float(kwh_per_kw[place]))
        power[place] = min(float(top[place]), wanted)
        need_kwh -= float(power[place] * kwh_per_kw[place])
    return need_kwh
