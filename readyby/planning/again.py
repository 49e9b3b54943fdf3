"""The core problem after a small change: the last plan's prices prove the new optimum, or it is found anew.

After one changed request the same limits bind at the same prices. Then the cost of the optimum is known
before it is found, since the bound made of these prices tells it (`certificate`), and with it what the change
in energy costs per kWh: so in which slots it is to be given or taken. A load that comes to this cost and that
the sessions can share is the optimum; no cut is looked for. Where no slot has that price, the peak moves:
all slots that it holds, a little. Where prices have changed too, this says so.
"""

from dataclasses import dataclass

import numpy as np

from readyby.planning.certificate import lower_bound_usd
from readyby.planning.cuts import Nested
from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.money import base_peaks_kw
from readyby.planning.nested import Core, Prices
from readyby.planning.sharing import share_load
from readyby.planning.start import CoreStart, first_slot
from readyby.planning.types import Flags, Floats, Ints

_EXACT = 1e-9
_LESS_KWH, _HAIR_KWH = 1e-7, 1e-8
"""What arithmetic may leave of a need, and of the energy in all."""
_SAME_USD = 1e-6


def find_again(
    grid: Grid, limits: SlotLimits, nested: Nested, start: CoreStart
) -> tuple[Core, Floats, float] | None:
    """The optimum by the last plan's prices: with what each session has in each slot (kWh), and its bound.

    None where these prices do not prove one.
    """
    if len(start.peaks_usd_per_kwh) != len(grid.peak_kw):
        return None
    before = _told_now(grid, start)
    prices = before.prices
    bound = lower_bound_usd(grid, limits, nested, prices.limit_usd_per_kwh, prices.peak_usd_per_kwh)
    load = _adapted(grid, limits.sum_kw * grid.slot_h, nested, before, bound)
    dearer = _usd(grid, load) - bound
    if abs(nested.need_kwh.sum() - load.sum()) > _LESS_KWH or dearer > _EXACT * max(1.0, abs(bound)):
        return None
    shares = share_load(nested, load)
    if np.any(np.abs(shares.sum(axis=1) - nested.need_kwh) > _LESS_KWH):
        return None
    return Core(load_kwh=load, prices=prices), shares, bound


def _adapted(grid: Grid, most_kwh: Floats, nested: Nested, before: "_Before", bound_usd: float) -> Floats:
    """The last load with the energy of now, where its cost says that it may be the optimum."""
    load = np.minimum(before.load_kwh, most_kwh)
    change = float(nested.need_kwh.sum() - load.sum())
    if abs(change) <= _HAIR_KWH:
        return load
    usd_per_kwh = (bound_usd - _usd(grid, load)) / change
    fitting = np.abs(grid.price - usd_per_kwh) <= _SAME_USD * max(1.0, abs(usd_per_kwh))
    slots = np.flatnonzero(fitting & before.is_free)
    if not len(slots):
        held = before.prices.peak_usd_per_kwh.sum(axis=0) > 0
        raised = np.where(held, grid.window_h, 0.0) * change / max(1e-9, float(grid.window_h[held].sum()))
        return np.asarray(np.clip(load + raised, 0.0, most_kwh))
    departure = int(np.argmax(np.abs(leaving_kwh(nested) - before.leaving_kwh))) + 1
    rate_kw = float(nested.rate_kw[nested.leaves == departure].max(initial=0.0))
    low = np.maximum(0.0, load - rate_kw * grid.slot_h)
    high = np.minimum(most_kwh, _under_peaks_kwh(grid, load))
    return _moved(load, (low, high), change, _order(load, slots, change, departure))


def leaving_kwh(nested: Nested) -> Floats:
    """What the sessions that leave with the end of each slot are given in all."""
    energy = np.bincount(nested.leaves, weights=nested.need_kwh, minlength=nested.steps + 1)
    return np.asarray(energy[1:], dtype=np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Before:
    """Prices, load and what those who leave were given, in the slots of now; 0 where nothing was known."""

    prices: Prices
    load_kwh: Floats
    leaving_kwh: Floats

    @property
    def is_free(self) -> Flags:
        """The slots that neither limit nor peak holds."""
        prices = self.prices
        held: Flags = (prices.limit_usd_per_kwh > 0) | np.any(prices.peak_usd_per_kwh > 0, axis=0)
        return ~held


def _told_now(grid: Grid, start: CoreStart) -> _Before:
    rows = (
        start.slot_h,
        start.load_kwh,
        start.leaving_kwh,
        start.limit_usd_per_kwh,
        *start.peaks_usd_per_kwh,
    )
    before = np.array(rows)
    at = np.arange(grid.steps) + first_slot(grid) - start.first
    known = (at >= 0) & (at < before.shape[1])
    now = np.zeros((len(before), grid.steps))
    now[:, known] = before[:, at[known]]
    share = np.divide(grid.slot_h, now[0], out=np.zeros(grid.steps), where=now[0] > 0)
    return _Before(
        prices=Prices(limit_usd_per_kwh=now[3], peak_usd_per_kwh=now[4:]),
        load_kwh=now[1] * share,
        leaving_kwh=now[2],
    )


def _order(load_kwh: Floats, slots: Ints, change_kwh: float, departure: int) -> list[int]:
    """More comes as early as can be; less goes where most is drawn until then, the later the better.

    Where little is drawn late, it is what those need who could not have it sooner.
    """
    if change_kwh <= 0:
        slots = slots[np.lexsort((-slots, -np.round(load_kwh[slots], 6), slots >= departure))]
    return [int(slot) for slot in slots]


def _moved(load_kwh: Floats, bounds: tuple[Floats, Floats], change_kwh: float, slots: list[int]) -> Floats:
    """The load with so much more, or less, in these slots, as far as its bounds go."""
    moved = load_kwh.copy()
    low, high = bounds
    for slot in slots:
        before = float(moved[slot])
        moved[slot] = min(
            max(before + change_kwh, min(before, float(low[slot]))), max(before, float(high[slot]))
        )
        change_kwh -= float(moved[slot]) - before
    return moved


def _under_peaks_kwh(grid: Grid, load_kwh: Floats) -> Floats:
    """What each slot may carry so that no demand window sets a higher peak."""
    room = np.full(grid.steps, np.inf)
    for k, peak in enumerate(_peaks_kw(grid, load_kwh)):
        under = peak * grid.window_h - grid.used_kwh
        room = np.where(grid.peak_slots[k], np.minimum(room, under), room)
    return room


def _peaks_kw(grid: Grid, load_kwh: Floats) -> Floats:
    demand = (load_kwh + grid.used_kwh) / grid.window_h
    planned = np.where(grid.peak_slots, demand, 0.0).max(axis=1, initial=0.0)
    return np.asarray(np.maximum(grid.peak_kw, planned))


def _usd(grid: Grid, load_kwh: Floats) -> float:
    """Energy and added demand charges of a load."""
    added = _peaks_kw(grid, load_kwh) - base_peaks_kw(grid)
    return float(grid.price @ load_kwh) + float(grid.peak_price @ added)
