"""What is left of the limits, for cars that charge now (I-15) or as usual (I-9, D4): above caps, fairly."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from readyby.circuits import Leaf, lay_rows
from readyby.interval import floor_to
from readyby.model import Step
from readyby.planning.grid import Grid
from readyby.planning.intake import Cast, PlanSettings, Present
from readyby.planning.limits import SlotLimits
from readyby.planning.pilots import Pilot
from readyby.planning.situation import STEP
from readyby.planning.types import Flags, Floats
from readyby.store.api import PlannedSession, SituationData

_QUANTUM_KW = 0.1
_HAIR_KW = 1e-9
_KEEP = 1.25
"""A grant in force stays as it is until it could grow by more than a quarter: fewer commands."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Leftover:
    """What neither plan nor reserve for a disobedient EVSE needs: rows x slots, the site's limit first.

    `after` is what is left beyond the horizon, all being at their caps. Rows are in kW, those of lines in A.
    """

    starts: tuple[datetime, ...]
    free: Floats
    after: Floats

    def at(self, slot: datetime) -> Floats:
        """What is left of each row in a slot."""
        last = floor_to(self.starts[-1], STEP) + STEP
        return self.after if slot >= last else self.free[:, bisect_right(self.starts, slot) - 1]


def left_over(grid: Grid, limits: SlotLimits, power_kw: Floats) -> Leftover:
    """What a plan leaves of every limit above all standing caps."""
    reserve = 0.0
    if grid.situation.headroom:
        surge = float((grid.worst_kw - grid.cap_kw).max(initial=0.0))
        reserve = max(grid.situation.unplanned_reserve_kw, surge)
    free = grid.free_kw - grid.load_kw(grid.over_kw(power_kw)) - reserve
    below = limits.room_kw[1:] - limits.weights[1:] @ grid.matrix(grid.over_kw(power_kw))
    after = np.concatenate([grid.free_kw[-1:] - reserve, limits.room_kw[1:, -1]])
    return Leftover(
        starts=grid.starts,
        free=np.maximum(0.0, np.vstack([free[None, :], below])),
        after=np.maximum(0.0, after),
    )


def grant(
    data: SituationData,
    cast_: Cast,
    leftover: Leftover,
    settings: PlanSettings,
    *,
    prompt_first: bool = False,
) -> tuple[PlannedSession, ...]:
    """Entries of cars outside the plan: charge-now cars first and for hours, as-usual cars for one lease.

    `prompt_first`: the plan has left charge-now cars all that they take, so `leftover` is what is beside it.
    """
    now = data.now
    hours = timedelta(hours=settings.charge_now_h)
    slots = _slots(now, max(hours, timedelta(minutes=settings.grant_min) + STEP))
    free = np.column_stack([leftover.at(slot) for slot in slots])
    entries: list[PlannedSession] = []
    if prompt_first:
        prompt = np.array([[present.prompt_kw] * len(slots) for present in cast_.prompt])
    else:
        parts = _weights(data, cast_.prompt)
        prompt = _levels(cast_.prompt, parts, free)
        free = free - parts @ (prompt - _caps(cast_.prompt)[:, None])
    for row, present in zip(prompt, cast_.prompt, strict=True):
        steps = [Step(start_at=slot, limit_kw=float(kw)) for slot, kw in zip(slots, row, strict=True)]
        entries.append(_entry(present, steps, now + hours, "now"))
    lease = now + timedelta(minutes=settings.grant_min)
    running = sum(slot < lease for slot in slots)
    for present, level in zip(
        cast_.as_usual, _usual_levels(data, cast_, free[:, :running].min(axis=1)), strict=True
    ):
        if level >= present.evse.standing_cap_kw + _QUANTUM_KW:
            entries.append(_entry(present, [Step(start_at=now, limit_kw=level)], lease, "usual"))
    return tuple(entries)


def _slots(now: datetime, span: timedelta) -> list[datetime]:
    first = floor_to(now, STEP)
    count = int((now + span - first) / STEP) + 1
    return [now, *(first + STEP * k for k in range(1, count))]


