"""Why each session charges when it does, and what it will have when: facts read off the plan itself."""

from datetime import datetime, timedelta

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.money import billed_peaks_kw
from readyby.planning.sentences import Facts, Why
from readyby.planning.types import Floats, Ints

CHEAPER_USD_PER_KWH = 0.005
_FASTER = 2.0
"""From this multiple of the power now on, going faster later is worth a word."""
LONGEST_H = 24.0 * 365
"""What could be there only later than this is not promised at all."""
_ENOUGH_KWH = 0.05


def find_facts(
    grid: Grid,
    limits: SlotLimits,
    power_kw: Floats,
    session: int,
    *,
    departure_at: datetime,
    delivered_kwh: float,
    drawing: bool = False,
) -> Facts:
    """Read a session's facts off its plan; `delivered_kwh` is what it has already, `drawing` if it is now."""
    cells = grid.own_cells[session]
    power = power_kw[cells]
    gained = np.cumsum(power * grid.cell_kwh_per_kw[cells])
    need = float(grid.need_kwh[session])
    total = float(gained[-1]) if len(gained) else 0.0
    runs = np.flatnonzero(power > 0)
    first = int(cells[runs[0]]) if len(runs) else None
    met = total >= need - _ENOUGH_KWH
    why = _why(grid, limits, power_kw, first, need)
    faster = int(cells[np.argmax(power > _FASTER * power[0])]) if why is Why.NOW else None
    if faster is not None and power_kw[faster] > _FASTER * power[0]:
        why = Why.SLOWLY
    else:
        faster = None
    return Facts(
        why=why,
        need_kwh=delivered_kwh + need,
        energy_kwh=delivered_kwh + min(total, need),
        starts_at=None if first is None else _start(grid, first if faster is None else faster),
        power_kw=0.0 if first is None else float(power_kw[first]),
        saves_usd_per_kwh=0.0 if first is None else float(grid.price[0] - grid.price[grid.cell_slot[first]]),
        ready_at=_ready_at(grid, cells, power, gained, need) if met and need > _ENOUGH_KWH else None,
        departure_at=departure_at,
        earliest_at=None if met else _earliest_at(grid, session, need - total, departure_at),
        later_kw=0.0 if faster is None else float(power_kw[faster]),
        drawing=drawing and first is not None and int(grid.cell_slot[first]) > 0,
    )


def _why(grid: Grid, limits: SlotLimits, power_kw: Floats, first: int | None, need_kwh: float) -> Why:
    if need_kwh <= _ENOUGH_KWH:
        return Why.DONE
    if first is None:
        return Why.NEVER
    start = int(grid.cell_slot[first])
    if start == 0:
        return Why.NOW
    if grid.price[0] - grid.price[start] >= CHEAPER_USD_PER_KWH:
        return Why.CHEAPER
    least = float(grid.min_kw[grid.cell_session[first]])
    if _no_room(grid, limits, power_kw, first):
        return Why.LIMIT
    return Why.PEAK if _at_peak(grid, power_kw, start, least) else Why.LATER


def _no_room(grid: Grid, limits: SlotLimits, power_kw: Floats, first: int) -> bool:
    """Until the start no slot has room for this EVSE's least power above what is counted for it anyway."""
    session = grid.cell_session[first]
    above = float(grid.min_kw[session] - grid.cap_kw[session])
    spare = (limits.sum_kw - grid.load_kw(grid.over_kw(power_kw)))[: int(grid.cell_slot[first])]
    return above > 0 and bool(np.all(spare < above))


def _at_peak(grid: Grid, power_kw: Floats, start: int, least_kw: float) -> bool:
    """Every demand window before the start would pass a billed peak if this session ran in it."""
    demand = grid.demand_kw(power_kw)[:start] + least_kw * grid.slot_h[:start] / grid.window_h[:start]
    reached = np.zeros(start, dtype=bool)
    for k, peak in enumerate(billed_peaks_kw(grid, power_kw)):
        reached |= grid.peak_slots[k][:start] & (demand > peak)
    return bool(np.all(reached))


def _start(grid: Grid, cell: int) -> datetime:
    return max(grid.starts[int(grid.cell_slot[cell])], grid.stays[int(grid.cell_session[cell])].arrival_at)


def _ready_at(grid: Grid, cells: Ints, power: Floats, gained: Floats, need: float) -> datetime:
    """When the need is met; a plan that ends a hair below it is ready when it ends."""
    at = int(np.searchsorted(gained, min(need, float(gained[-1])) - 1e-6))
    before = float(gained[at - 1]) if at else 0.0
    rate = float(power[at] * grid.cell_kwh_per_kw[cells[at]] / grid.cell_h[cells[at]])
    hours = min(float(grid.cell_h[cells[at]]), max(0.0, need - before) / rate)
    return _start(grid, int(cells[at])) + timedelta(hours=hours)


def _earliest_at(grid: Grid, session: int, missing_kwh: float, departure_at: datetime) -> datetime | None:
    rate = float(grid.max_kw[session]) * grid.situation.draw_ratio
    hours = missing_kwh / rate if rate > 0 else LONGEST_H
    return departure_at + timedelta(hours=hours) if hours < LONGEST_H else None
