"""The envelope (I-1): what EVSEs might draw, if everything that may be in force were in force at its worst.

A command that was sent may be lost, late, or applied unseen; an EVSE may reboot to its standing cap, and
one may stop obeying. Counted here, for every instant from now on, is

    sum of W_e(t)  +  max over e of (max_kw_e - W_e(t))

where W_e(t) is the highest of: the standing cap, and every power sequence that may be in force at e; and
max_kw for an EVSE that is not trusted (it disobeys, or is not heard of). The second term is room for the
largest single EVSE that may disobey from now on. An increase is sent only while this stays within the limit.

So a sequence below the standing cap frees nothing in the envelope: a plan keeps the limit when its
sequences, each raised to its EVSE's standing cap, do.

EVSEs step through their sequences by their own clocks, `lag` apart at most. Sequences are therefore sent
`eased`: each later rise starts `lag` after the plan's. Whatever fits the limit as planned then also fits
it as carried out: lagged(eased(s))(t) <= s(t - lag).

Pure: values in, values out. Powers in kW; instants in whole microseconds since 1970 UTC (`_us`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from readyby.interval import EPOCH
from readyby.model import Step

TOLERANCE_KW = 1e-6
_MICROSECOND = timedelta(microseconds=1)


def us(instant: datetime) -> int:
    """Whole microseconds since the epoch."""
    return (instant - EPOCH) // _MICROSECOND


def instant(instant_us: int) -> datetime:
    """The instant that so many microseconds since the epoch are."""
    return EPOCH + timedelta(microseconds=instant_us)


def span_us(span: timedelta) -> int:
    """A span in whole microseconds."""
    return span // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Schedule:
    """A ceiling over all time: `limits_kw[i]` from `starts_us[i]` on.

    The first also holds before its start, the last for ever.
    """

    starts_us: tuple[int, ...]
    limits_kw: tuple[float, ...]

    def at(self, at_us: int) -> float:
        """The ceiling at an instant, in kW."""
        return self.limits_kw[max(0, bisect_right(self.starts_us, at_us) - 1)]

    def highest_in(self, start_us: int, end_us: int) -> float:
        """The highest ceiling within [start, end], in kW."""
        first = max(0, bisect_right(self.starts_us, start_us) - 1)
        return max(self.limits_kw[first : max(first + 1, bisect_right(self.starts_us, end_us))])

    def next_edge_us(self, now_us: int) -> int | None:
        """When the ceiling changes next after an instant; None: never."""
        after = bisect_right(self.starts_us, now_us)
        return self.starts_us[after] if after < len(self.starts_us) else None

    def since(self, now_us: int) -> "Schedule":
        """The same from now on, its past forgotten."""
        first = max(0, bisect_right(self.starts_us, now_us) - 1)
        return Schedule(self.starts_us[first:], self.limits_kw[first:]) if first else self

    def floored(self, quantum_kw: float) -> "Schedule":
        """Each ceiling rounded down to what the EVSE can be told; 0 means any value."""
        if quantum_kw <= 0:
            return self
        return merged(
            zip(self.starts_us, (_floor(limit, quantum_kw) for limit in self.limits_kw), strict=True)
        )


def _floor(limit_kw: float, quantum_kw: float) -> float:
    return int(limit_kw / quantum_kw + 1e-6) * quantum_kw


def constant(limit_kw: float) -> Schedule:
    """The same ceiling always."""
    return Schedule((0,), (limit_kw,))


def schedule(steps: Iterable[Step], expires_at: datetime, after_kw: float) -> Schedule:
    """A power sequence as a ceiling: its steps until the lease ends, `after_kw` from then on (I-6)."""
    end_us = us(expires_at)
    within = [(us(step.start_at), step.limit_kw) for step in steps if us(step.start_at) < end_us]
    return merged([*within, (end_us, after_kw)])


def merged(points: Iterable[tuple[int, float]]) -> Schedule:
    """A ceiling from points in order of time; equal neighbours become one."""
    starts: list[int] = []
    limits: list[float] = []
    for start, limit in points:
        if not limits or limits[-1] != limit:
            starts.append(start)
            limits.append(limit)
    return Schedule(tuple(starts), tuple(limits))


def until(ceiling: Schedule, end_us: int, after_kw: float) -> Schedule:
    """The same before an instant, and `after_kw` from then on."""
    before = [point for point in zip(ceiling.starts_us, ceiling.limits_kw, strict=True) if point[0] < end_us]
    return merged([*before, (end_us, after_kw)])


def highest(*ceilings: Schedule) -> Schedule:
    """At each instant the highest of all."""
    starts = sorted({start for ceiling in ceilings for start in ceiling.starts_us})
    return merged((start, max(ceiling.at(start) for ceiling in ceilings)) for start in starts)


def lowest(*ceilings: Schedule) -> Schedule:
    """At each instant the lowest of all."""
    starts = sorted({start for ceiling in ceilings for start in ceiling.starts_us})
    return merged((start, min(ceiling.at(start) for ceiling in ceilings)) for start in starts)


@lru_cache(maxsize=8192)
def lagged(ceiling: Schedule, lag_us: int) -> Schedule:
    """The most that may be in force when steps are taken up to `lag` late: the highest of the last `lag`."""
    return _swept(ceiling, lag_us, rising=True)


@lru_cache(maxsize=8192)
def eased(ceiling: Schedule, lag_us: int) -> Schedule:
    """Later rises start `lag` late, falls stay where they are: the lowest of the last `lag`."""
    return _swept(ceiling, lag_us, rising=False)


def _swept(ceiling: Schedule, lag_us: int, *, rising: bool) -> Schedule:
    if lag_us <= 0 or len(ceiling.starts_us) == 1:
        return ceiling
    pick = max if rising else min
    starts, limits = ceiling.starts_us, ceiling.limits_kw
    points = sorted({*starts, *(start + lag_us for start in starts[1:])})
    swept = []
    for point in points:
        first = max(0, bisect_right(starts, point - lag_us) - 1)
        swept.append((point, pick(limits[first : max(first + 1, bisect_right(starts, point))])))
    return merged(swept)


def same(one: Schedule, other: Schedule, now_us: int, until_us: int | None = None) -> bool:
    """Whether two ceilings agree from now on, or until an instant (not included)."""
    edges = {now_us, *one.since(now_us).starts_us, *other.since(now_us).starts_us}
    return all(
        one.at(edge) == other.at(edge)
        for edge in edges
        if edge >= now_us and (until_us is None or edge < until_us)
    )


def raises(wanted: Schedule, worst: Schedule, now_us: int) -> bool:
    """Whether `wanted` is above `worst` at any instant from now on."""
    edges = {now_us, *wanted.since(now_us).starts_us, *worst.since(now_us).starts_us}
    return any(wanted.at(edge) > worst.at(edge) + TOLERANCE_KW for edge in edges if edge >= now_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One EVSE with everything that may be in force there (C_e).

    `floor_kw` is its standing cap; an EVSE that is not `trusted` counts at `max_kw`.
    """

    evse_id: str
    max_kw: float
    floor_kw: float
    possible: tuple[Schedule, ...] = ()
    trusted: bool = True

    def worst(self, lag_us: int) -> Schedule:
        """W_e: the most that it may draw, over all time."""
        if not self.trusted:
            return constant(self.max_kw)
        return _worst(self.floor_kw, self.possible, lag_us)