def _weights(data: SituationData, presents: tuple[Present, ...]) -> Floats:
    """The part of each car in each row: fully in the site's limit, and in those of the circuits above it."""
    leaves = [
        Leaf(name=f"evses.{p.evse.evse_id}", circuit=p.evse.circuit, connection=p.evse.connection)
        for p in presents
    ]
    below = lay_rows(data.site.circuits, leaves, data.site.voltage_v).weights
    return np.vstack([np.ones((1, len(presents))), below])


def _caps(presents: tuple[Present, ...]) -> Floats:
    return np.array([present.evse.standing_cap_kw for present in presents])


def _levels(presents: tuple[Present, ...], weights: Floats, free: Floats) -> Floats:
    """Power of each car in each slot: raised together from their caps, as far as each limit goes."""
    if not presents:
        return np.zeros((0, free.shape[1]))
    caps, tops = _caps(presents), np.array([present.offered_kw for present in presents])
    levels = np.column_stack([_raise(caps, tops, weights, column) for column in free.T])
    for row, present in enumerate(presents):
        if present.evse.steps_kw:
            pilot = Pilot(least_kw=0.0, most_kw=present.offered_kw, levels=present.evse.steps_kw)
            levels[row] = pilot.floors(levels[row])
    return levels


def _raise(caps: Floats, tops: Floats, weights: Floats, free: Floats) -> Floats:
    """Water level: `weights @ (clip(level, cap, top) - cap) <= free`, in whole quanta, never below the cap.

    Where a circuit is full, the cars beneath it stay at the level reached, and the others rise on.
    """
    tops = np.maximum(tops, caps)
    level, rises = caps.copy(), np.ones(len(caps), dtype=bool)
    while np.any(rises):
        low, high = 0.0, float(tops.max())

        def at(height: float, level: Floats = level, rises: Flags = rises) -> Floats:
            return np.where(rises, np.clip(height, caps, tops), level)

        if _fits(weights, at(high) - caps, free):
            level = at(high)
            break
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if _fits(weights, at(middle) - caps, free) else (low, middle)
        level = at(low)
        full = weights @ (at(low + _HAIR_KW) - caps) > free
        stopped = rises & ((weights[full] > 0).any(axis=0) | (level >= tops))
        if not np.any(stopped):
            break
        rises = rises & ~stopped
    floored = np.floor(level / _QUANTUM_KW + 1e-9) * _QUANTUM_KW
    return np.maximum(np.where(level >= tops - 1e-6, tops, np.round(floored, 3)), caps)


def _fits(weights: Floats, over_kw: Floats, free: Floats) -> bool:
    return bool(np.all(weights @ over_kw <= free))


def _usual_levels(data: SituationData, cast_: Cast, free: Floats) -> list[float]:
    levels = _levels(cast_.as_usual, _weights(data, cast_.as_usual), free[:, None])[:, 0]
    before = {p.session_id: p.steps[0].limit_kw for p in data.last_plan if not p.controlled and p.steps}
    kept: list[float] = []
    for present, level in zip(cast_.as_usual, levels, strict=True):
        last = before.get(present.session_id, 0.0)
        held = min(last, present.evse.max_kw)
        kept.append(held if held <= level < held * _KEEP else float(level))
    return kept


def _entry(present: Present, steps: list[Step], ends_at: datetime, mode: str) -> PlannedSession:
    merged = [s for k, s in enumerate(steps) if k == 0 or s.limit_kw != steps[k - 1].limit_kw]
    tail = Step(start_at=ends_at, limit_kw=present.evse.standing_cap_kw)
    merged = [step for step in merged if step.start_at < ends_at] + [tail]
    return PlannedSession(
        session_id=present.session_id,
        evse_id=present.evse.evse_id,
        controlled=False,
        steps=tuple(merged),
        expires_at=ends_at + (timedelta(minutes=30) if mode == "now" else timedelta(0)),
        explanation=_SAYS[mode](merged[0].limit_kw),
    )


_SAYS = {
    "now": lambda kw: {
        "en": f"Charging now, at up to {kw:.1f} kW.",
        "es": f"Cargando ahora, hasta {kw:.1f} kW.",
    },
    "usual": lambda kw: {
        "en": f"Charging as usual, at up to {kw:.1f} kW. Tell us when you leave, and we plan for it.",
        "es": f"Carga normal, hasta {kw:.1f} kW. Díganos cuándo se va y lo planeamos.",
    },
}
