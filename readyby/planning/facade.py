"""The planner as the engine calls it: a stored situation in, what every session may draw out, and why."""

import traceback
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from readyby.model import Step
from readyby.planning.check import Violation, check
from readyby.planning.documents import to_json
from readyby.planning.executable import make_executable
from readyby.planning.explain import find_facts
from readyby.planning.fallback import least_laxity_first, trimmed_last_plan
from readyby.planning.grants import Leftover, grant, left_over
from readyby.planning.grid import Grid, lay_grid
from readyby.planning.intake import Cast, PlanSettings, Present, cast, situate, stated_departure
from readyby.planning.limits import SlotLimits, has_room, slot_limits
from readyby.planning.money import billed_peaks_kw, cost_of
from readyby.planning.optimize import Ideal, NoAnswer, optimize
from readyby.planning.outcome import PlanOutcome
from readyby.planning.sentences import say
from readyby.planning.start import AnyStart, read_start
from readyby.planning.types import Floats
from readyby.store.api import PlannedSession, SituationData
from readyby.tariff import GridTariff

OPTIMAL = "optimal"
FALLBACK = "least_laxity_first"
LAST_PLAN = "last_plan_trimmed"
RELEASED = "released"
STRICT = False
"""Whether an error of the planner's own is raised instead of planned around: tests are strict."""
_SHORT_KWH = 0.05
_LONGEST_MESSAGE = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """An executable plan of a situation, with the ideal it came from (None for the fallback).

    `note` says why it is a fallback, `error` which error of the planner's own it stands in for, if one.
    """

    grid: Grid
    limits: SlotLimits
    power_kw: Floats
    ideal: Ideal | None
    method: str
    violations: tuple[Violation, ...]
    note: str
    error: str = ""


def plan_site(
    data: SituationData,
    tariff: GridTariff,
    *,
    settings: PlanSettings | None = None,
    why: str = "",
    quick: bool = False,
) -> PlanOutcome:
    """Plan all controlled sessions of a site at once; `why` says what called for it.

    `quick` is for a driver who waits: the others keep what they have, a careful plan follows soon.

    Never above the limit after rounding; a session without a request keeps at least its standing cap.
    """
    settings = settings or PlanSettings()
    if data.control_paused:
        return PlanOutcome(
            entries=(),
            method=RELEASED,
            reason=_joined(why, "control is paused: every EVSE is on its standing cap"),
            situation_json=to_json({"now": data.now, "control_paused": True}),
            plan_json=to_json({"method": RELEASED, "sessions": []}),
            rows=(),
        )
    cast_ = cast(data)
    solved, prompt_first = _solved(data, cast_, tariff, settings, quick=quick)
    entries = tuple(
        sorted(
            (
                *_planned(data, cast_, solved, settings),
                *(_kept_at_cap(data, present, settings, _SATED) for present in cast_.sated),
                *(
                    _kept_at_cap(
                        data, present, settings, _SILENT if present.evse.evse_id in data.silent else _LOOSE
                    )
                    for present in cast_.disobedient
                ),
                *grant(data, cast_, _left(solved), settings, prompt_first=prompt_first),
            ),
            key=lambda entry: entry.session_id,
        )
    )
    return PlanOutcome(
        entries=entries,
        method=solved.method,
        reason=_joined(why, _summary(solved, cast_, data)),
        situation_json=to_json(solved.grid.situation),
        plan_json=to_json(_plan_document(solved, entries), whole=True),
        rows=tuple(_row(entry, data) for entry in entries),
        start=_start_of(solved),
        error=solved.error,
    )


def _solved(
    data: SituationData, cast_: Cast, tariff: GridTariff, settings: PlanSettings, *, quick: bool
) -> tuple[Solved, bool]:
    """The plan, and whether who charges now comes first: so it is as long as no promise suffers (I-15).

    Where one would, charge-now cars get what the plan leaves.
    """
    start = read_start(data.last_start)
    tried = []
    for prompt_first in (True, False) if cast_.prompt and cast_.planned else (False,):
        grid = lay_grid(situate(data, cast_, tariff, settings, prompt_first=prompt_first))
        if prompt_first and not has_room(grid):
            continue
        solved = solve(grid, quick=quick, start=start)
        tried.append((solved, prompt_first))
        if solved.method == OPTIMAL and _short_kwh(solved) <= _SHORT_KWH:
            break
    return min(tried, key=lambda each: (each[0].method != OPTIMAL, round(_short_kwh(each[0]), 2)))


