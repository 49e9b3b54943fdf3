"""The demo's report: one JSON object, and the rules that decide the exit code. No timing is among them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from readyby.demo.cost import compare
from readyby.demo.facts import Car, Eligible, Facts, World
from readyby.model import Circuit, CommandState
from readyby.tariff import GridTariff

ENDED = (
    CommandState.VERIFIED,
    CommandState.NOT_FOLLOWED,
    CommandState.SUPERSEDED,
    CommandState.EXPIRED,
)
ENOUGH_KWH = 0.25
"""A meter's rounding and the last taper: so much less than asked for still counts as served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`values` is the JSON object; `broken` says which rules of success do not hold, in words."""

    values: Mapping[str, object]
    broken: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        return 1 if self.broken else 0


def make_report(facts: Facts, tariff: GridTariff) -> Report:
    """Figures and verdict; energy, power and obedience come from the world's ledger alone."""
    cars = {car.session_id: car for car in facts.world.cars}
    eligible = facts.kept.eligible
    served, short = _count_drivers(eligible, cars)
    cost = compare(facts.world.minutes, facts.world.cars, tariff)
    commands = facts.kept.commands
    values: dict[str, object] = {
        "sessions_seen": facts.kept.sessions_seen,
        "eligible_sessions": len(eligible),
        "welcome_sms": sum(_welcomes(session, cars) for session in eligible),
        "duplicate_welcomes": sum(max(0, _welcomes(session, cars) - 1) for session in eligible),
        "response_rate": _share(sum(session.asked for session in eligible), len(eligible)),
        "requests": facts.kept.requests,
        "plans": len(facts.kept.plan_versions),
        "runs_recorded": len({run.flow_run_id for run in facts.runs}),
        "commands_sent": sum(commands.values()) - commands.get(CommandState.PLANNED, 0),
        **{f"commands_{state}": commands.get(state, 0) for state in ENDED},
        "drivers_served": served,
        "drivers_short": short,
        "limit_kw": facts.limit_kw,
        "peak_kw": round(facts.world.peak_kw, 3),
        "uncontrolled_peak_kw": round(facts.world.uncontrolled_peak_kw, 3),
        "circuits": {circuit.name: _limit_and_peak(circuit, facts.world) for circuit in facts.circuits},
        "cost_usd": round(cost.cost_usd, 2),
        "uncontrolled_cost_usd": round(cost.uncontrolled_cost_usd, 2),
        "speed_asked": facts.speed_asked,
        "speed_reached": round(facts.speed_reached, 1),
        "plugin_to_welcome_ms": _plugin_to_welcome(cars.values()),
        **_request_timings(facts),
    }
    return Report(values=values, broken=tuple(_broken(facts, cost.cost_usd, cost.uncontrolled_cost_usd)))


def _broken(facts: Facts, cost_usd: float, uncontrolled_cost_usd: float) -> Iterator[str]:
    yield from _broken_welcomes(facts)
    allowed = {str(state) for state in ENDED}
    for state, number in sorted(facts.kept.commands.items()):
        if number and state not in allowed:
            yield f"{number} commands ended {state}: only {', '.join(ENDED)} are ends"
    world = facts.world
    if world.peak_kw > facts.limit_kw:
        yield f"peak {world.peak_kw:.3f} kW is above the limit of {facts.limit_kw:g} kW"
    for circuit in facts.circuits:
        limit, peak = _limit_and_peak(circuit, world).values()
        if peak > limit:
            unit = "A" if circuit.limit_kw is None else "kW"
            yield f"circuit {circuit.name}: peak {peak:.3f} {unit} is above its limit of {limit:g} {unit}"
    if world.uncontrolled_peak_kw <= facts.limit_kw:
        yield (
            f"uncontrolled peak {world.uncontrolled_peak_kw:.3f} kW is not above the limit of "
            f"{facts.limit_kw:g} kW: the limit was never put to the test"
        )
    if cost_usd >= uncontrolled_cost_usd:
        yield f"cost ${cost_usd:.2f} is not below the uncontrolled ${uncontrolled_cost_usd:.2f}"
    with_run = {run.plan_version for run in facts.runs if run.log_lines}
    if missing := sorted(set(facts.kept.plan_versions) - with_run):
        yield f"{len(missing)} plans have no run with logs and artifact: {_some(missing)}"


def _limit_and_peak(circuit: Circuit, world: World) -> dict[str, float]:
    """A circuit's limit and the highest load that it bore, in kW or in A."""
    unit, limit = ("a", circuit.limit_a) if circuit.limit_kw is None else ("kw", circuit.limit_kw)
    return {f"limit_{unit}": limit or 0.0, f"peak_{unit}": round(world.circuit_peaks[circuit.name], 3)}


def _broken_welcomes(facts: Facts) -> Iterator[str]:
    cars = {car.session_id: car for car in facts.world.cars}
    welcomes = {session.session_id: _welcomes(session, cars) for session in facts.kept.eligible}
    for sessions, what in (
        ([name for name, times in welcomes.items() if times == 0], "eligible sessions were never welcomed"),
        ([name for name, times in welcomes.items() if times > 1], "sessions were welcomed more than once"),
    ):
        if sessions:
            yield f"{len(sessions)} {what}: {_some(sessions)}"


def _welcomes(session: Eligible, cars: Mapping[str, Car]) -> int:
    """Welcomes that reached the phone: the world's count, not the sender's."""
    car = cars.get(session.session_id)
    return car.welcomes if car else 0


def _count_drivers(eligible: Iterable[Eligible], cars: Mapping[str, Car]) -> tuple[int, int]:
    """Of the drivers who asked and have left: how many were served, how many stayed as said and fell short.

    A driver is served with the energy asked for, or with all that the car would take. One who left before
    the time stated without it is neither.
    """
    served = short = 0
    for session in eligible:
        car = cars.get(session.session_id)
        if car is None or car.left_at is None or not session.asked:
            continue
        need_kwh = min(session.energy_need_kwh or 0.0, car.appetite_kwh)
        if car.energy_kwh >= need_kwh - ENOUGH_KWH:
            served += 1
        elif session.departure_at is None or car.left_at >= session.departure_at:
            short += 1
    return served, short


def _plugin_to_welcome(cars: Iterable[Car]) -> dict[str, float | None]:
    waited = [
        car.welcomed_machine_ms - car.plugged_in_machine_ms
        for car in cars
        if car.welcomed_machine_ms is not None and car.plugged_in_machine_ms is not None
    ]
    return {"p50": percentile(waited, 0.5), "p95": percentile(waited, 0.95)}


def _request_timings(facts: Facts) -> dict[str, object]:
    timings = facts.kept.timings
    ends = {
        "request_to_accepted_ms": [(t.stored_machine_ms, t.first_wave_accepted_machine_ms) for t in timings],
        "request_to_complete_ms": [(t.stored_machine_ms, t.complete_machine_ms) for t in timings],
    }
    return {
        name: _spread([end - start for start, end in rows if end is not None]) for name, rows in ends.items()
    }


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    return {
        "n": len(values),
        "p50": percentile(values, 0.5),
        "p95": percentile(values, 0.95),
        "max": max(values, default=None),
    }


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which a share of the values lies, between two by their distance; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[floor(place)], ordered[ceil(place)]
    return round(low + (high - low) * (place % 1), 1)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _some(names: Sequence[object], most: int = 5) -> str:
    shown = ", ".join(str(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
