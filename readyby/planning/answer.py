"""A situation's whole answer, as a document: plan, aggregates, cost, proof, what binds, why."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from readyby.planning.check import at
from readyby.planning.documents import to_document
from readyby.planning.explain import find_facts
from readyby.planning.facade import Solved, solve
from readyby.planning.grid import Grid, lay_grid
from readyby.planning.money import billed_peaks_kw, cost_of, objective_usd
from readyby.planning.sentences import say
from readyby.planning.situation import Situation
from readyby.planning.soundness import hold_sound


def answer(situation: Situation, *, time_zone: str = "UTC") -> dict[str, Any]:
    """Plan a situation; the executable plan is what `sessions` and `load_kw` show.

    Raises:
        BadInput: the situation cannot be meant; `field` is the JSON path.
    """
    hold_sound(situation)
    solved = solve(lay_grid(situation))
    grid, power = solved.grid, solved.power_kw
    document: dict[str, object] = {
        "method": solved.method,
        "note": solved.note,
        "error": solved.error,
        "now": situation.now,
        "time_zone": time_zone,
        "slots": grid.starts,
        "load_kw": np.round(grid.load_kw(power), 6),
        "price_usd_per_kwh": grid.bill,
        "limit_kw": grid.limit_kw,
        "billed_peaks_kw": {
            peak.name: kw
            for peak, kw in zip(situation.demand_peaks, billed_peaks_kw(grid, power), strict=True)
        },
        "cost": {**_fields(cost_of(grid, power)), "total_usd": cost_of(grid, power).total_usd},
        "proof": _proof(solved),
        "binding": _binding(solved),
        "circuits": _circuits(solved),
        "violations": solved.violations,
        "sessions": [_session(solved, index, time_zone) for index in range(grid.n)],
    }
    made = to_document(document)
    assert isinstance(made, dict)
    return made


def _fields(value: object) -> Mapping[str, object]:
    made = to_document(value)
    return made if isinstance(made, dict) else {}


def _proof(solved: Solved) -> Mapping[str, object]:
    """Our own lower bound, and how far the ideal and the executable plan are from it."""
    ideal = solved.ideal
    if ideal is None:
        return {"lower_bound_usd": None, "gap": None, "executable_gap": None}
    executable = objective_usd(solved.grid, solved.power_kw)
    scale = max(1e-9, abs(ideal.lower_bound_usd))
    return {
        "lower_bound_usd": ideal.lower_bound_usd,
        "ideal_usd": ideal.objective_usd,
        "executable_usd": executable,
        "gap": ideal.gap,
        "executable_gap": (executable - ideal.lower_bound_usd) / scale,
    }


def _binding(solved: Solved) -> Sequence[Mapping[str, object]]:
    """Named constraints that bind, and what one more of their unit would save."""
    grid, ideal = solved.grid, solved.ideal
    if ideal is None:
        return []
    found = [
        {"constraint": at("site.limit", grid.starts[slot]), "unit": "kW", "saves_usd": float(usd)}
        for slot, usd in enumerate(ideal.site_usd_per_kwh * grid.slot_h)
        if usd > 1e-6
    ]
    for key, usd in ideal.binding:
        name = _name(solved, key.kind, key.which)
        slot = int(grid.cell_slot[grid.cells_of[key.which] + key.slot]) if key.kind == "taper" else key.slot
        unit = "A" if name[-2:] in (".A", ".B", ".C") else "kW"
        found.append({"constraint": at(name, grid.starts[slot]), "unit": unit, "saves_usd": usd})
    return found


def _name(solved: Solved, kind: str, index: int) -> str:
    if kind == "circuit":
        return solved.limits.names[index]
    return "site.ramp" if kind == "ramp" else f"session.{solved.grid.stays[index].session_id}.taper"


def _circuits(solved: Solved) -> Mapping[str, object]:
    """Planned load of every circuit in kW per step."""
    dense = solved.grid.matrix(solved.power_kw)
    circuits = {circuit.name: circuit for circuit in solved.grid.situation.circuits}
    loads: dict[str, object] = {}
    for name in sorted(circuits):
        below = [name in _above(stay.circuit, circuits) for stay in solved.grid.stays]
        loads[name] = np.round(dense[np.array(below, dtype=bool)].sum(axis=0), 6)
    return loads


def _above(name: str, circuits: Mapping[str, Any]) -> set[str]:
    path: set[str] = set()
    while name and name not in path:
        path.add(name)
        name = circuits[name].parent
    return path


def _session(solved: Solved, index: int, time_zone: str) -> Mapping[str, object]:
    grid: Grid = solved.grid
    stay = grid.stays[index]
    delivered = float(grid.delivered_kwh(solved.power_kw)[index])
    facts = find_facts(
        grid, solved.limits, solved.power_kw, index, departure_at=stay.departure_at, delivered_kwh=0.0
    )
    return {
        "session_id": stay.session_id,
        "need_kwh": stay.need_kwh,
        "delivered_kwh": min(delivered, max(0.0, stay.need_kwh)),
        "shortfall_kwh": max(0.0, stay.need_kwh - delivered),
        "ready_at": facts.ready_at,
        "departure_at": stay.departure_at,
        "earliest_at": facts.earliest_at,
        "power_kw": np.round(grid.matrix(solved.power_kw)[index], 6),
        "explanation": {lang: say(facts, lang, time_zone, grid.situation.now) for lang in ("en", "es")},
    }