@lru_cache(maxsize=8192)
def _worst(floor_kw: float, possible: tuple[Schedule, ...], lag_us: int) -> Schedule:
    return highest(constant(floor_kw), *(lagged(each, lag_us) for each in possible))


class Envelope:
    """The worst case of a site from `now` on (up to `until`), and which increases still fit its limit.

    `spare`: whether room is kept for the largest single EVSE that may disobey. From `same_until_us` on it
    may be another one by time alone; None: never.
    """

    def __init__(
        self,
        exposures: Sequence[Exposure],
        *,
        now_us: int,
        lag_us: int,
        until_us: int | None = None,
        spare: bool = True,
        wanted: Iterable[Schedule] = (),
    ) -> None:
        worst = [exposure.worst(lag_us) for exposure in exposures]
        ceilings = {*worst, *(lagged(each, lag_us) for each in wanted)}
        later = sorted({edge for ceiling in ceilings for edge in ceiling.starts_us if edge > now_us})
        seen = len(later) if until_us is None else bisect_left(later, until_us)
        passing = [*later[:1], *(edge - (until_us or 0) + now_us for edge in later[seen : seen + 1])]
        self.same_until_us = min(passing, default=None)
        self._lag_us = lag_us
        self._spare = spare
        self._grid = np.array([now_us, *later[:seen]], dtype=np.int64)
        self._row: Mapping[str, int] = {exposure.evse_id: row for row, exposure in enumerate(exposures)}
        self._max_kw = np.array([exposure.max_kw for exposure in exposures])[:, np.newaxis]
        rows = {ceiling: _on(ceiling, self._grid) for ceiling in set(worst)}
        self._worst_kw = np.array([rows[ceiling] for ceiling in worst]).reshape(len(worst), len(self._grid))
        self._total_kw = self._worst_kw.sum(axis=0)
        self._slackest, self._slack_kw = self._slack(slice(None))

    def peak_kw(self) -> float:
        """The highest total at any instant from now on, room for one disobedient EVSE included."""
        return float((self._total_kw + self._slack_kw).max()) if len(self._worst_kw) else 0.0

    def admit(self, evse_id: str, wanted: Schedule, limit_kw: float) -> bool:
        """Count `wanted` as possible at an EVSE if all still fits the limit; else change nothing."""
        row = self._row[evse_id]
        held_kw = self._worst_kw[row].copy()
        raised_kw = np.maximum(held_kw, _on(lagged(wanted, self._lag_us), self._grid))
        before = self._total_kw, self._slackest, self._slack_kw
        self._worst_kw[row] = raised_kw
        self._total_kw = self._total_kw + (raised_kw - held_kw)
        self._narrow(row)
        if self.peak_kw() <= limit_kw + TOLERANCE_KW:
            return True
        self._worst_kw[row] = held_kw
        self._total_kw, self._slackest, self._slack_kw = before
        return False

    def _narrow(self, row: int) -> None:
        """Find anew who may disobey worst, at the instants at which it was the EVSE that was raised."""
        at = np.flatnonzero(self._slackest == row)
        if self._spare and len(at):
            self._slackest, self._slack_kw = self._slackest.copy(), self._slack_kw.copy()
            self._slackest[at], self._slack_kw[at] = self._slack(at)

    def _slack(
        self, at: slice | npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Whose maximum lies farthest above its worst case, and by how much, at instants of the grid."""
        slack_kw = self._max_kw - self._worst_kw[:, at]
        if not self._spare or not len(slack_kw):
            return np.full(slack_kw.shape[1], -1), np.zeros(slack_kw.shape[1])
        slackest = slack_kw.argmax(axis=0)
        return slackest, np.maximum(slack_kw[slackest, np.arange(slack_kw.shape[1])], 0.0)


def _on(ceiling: Schedule, grid: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    starts = np.array(ceiling.starts_us, dtype=np.int64)
    pieces = np.maximum(np.searchsorted(starts, grid, side="right") - 1, 0)
    return np.take(np.array(ceiling.limits_kw, dtype=np.float64), pieces)


def peak_kw(
    exposures: Sequence[Exposure], *, now: datetime, lag: timedelta = timedelta(0), spare: bool = True
) -> float:
    """The highest worst case of a site from `now` on, in kW: a plan is safe where this fits the limit."""
    return Envelope(exposures, now_us=us(now), lag_us=span_us(lag), spare=spare).peak_kw()
