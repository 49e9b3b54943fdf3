"""What really happened, minute by minute and car by car: the ledger that no process of the product reads."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from readyby.envelope import instant, us
from readyby.network.fleet import REAL, TWIN

MINUTE_US = 60_000_000


@dataclass(slots=True, kw_only=True)
class CarRecord:
    """One car's stay, in the real world and in its uncontrolled twin."""

    session_id: str
    evse_id: str
    arrived_at: str
    plugged_in_machine_ms: int
    appetite_kwh: float
    left_at: str | None = None
    energy_kwh: float = 0.0
    uncontrolled_kwh: float = 0.0
    peak_kw: float = 0.0


class Truth:
    """Power of the site by minute, real and uncontrolled: mean and highest; of circuits the highest load."""

    def __init__(self, start_us: int) -> None:
        self._start_us = start_us
        self._mean_kw: list[list[float]] = [[], []]
        self._max_kw: list[list[float]] = [[], []]
        self._weights_us: list[int] = []
        self._circuits: dict[str, list[float]] = {}
        self.cars: dict[str, CarRecord] = {}

    def add(
        self, at_us: int, step_us: int, total_kw: tuple[float, float], loads: Mapping[str, float]
    ) -> None:
        """Both worlds drew this from `at_us` on for a while within one minute; in the real one circuits bore
        these loads.
        """
        minute = (at_us - self._start_us) // MINUTE_US
        while len(self._weights_us) <= minute:
            self._weights_us.append(0)
            for world in (REAL, TWIN):
                self._mean_kw[world].append(0.0)
                self._max_kw[world].append(0.0)
        weight_us = self._weights_us[minute]
        self._weights_us[minute] = weight_us + step_us
        for world in (REAL, TWIN):
            energy = self._mean_kw[world][minute] * weight_us + total_kw[world] * step_us
            self._mean_kw[world][minute] = energy / (weight_us + step_us)
            self._max_kw[world][minute] = max(self._max_kw[world][minute], total_kw[world])
        for name, load in loads.items():
            peaks = self._circuits.setdefault(name, [])
            peaks.extend([0.0] * (minute + 1 - len(peaks)))
            peaks[minute] = max(peaks[minute], load)

    def told(self, since: datetime | None) -> dict[str, Any]:
        """The ledger as JSON, peaks and series from an instant on."""
        first = max(0, (us(since) - self._start_us) // MINUTE_US) if since else 0
        mean, highest = ([series[first:] for series in both] for both in (self._mean_kw, self._max_kw))
        hours = [weight / 3.6e9 for weight in self._weights_us[first:]]
        energy = [sum(p * h for p, h in zip(each, hours, strict=True)) for each in mean]
        return {
            "minutes_from": instant(self._start_us + first * MINUTE_US).isoformat(),
            "power_kw": [round(power, 4) for power in mean[REAL]],
            "power_max_kw": [round(power, 4) for power in highest[REAL]],
            "uncontrolled_kw": [round(power, 4) for power in mean[TWIN]],
            "uncontrolled_max_kw": [round(power, 4) for power in highest[TWIN]],
            "peak_kw": max(highest[REAL], default=0.0),
            "uncontrolled_peak_kw": max(highest[TWIN], default=0.0),
            "energy_kwh": energy[REAL],
            "uncontrolled_energy_kwh": energy[TWIN],
            "circuit_peaks": {
                name: max(peaks[first:], default=0.0) for name, peaks in self._circuits.items()
            },
            "sessions": [asdict(car) for car in self.cars.values()],
        }

    def kept(self) -> dict[str, Any]:
        """For a snapshot."""
        return {
            "start_us": self._start_us,
            "mean_kw": self._mean_kw,
            "max_kw": self._max_kw,
            "weights_us": self._weights_us,
            "circuits": self._circuits,
            "cars": [asdict(car) for car in self.cars.values()],
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on from a snapshot."""
        self._start_us = kept["start_us"]
        self._mean_kw, self._max_kw = kept["mean_kw"], kept["max_kw"]
        self._weights_us = kept["weights_us"]
        self._circuits = kept.get("circuits", {})
        self.cars = {told["session_id"]: CarRecord(**told) for told in kept["cars"]}
