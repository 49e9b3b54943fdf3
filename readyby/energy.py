"""Units of power, energy and distance, converted in one place."""

import math

from readyby.model import KM_PER_MI

WH_PER_KWH = 1000.0


def kwh_of_miles(distance_mi: float, wh_per_mi: float) -> float:
    """Energy in kWh that a distance takes at a vehicle's consumption in Wh per mile."""
    return distance_mi * wh_per_mi / WH_PER_KWH


def miles_of_kwh(energy_kwh: float, wh_per_mi: float) -> float:
    """Distance in miles that an energy in kWh is good for."""
    return energy_kwh * WH_PER_KWH / wh_per_mi


def miles_of_km(distance_km: float) -> float:
    """Distance in miles."""
    return distance_km / KM_PER_MI


def kw_of_amps(current_a: float, voltage_v: float, phases: int = 1) -> float:
    """Power in kW of a current per phase.

    `voltage_v` is what the connection sees: line to line for the single-phase connection of US Level 2,
    line to neutral for each phase of a three-phase one.
    """
    return current_a * voltage_v * phases / 1000


def amps_of_kw(power_kw: float, voltage_v: float, phases: int = 1) -> float:
    """Current per phase in A of a power in kW; the inverse of `kw_of_amps`."""
    return power_kw * 1000 / (voltage_v * phases)


def floor_kw(power_kw: float, quantum_kw: float = 0.001) -> float:
    """The greatest multiple of a quantum that is not above a power; never negative.

    A remainder of a billionth of the quantum is arithmetic, not power: 6.656 stays 6.656.
    """
    return max(0.0, round(math.floor(power_kw / quantum_kw + 1e-9) * quantum_kw, 9))
