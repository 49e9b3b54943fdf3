"""Whether a situation makes sense: what cannot be meant is refused by session and field."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from readyby.errors import BadInput
from readyby.model import CONNECTIONS
from readyby.planning.situation import PlannedStay, Situation

LONGEST = timedelta(days=8)
"""No session stays longer, and none is booked further ahead."""
_NOT_NEGATIVE = (
    "ramp_kw",
    "change_usd_per_kwh",
    "deadband_kw",
    "floor_price_usd_per_kwh",
    "unplanned_reserve_kw",
    "early_usd_per_kwh_h",
)


def hold_sound(situation: Situation) -> None:
    """Refuse a situation that cannot be meant.

    Raises:
        BadInput: `field` is the JSON path of the value.
    """
    if not situation.limit_kw or min(value for _, value in situation.limit_kw) < 0:
        raise BadInput("$.limit_kw", situation.limit_kw, "give the site's limit, 0 or more")
    if not 0 < situation.draw_ratio <= 1:
        raise BadInput("$.draw_ratio", situation.draw_ratio, "give a share above 0, of 1 at most")
    if situation.voltage_v <= 0:
        raise BadInput("$.voltage_v", situation.voltage_v, "give a voltage above 0")
    for name, count in Counter(stay.session_id for stay in situation.sessions).items():
        if count > 1:
            raise BadInput("$.sessions", name, "give every session_id once")
    for name in _NOT_NEGATIVE:
        if (getattr(situation, name) or 0.0) < 0:
            raise BadInput(f"$.{name}", getattr(situation, name), "give 0 or more")
    _hold_circuits(situation)
    _hold_bystanders(situation)
    for index, stay in enumerate(situation.sessions):
        _hold_stay(f"$.sessions[{index}]", stay, situation)
        _hold_wiring(f"$.sessions[{index}]", stay, situation)
    _hold_peaks(situation)


def _hold_peaks(situation: Situation) -> None:
    for index, peak in enumerate(situation.demand_peaks):
        if peak.price_usd_per_kw < 0 or not 0 <= peak.proxy <= 1:
            raise BadInput(
                f"$.demand_peaks[{index}]", peak.name, "give a price of 0 or more, a proxy from 0 to 1"
            )


def _hold_circuits(situation: Situation) -> None:
    parents = {circuit.name: circuit.parent for circuit in situation.circuits}
    counts = Counter(circuit.name for circuit in situation.circuits)
    for index, circuit in enumerate(situation.circuits):
        path = f"$.circuits[{index}]"
        if not circuit.name or counts[circuit.name] > 1:
            raise BadInput(f"{path}.name", circuit.name, "give every circuit a name of its own")
        for name in ("limit_kw", "limit_a", "reserved_kw"):
            if (getattr(circuit, name) or 0.0) < 0:
                raise BadInput(f"{path}.{name}", getattr(circuit, name), f"give {circuit.name} 0 or more")
        above, name = {circuit.name}, circuit.parent
        while name:
            if name not in parents or name in above:
                raise BadInput(f"{path}.parent", circuit.parent, "name another circuit above it, or none")
            above.add(name)
            name = parents[name]


def _hold_bystanders(situation: Situation) -> None:
    names = {circuit.name for circuit in situation.circuits}
    for index, each in enumerate(situation.bystanders):
        if each.circuit and each.circuit not in names:
            raise BadInput(f"$.bystanders[{index}].circuit", each.circuit, "name a circuit, or none")
        if each.connection and each.connection not in CONNECTIONS:
            raise BadInput(
                f"$.bystanders[{index}].connection", each.connection, f"use one of {', '.join(CONNECTIONS)}"
            )
        if min(each.power_kw, each.surge_kw) < 0:
            raise BadInput(f"$.bystanders[{index}]", min(each.power_kw, each.surge_kw), "give 0 or more")


def _hold_wiring(path: str, stay: PlannedStay, situation: Situation) -> None:
    names = [circuit.name for circuit in situation.circuits]
    if stay.circuit and stay.circuit not in names:
        raise BadInput(
            f"{path}.circuit", stay.circuit, f"name a circuit: one of {', '.join(names) or 'none'}"
        )
    if stay.connection and stay.connection not in CONNECTIONS:
        raise BadInput(f"{path}.connection", stay.connection, f"use one of {', '.join(CONNECTIONS)}")
    if any(level <= 0 for level in stay.levels_kw):
        raise BadInput(
            f"{path}.levels_kw", list(stay.levels_kw), "give powers above 0: nothing is always there"
        )
    if stay.max_pauses is not None and stay.max_pauses < 0:
        raise BadInput(f"{path}.max_pauses", stay.max_pauses, f"give {stay.session_id} 0 or more")


def _hold_stay(path: str, stay: PlannedStay, situation: Situation) -> None:
    for name in ("need_kwh", "min_kw", "standing_cap_kw", "floor_kwh", "min_on_min", "min_off_min"):
        if getattr(stay, name) < 0:
            raise BadInput(f"{path}.{name}", getattr(stay, name), f"give {stay.session_id} 0 or more")
    if stay.max_kw <= 0:
        raise BadInput(f"{path}.max_kw", stay.max_kw, f"give {stay.session_id} a power above 0")
    if stay.min_kw > stay.max_kw:
        raise BadInput(f"{path}.min_kw", stay.min_kw, f"keep it within max_kw of {stay.session_id}")
    if stay.priority <= 0:
        raise BadInput(f"{path}.priority", stay.priority, f"give {stay.session_id} a priority above 0")
    if stay.departure_at <= stay.arrival_at:
        raise BadInput(f"{path}.departure_at", stay.departure_at.isoformat(), "let it come after arrival_at")
    if stay.departure_at - situation.now > LONGEST:
        raise BadInput(f"{path}.departure_at", stay.departure_at.isoformat(), "plan at most 8 days ahead")
    points = stay.taper
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) if b[0] > a[0] else 1.0 for a, b in pairwise(points)]
    if any(slope > 0 for slope in slopes) or any(b > a + 1e-12 for a, b in pairwise(slopes)):
        raise BadInput(f"{path}.taper", list(points), "give points of a falling, concave line, kWh ascending")
