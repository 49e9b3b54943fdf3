"""Step functions of time over slots: their mean, least and greatest value in each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readyby.planning.situation import Series
from readyby.planning.types import Floats, Ints


def mean_of(series: Series, edges: Floats) -> Floats:
    """The time-weighted mean of each slot; nothing is zero."""
    length, value, slot = _pieces(series, edges)
    total = np.bincount(slot, weights=length * value, minlength=len(edges) - 1)
    mean: Floats = total / np.diff(edges)
    return mean


def lowest_of(series: Series, edges: Floats) -> Floats:
    """The least value within each slot."""
    _, value, slot = _pieces(series, edges)
    lowest = np.full(len(edges) - 1, np.inf)
    np.minimum.at(lowest, slot, value)
    return lowest


def highest_of(series: Series, edges: Floats) -> Floats:
    """The greatest value within each slot; nothing is zero."""
    return -lowest_of(tuple((at, -value) for at, value in series), edges)


def _pieces(series: Series, edges: Floats) -> tuple[Floats, Floats, Ints]:
    """Spans on which both slots and series are constant: length, value, slot."""
    at, values = np.array([-np.inf]), np.array([0.0])
    if series:
        ordered = sorted(series)
        at = np.array([instant.timestamp() for instant, _ in ordered])
        at[0] = -np.inf
        values = np.array([value for _, value in ordered])
    inner = at[(at > edges[0]) & (at < edges[-1])]
    cuts = np.union1d(edges, inner)
    slot = np.searchsorted(edges, cuts[:-1], side="right") - 1
    value = values[np.searchsorted(at, cuts[:-1], side="right") - 1]
    return np.diff(cuts), value, slot.astype(np.int64)


def value_at(series: Series, instants: Floats) -> Floats:
    """The values in force at instants (seconds since the epoch); nothing is zero."""
    if not series:
        return np.zeros(len(instants))
    ordered = sorted(series)
    at = np.array([instant.timestamp() for instant, _ in ordered])
    places = np.maximum(np.searchsorted(at, instants + 1e-6, side="right") - 1, 0)
    return np.array([value for _, value in ordered])[places]


@dataclass(frozen=True, kw_only=True, eq=False)
class ManySeries:
    """Several series, none of them empty, one after the other: instants (seconds since the epoch), values.

    `begins` is where each begins.
    """

    at: Floats
    value: Floats
    begins: Ints

    def values_at(self, instants: Floats) -> Floats:
        """As `value_at`: series x instants."""
        passed = np.add.reduceat(self.at[:, None] <= instants + 1e-6, self.begins, axis=0, dtype=np.int64)
        values: Floats = self.value[self.begins[:, None] + np.maximum(passed - 1, 0)]
        return values

    def means(self, edges: Floats) -> Floats:
        """As `mean_of`: series x slots."""
        count, steps = len(self.begins), len(edges) - 1
        owner = np.repeat(np.arange(count), np.diff(self.begins, append=len(self.at)))
        first = self.at.copy()
        first[self.begins] = -np.inf
        passed = np.add.reduceat(first <= edges[0], self.begins, dtype=np.int64)
        inner = np.flatnonzero((first > edges[0]) & (first < edges[-1]))
        time = np.concatenate([np.tile(edges, count), self.at[inner]])
        who = np.concatenate([np.repeat(np.arange(count), len(edges)), owner[inner]])
        place = np.full(len(time), -1)
        place[: count * len(edges) : len(edges)] = self.begins + passed - 1
        place[count * len(edges) :] = inner
        order = np.lexsort((time, who))
        time, who, place = time[order], who[order], np.maximum.accumulate(place[order])
        length = np.where(who[1:] == who[:-1], np.diff(time), 0.0)
        slot = np.minimum(np.searchsorted(edges, time[:-1], side="right") - 1, steps - 1)
        energy = np.bincount(
            who[:-1] * steps + slot, weights=length * self.value[place[:-1]], minlength=count * steps
        )
        means: Floats = energy.reshape(count, steps) / np.diff(edges)
        return means


def many_series(series: Sequence[Series]) -> ManySeries:
    """Series that are not empty, together."""
    ordered = [point for one in series for point in sorted(one)]
    return ManySeries(
        at=np.array([instant.timestamp() for instant, _ in ordered]),
        value=np.array([value for _, value in ordered]),
        begins=np.cumsum([0, *(len(one) for one in series[:-1])]),
    )