def _short_kwh(solved: Solved) -> float:
    """What all planned sessions miss together."""
    return float((solved.grid.need_kwh - solved.grid.delivered_kwh(solved.power_kw)).clip(min=0.0).sum())


def _left(solved: Solved) -> Leftover:
    return left_over(solved.grid, solved.limits, solved.power_kw)


def _start_of(solved: Solved) -> str:
    start = solved.ideal.start() if solved.ideal is not None else None
    return start.text() if start is not None else ""


def solve(grid: Grid, *, quick: bool = False, start: AnyStart | None = None) -> Solved:
    """The executable plan of a situation: optimal, else the last one trimmed, else by least laxity (I-8).

    `start` is where the last plan's optimum was found.
    Which of them it is, and why, stands on the plan. An error of our own never keeps a plan back, but it is
    named; where the planner is `STRICT`, as in tests, it is raised.
    """
    limits = slot_limits(grid)
    note, unexpected = "", ""
    try:
        ideal = optimize(grid, limits, start)
        power = make_executable(grid, limits, ideal, quick=quick)
        violations = check(grid, limits, power)
        if not violations:
            return Solved(
                grid=grid, limits=limits, power_kw=power, ideal=ideal, method=OPTIMAL, violations=(), note=""
            )
        note = f"the optimum broke {violations[0].constraint}"
    except NoAnswer as refusal:
        note = f"the solver gave no answer ({refusal})"
    except Exception as error:
        if STRICT:
            raise
        unexpected = _told(error, grid)
        note = f"the planner failed ({type(error).__name__})"
    last, method = trimmed_last_plan(grid, limits), LAST_PLAN
    if last is None or check(grid, limits, last):
        last, method = least_laxity_first(grid, limits), FALLBACK
    power = last
    return Solved(
        grid=grid,
        limits=limits,
        power_kw=power,
        ideal=None,
        method=method,
        violations=check(grid, limits, power),
        note=note,
        error=unexpected,
    )


