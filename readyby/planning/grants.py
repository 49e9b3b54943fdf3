"""What is left of the limit, for cars that charge now (I-15) or as usual (I-9, D4): above caps, fairly."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from readyby.interval import floor_to
from readyby.model import Step
from readyby.planning.grid import Grid
from readyby.planning.intake import Cast, PlanSettings, Present
from readyby.planning.situation import STEP
from readyby.planning.types import Floats
from readyby.store.api import PlannedSession, SituationData

_QUANTUM_KW = 0.1
_KEEP = 1.25
"""A grant in force stays as it is until it could grow by more than a quarter: fewer commands."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Leftover:
    """Power per slot that neither the plan nor the reserve for one disobedient EVSE needs."""

    starts: tuple[datetime, ...]
    free_kw: Floats
    after_kw: float


def left_over(grid: Grid, power_kw: Floats) -> Leftover:
    """What a plan leaves above all standing caps; `after_kw` beyond its horizon, all being at their caps."""
    reserve = 0.0
    if grid.situation.headroom:
        surge = float((grid.worst_kw - grid.cap_kw).max(initial=0.0))
        reserve = max(grid.situation.unplanned_reserve_kw, surge)
    free = grid.free_kw - grid.load_kw(grid.over_kw(power_kw)) - reserve
    return Leftover(
        starts=grid.starts,
        free_kw=np.maximum(0.0, free),
        after_kw=max(0.0, float(grid.free_kw[-1]) - reserve),
    )


def grant(
    data: SituationData, cast_: Cast, leftover: Leftover, settings: PlanSettings
) -> tuple[PlannedSession, ...]:
    """Entries of cars outside the plan: charge-now cars first and for hours, as-usual cars for one lease."""
    now = data.now
    hours = timedelta(hours=settings.charge_now_h)
    slots = _slots(now, max(hours, timedelta(minutes=settings.grant_min) + STEP))
    free = np.array([_free(leftover, slot) for slot in slots])
    entries: list[PlannedSession] = []
    prompt = _levels(cast_.prompt, free)
    free = free - (prompt - _caps(cast_.prompt)[:, None]).sum(axis=0)
    for row, present in zip(prompt, cast_.prompt, strict=True):
        steps = [Step(start_at=slot, limit_kw=float(kw)) for slot, kw in zip(slots, row, strict=True)]
        entries.append(_entry(present, steps, now + hours, "now"))
    lease = now + timedelta(minutes=settings.grant_min)
    running = sum(slot < lease for slot in slots)
    for present, level in zip(cast_.as_usual, _usual_levels(data, cast_, free[:running].min()), strict=True):
        if level >= present.evse.standing_cap_kw + _QUANTUM_KW:
            entries.append(_entry(present, [Step(start_at=now, limit_kw=level)], lease, "usual"))
    return tuple(entries)


def _slots(now: datetime, span: timedelta) -> list[datetime]:
    first = floor_to(now, STEP)
    count = int((now + span - first) / STEP) + 1
    return [now, *(first + STEP * k for k in range(1, count))]


def _free(leftover: Leftover, slot: datetime) -> float:
    index = (
        int(np.searchsorted(np.array([s.timestamp() for s in leftover.starts]), slot.timestamp(), "right"))
        - 1
    )
    last = leftover.starts[-1]
    if slot >= floor_to(last, STEP) + STEP:
        return leftover.after_kw
    return float(leftover.free_kw[index])


def _caps(presents: tuple[Present, ...]) -> Floats:
    return np.array([present.evse.standing_cap_kw for present in presents])


def _levels(presents: tuple[Present, ...], free_kw: Floats) -> Floats:
    """Power of each car in each slot: raised together from their caps to one level, as far as it reaches."""
    if not presents:
        return np.zeros((0, len(free_kw)))
    caps, tops = _caps(presents), np.array([present.drawable_kw for present in presents])
    return np.column_stack([_raise(caps, tops, float(free)) for free in free_kw])


def _raise(caps: Floats, tops: Floats, free_kw: float) -> Floats:
    """Water level: `sum(clip(level, cap, top) - cap) <= free`, floored to a quantum, never below the cap."""
    low, high = 0.0, float(tops.max())
    if np.maximum(tops, caps).sum() - caps.sum() > free_kw:
        for _ in range(50):
            level = (low + high) / 2
            if (np.clip(level, caps, np.maximum(tops, caps)) - caps).sum() > free_kw:
                high = level
            else:
                low = level
        high = low
    level = np.clip(high, caps, np.maximum(tops, caps))
    floored = np.floor(level / _QUANTUM_KW + 1e-9) * _QUANTUM_KW
    return np.maximum(np.where(level >= tops - 1e-6, tops, np.round(floored, 3)), caps)


def _usual_levels(data: SituationData, cast_: Cast, free_kw: float) -> list[float]:
    levels = _levels(cast_.as_usual, np.array([free_kw]))[:, 0] if cast_.as_usual else np.zeros(0)
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
