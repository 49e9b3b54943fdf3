"""Plans without a solver (I-8), within the same limits. Never no answer.

The last plan, trimmed to what limits and EVSEs allow now, if every session had a part in it; else least
laxity first.
"""

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import Room, SlotLimits
from readyby.planning.pilots import pilots_of
from readyby.planning.types import Floats

_ENOUGH_KWH = 1e-4
_QUANTUM_KW = 0.001


def trimmed_last_plan(grid: Grid, limits: SlotLimits) -> Floats | None:
    """The last plan, least time to spare first, as far as it fits; None where a session was not in it."""
    if not grid.n or len(grid.replanned) < grid.n:
        return None
    room = Room(grid, limits, np.zeros(len(grid.cell_slot)))
    pilots = pilots_of(grid)
    for index in np.argsort(grid.reachable_kwh - grid.need_kwh, kind="stable"):
        cells = slice(int(grid.cells_of[index]), int(grid.cells_of[index + 1]))
        planned = grid.before_kw[index, grid.cell_slot[cells]]
        allowed = pilots[index].floors(
            np.minimum(np.minimum(planned, room.allowed(int(index))), pilots[index].most_kw)
        )
        room.put_session(int(index), np.maximum(0.0, allowed))
    return room.power_kw


def least_laxity_first(grid: Grid, limits: SlotLimits) -> Floats:
    """Power per cell: slot after slot, full power to who has the least time to spare, as limits allow."""
    room = Room(grid, limits, np.zeros(len(grid.cell_slot)))
    remaining = grid.need_kwh.copy()
    ahead_kwh = grid.reachable_kwh.copy()
    order = np.argsort(grid.cell_slot, kind="stable")
    starts = np.searchsorted(grid.cell_slot[order], np.arange(grid.steps + 1))
    for slot in range(grid.steps):
        cells = order[starts[slot] : starts[slot + 1]]
        laxity_h = (ahead_kwh - remaining)[grid.cell_session[cells]] / np.maximum(
            grid.max_kw[grid.cell_session[cells]], _QUANTUM_KW
        )
        for cell in cells[np.argsort(laxity_h, kind="stable")]:
            session = grid.cell_session[cell]
            kwh_per_kw = float(grid.cell_kwh_per_kw[cell])
            ahead_kwh[session] -= kwh_per_kw * grid.max_kw[session]
            if remaining[session] <= _ENOUGH_KWH:
                continue
            wanted = max(float(grid.min_kw[session]), remaining[session] / kwh_per_kw)
            most = min(wanted, float(grid.max_kw[session]), room.of(cell))
            power = float(np.floor(most / _QUANTUM_KW + 1e-6) * _QUANTUM_KW)
            if power > 0 and power >= grid.min_kw[session] - 1e-9:
                room.put(cell, round(power, 6))
                remaining[session] -= power * kwh_per_kw
    return room.power_kw
