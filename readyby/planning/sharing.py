"""Share a load among sessions that are all there now: who has the most time still to charge goes first.

Going backward from the last slot sessions only join, and every session that is there stays there down to
the first slot. So in each slot the load goes to those whose remaining charging time at full power is
longest, evening these times out: a load that can be shared at all can be shared like this.
"""

import numpy as np

from readyby.planning.cuts import Nested
from readyby.planning.types import Floats


def share_load(nested: Nested, load_kwh: Floats) -> Floats:
    """Energy of each session in each slot (sessions x slots), kWh."""
    shares = np.zeros((len(nested.need_kwh), nested.steps))
    left = nested.need_kwh.copy()
    rate = nested.rate_kw
    order = np.argsort(-nested.leaves, kind="stable")
    there = np.searchsorted(-nested.leaves[order], -np.arange(nested.steps), side="left")
    for slot in range(nested.steps - 1, -1, -1):
        if load_kwh[slot] <= 0:
            continue
        who = order[: there[slot]]
        taken = _level(left[who], rate[who], float(nested.slot_h[slot]), float(load_kwh[slot]))
        shares[who, slot] = taken
        left[who] -= taken
    return shares


def _level(left: Floats, rate: Floats, hours: float, load: float) -> Floats:
    """`clip(left - rate * level, 0, rate * hours)` with the level at which it sums to the load."""
    remaining_h = left / rate
    corners = np.concatenate([remaining_h, np.maximum(0.0, remaining_h - hours)])
    slopes = np.concatenate([rate, -rate])
    order = np.argsort(-corners, kind="stable")
    corner, slope = corners[order], np.cumsum(slopes[order])
    reached = np.concatenate([[0.0], np.cumsum(slope[:-1] * -np.diff(corner))])
    index = int(np.searchsorted(reached, load, side="right")) - 1
    level = corner[index] - ((load - reached[index]) / slope[index] if slope[index] > 1e-12 else 0.0)
    return np.asarray(np.clip(left - rate * max(0.0, level), 0.0, np.minimum(rate * hours, left)))