def _told(error: Exception, grid: Grid) -> str:
    """Type, place and message of an error of our own, without the names of sessions."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    message = " ".join(str(error).split())[:_LONGEST_MESSAGE]
    for stay in grid.stays:
        message = message.replace(repr(stay.session_id), "a session")
    return f"{type(error).__name__} at {place}: {message}"


def _planned(
    data: SituationData, cast_: Cast, solved: Solved, settings: PlanSettings
) -> tuple[PlannedSession, ...]:
    """Entries of the planned sessions: their sequence over the whole stay, then the standing cap."""
    grid = solved.grid
    dense = grid.matrix(solved.power_kw)
    delivered = grid.delivered_kwh(solved.power_kw)
    entries: list[PlannedSession] = []
    for index, (stay, present) in enumerate(zip(grid.stays, cast_.planned, strict=True)):
        short = float(grid.need_kwh[index] - delivered[index])
        departure = stated_departure(present, data.now)
        facts = find_facts(
            grid,
            solved.limits,
            solved.power_kw,
            index,
            departure_at=departure,
            delivered_kwh=present.session.delivered_kwh,
            drawing=present.is_drawing,
        )
        entries.append(
            PlannedSession(
                session_id=present.session_id,
                evse_id=present.evse.evse_id,
                controlled=True,
                steps=_steps(grid, dense[index], stay.departure_at, present.evse.standing_cap_kw),
                expires_at=departure + timedelta(minutes=settings.lease_min),
                energy_need_kwh=present.session.request.energy_need_kwh if present.session.request else None,
                shortfall_kwh=short if short > _SHORT_KWH else 0.0,
                ready_at=facts.ready_at,
                departure_at=departure,
                explanation={lang: say(facts, lang, data.site.time_zone, data.now) for lang in ("en", "es")},
            )
        )
    return tuple(entries)


def _steps(grid: Grid, power_kw: Floats, departure_at: datetime, cap_kw: float) -> tuple[Step, ...]:
    levels: list[float] = power_kw[: bisect_left(grid.starts, departure_at)].tolist()
    steps = [
        Step(start_at=grid.starts[slot], limit_kw=level)
        for slot, level in enumerate(levels)
        if slot == 0 or level != levels[slot - 1]
    ]
    return (*steps, Step(start_at=departure_at, limit_kw=cap_kw))


def _kept_at_cap(
    data: SituationData, present: Present, settings: PlanSettings, said: Mapping[str, str]
) -> PlannedSession:
    """A session that a plan cannot help: it is told to keep its standing cap, which is counted anyway."""
    departure = stated_departure(present, data.now)
    session = present.session
    return PlannedSession(
        session_id=present.session_id,
        evse_id=present.evse.evse_id,
        controlled=True,
        steps=(Step(start_at=data.now, limit_kw=present.evse.standing_cap_kw),),
        expires_at=departure + timedelta(minutes=settings.lease_min),
        energy_need_kwh=session.request.energy_need_kwh if session.request else None,
        shortfall_kwh=present.remaining_kwh if said is _SATED else 0.0,
        departure_at=departure,
        explanation={lang: text.format(energy=session.delivered_kwh) for lang, text in said.items()},
    )


_LOOSE = {
    "en": "This charger does not follow our plan and charges on its own.",
    "es": "Este cargador no sigue nuestro plan y carga por su cuenta.",
}
_SILENT = {
    "en": "We have no word from this charger: your car keeps to its last plan, or charges on its own.",
    "es": "No tenemos noticias de este cargador: su auto sigue su último plan, o carga por su cuenta.",
}
_SATED = {
    "en": "Your car has {energy:.1f} kWh and takes no more now: it is full, or waits by itself.",
    "es": "Su auto tiene {energy:.1f} kWh y ahora no toma más: está lleno, o espera por sí mismo.",
}


def _summary(solved: Solved, cast_: Cast, data: SituationData) -> str:
    grid = solved.grid
    short = grid.need_kwh - grid.delivered_kwh(solved.power_kw)
    words = [f"{grid.n} controlled sessions", f"{len(cast_.as_usual) + len(cast_.prompt)} as usual"]
    if cast_.sated:
        words.append(f"{len(cast_.sated)} taking no more")
    if cast_.disobedient:
        silent = sum(present.evse.evse_id in data.silent for present in cast_.disobedient)
        loose = len(cast_.disobedient) - silent
        words += [f"{loose} not following"] * bool(loose) + [f"{silent} not heard of"] * bool(silent)
    missing = short[short > _SHORT_KWH]
    if len(missing):
        words.append(f"{len(missing)} short by {missing.sum():.1f} kWh in all")
    if cast_.ignored:
        words.append(f"{len(cast_.ignored)} sessions without an EVSE of their own left out")
    end = grid.situation.horizon.end
    words += [
        f"event {event.name}: {event.kind} {event.level_kw:g} kW"
        for event in data.grid_events
        if event.interval.start < end
    ]
    if solved.note:
        how = "the last plan, trimmed" if solved.method == LAST_PLAN else "planned by least laxity first"
        words.append(f"{solved.note}: {how}")
    words += [
        f"{violation.constraint} by {violation.amount:.3f} {violation.unit}"
        for violation in solved.violations
    ]
    over = -float(grid.free_kw.min(initial=0.0))
    if over > 0:
        words.append(f"what is not planned is above the limit by {over:.1f} kW already")
    return ", ".join(words)


def _joined(why: str, what: str) -> str:
    return f"{why}: {what}" if why else what


def _plan_document(solved: Solved, entries: tuple[PlannedSession, ...]) -> Mapping[str, object]:
    grid, power = solved.grid, solved.power_kw
    return {
        "method": solved.method,
        "note": solved.note,
        "error": solved.error,
        "cost": cost_of(grid, power),
        "ideal_objective_usd": solved.ideal.objective_usd if solved.ideal is not None else None,
        "lower_bound_usd": solved.ideal.lower_bound_usd if solved.ideal is not None else None,
        "billed_peaks_kw": billed_peaks_kw(grid, power),
        "slots": grid.starts,
        "load_kw": np.round(grid.load_kw(power), 6),
        "violations": solved.violations,
        "sessions": entries,
    }


def _row(entry: PlannedSession, data: SituationData) -> Mapping[str, object]:
    now_kw = next((step.limit_kw for step in reversed(entry.steps) if step.start_at <= data.now), None)
    return {
        "session": entry.session_id,
        "evse": entry.evse_id,
        "controlled": entry.controlled,
        "now_kw": now_kw,
        "steps": len(entry.steps),
        "departure_at": entry.departure_at.isoformat() if entry.departure_at else None,
        "need_kwh": entry.energy_need_kwh,
        "shortfall_kwh": round(entry.shortfall_kwh, 2),
        "ready_at": entry.ready_at.isoformat() if entry.ready_at else None,
        "why": entry.explanation.get("en", ""),
    }
