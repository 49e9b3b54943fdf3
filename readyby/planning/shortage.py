"""Who gets how much when not all can have all: the least worst shares, in a nested problem.

First the worst shortfall share of needs is made as small as can be, then the worst share of what could
be delivered to each alone, then the next worst, until nothing is left to give (lexicographic max-min).
Energies that sessions can take together form a polymatroid, so what is left over is the least total too.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from readyby.planning.cuts import Nested, cut_values, least_cuts
from readyby.planning.types import Flags, Floats

_EXACT = 1e-9
_ROUNDS = 60


def fit_needs(nested: Nested, table: Floats, limit_kwh: Floats, asked_kwh: Floats) -> tuple[Nested, Floats]:
    """The sessions with energies that the limit can deliver, and their table; unchanged where it can all."""
    everything = np.ones((1, nested.steps), dtype=bool)
    most = float(cut_values(table, limit_kwh, everything)[0])
    wanted = nested.need_kwh
    if most >= wanted.sum() * (1 - _EXACT) - _EXACT:
        return nested, table
    share = _least_share(nested, limit_kwh, lambda s: np.clip(asked_kwh * (1 - s), 0.0, wanted))
    least = np.clip(asked_kwh * (1 - share), 0.0, wanted)
    free: Flags = np.ones(len(wanted), dtype=bool)
    for _ in range(_ROUNDS):
        share = _least_share(nested, limit_kwh, _raised(least, wanted, free))
        least = _raised(least, wanted, free)(share)
        if least.sum() >= most * (1 - _EXACT) - _EXACT or share <= _EXACT:
            break
        tight = _tight(nested, limit_kwh, _raised(least, wanted, free)(max(0.0, share - 1e-6)))
        if not np.any(free & tight):
            break
        free &= ~tight
    fitted = replace(nested, need_kwh=least)
    return fitted, fitted.table()


def _raised(least: Floats, wanted: Floats, free: Flags) -> Callable[[float], Floats]:
    return lambda s: np.where(free, np.maximum(least, wanted * (1 - s)), least)


def _inside_kwh(nested: Nested, at_limit: Flags) -> Floats:
    """What each session could take in the slots that are not at their limit."""
    hours = np.concatenate([[0.0], np.cumsum(np.where(at_limit, 0.0, nested.slot_h))])
    return np.asarray(nested.rate_kw * hours[nested.leaves], dtype=np.float64)


def _tight(nested: Nested, limit_kwh: Floats, energy_kwh: Floats) -> Flags:
    """The sessions that stand in line for the slots of the least cut."""
    everything = np.ones((1, nested.steps), dtype=bool)
    cut = least_cuts(nested.table(energy_kwh), limit_kwh, everything)
    return np.asarray(_inside_kwh(nested, cut.at_limit[0]) < energy_kwh - _EXACT)


def _least_share(nested: Nested, limit_kwh: Floats, energy: Callable[[float], Floats]) -> float:
    """The least s for which `energy(s)` can be delivered; energies fall with s, and at 1 they can be.

    A cut that is broken at some s gives a lower bound on s; the next s is where it holds (Newton's method).
    """
    everything = np.ones((1, nested.steps), dtype=bool)
    share = 0.0
    for _ in range(_ROUNDS):
        wanted = energy(share)
        cut = least_cuts(nested.table(wanted), limit_kwh, everything)
        if cut.value_kwh[0] >= wanted.sum() * (1 - _EXACT) - _EXACT:
            break
        inside = _inside_kwh(nested, cut.at_limit[0])
        outside = float(limit_kwh[cut.at_limit[0]].sum())
        low, high = share, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            if np.maximum(0.0, energy(middle) - inside).sum() > outside:
                low = middle
            else:
                high = middle
        if high <= share:
            break
        share = high
    return share
