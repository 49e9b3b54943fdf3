"""Step functions of time over slots: their mean, least and greatest value in each."""

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
