"""Meter values of OCPP 1.6 in our units (pure): any measurand, unit, phase and context may be absent.

Energy is a lifetime register in Wh, or what an interval took (`energy` makes a session's of them); reactive
and exported energy count for nothing.
What is measured at the outlet counts, else at the station's inlet; inside the car, nothing does.
Power is Power.Active.Import, summed over phases where it comes by phase; else Current.Import times volts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

REGISTER = "Energy.Active.Import.Register"
INTERVAL = "Energy.Active.Import.Interval"
PERIODIC = "Sample.Periodic"
_OF_INTERVALS = (PERIODIC, "Sample.Clock")
POWER = "Power.Active.Import"
CURRENT = "Current.Import"
_KWH = {"Wh": 0.001, "kWh": 1.0}
_KW = {"W": 0.001, "kW": 1.0}
_AMPS = {"A": 1.0, "mA": 0.001}
_AT_CAR = (None, "Outlet")
_ALONE = (None, "L1-N", "L2-N", "L3-N", "L1", "L2", "L3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What one meter value says: None where it does not. `intervals_kwh` are by reading context."""

    at: str
    power_kw: float | None
    register_kwh: float | None
    intervals_kwh: Mapping[str, float] = field(default_factory=dict)


def read_value(value: Mapping[str, object], *, phases: int, voltage_v: float) -> Sampled:
    """One MeterValue. A sample that cannot be read is left out."""
    samples = value.get("sampledValue")
    listed = [each for each in samples if isinstance(each, dict)] if isinstance(samples, list) else []
    at_car = [each for each in listed if each.get("location") in _AT_CAR]
    listed = at_car or [each for each in listed if each.get("location") == "Inlet"]
    power_kw = _sum(listed, POWER, _KW, "W")
    if power_kw is None:
        amps = _amps(listed, phases)
        power_kw = None if amps is None else amps * voltage_v / 1000
    return Sampled(
        at=str(value.get("timestamp")),
        power_kw=power_kw,
        register_kwh=_sum(listed, REGISTER, _KWH, "Wh"),
        intervals_kwh=_intervals(listed),
    )


def _intervals(samples: Sequence[Mapping[str, object]]) -> dict[str, float]:
    """What an interval took, by context; one that a begin, an end or an interruption cut short is none."""
    found = {}
    for context in _OF_INTERVALS:
        of_context = [each for each in samples if each.get("context", PERIODIC) == context]
        if (taken_kwh := _sum(of_context, INTERVAL, _KWH, "Wh")) is not None:
            found[context] = taken_kwh
    return found


def _sum(
    samples: Iterable[Mapping[str, object]], measurand: str, units: Mapping[str, float], unit: str
) -> float | None:
    """The total where it is told, else the sum of its phases."""
    found = [
        (each.get("phase"), scaled)
        for each in samples
        if each.get("measurand", REGISTER) == measurand and (scaled := _scaled(each, units, unit)) is not None
    ]
    total = next((value for phase, value in found if phase is None), None)
    return total if total is not None or not found else sum(value for _, value in found)


def _amps(samples: Iterable[Mapping[str, object]], phases: int) -> float | None:
    """The current of all phases together."""
    found = [
        (each.get("phase"), scaled)
        for each in samples
        if each.get("measurand") == CURRENT
        and each.get("phase") in _ALONE
        and (scaled := _scaled(each, _AMPS, "A")) is not None
    ]
    by_phase = [value for phase, value in found if phase is not None]
    if by_phase:
        return sum(by_phase)
    return found[0][1] * phases if found else None


def _scaled(sample: Mapping[str, object], units: Mapping[str, float], unit: str) -> float | None:
    factor = units.get(str(sample.get("unit", unit)))
    try:
        value = float(str(sample.get("value")))
    except ValueError:
        return None
    return value * factor if factor is not None and isfinite(value) else None
