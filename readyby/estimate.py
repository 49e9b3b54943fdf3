"""What a stay is likely to save against charging at once, while the car is still plugged in; pure.

It follows the rules of the settlement: what the meter has counted is priced as it was, what the plan holds is
taken as if the car drew it, until the need is there or the driver leaves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from readyby.interval import Interval, hours
from readyby.model import Step
from readyby.savings import meter_line, twin_line, weighed
from readyby.store.api import DriverStatus
from readyby.tariff import Rate

ALIKE_KWH = 0.1
"""A twin that gets less than the car by more than this is no measure of a higher cost."""

Line = tuple[list[datetime], list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """Dollars and kilograms of CO2 less than the uncontrolled twin's; below zero it is more.

    `co2_kg` is None where no signal covers the stay; `alike`, whether both get the same energy.
    """

    usd: float
    co2_kg: float | None
    alike: bool


def stay_of(status: DriverStatus) -> Interval | None:
    """From plug-in to the departure that is planned for; None for a stay that no plan controls."""
    planned, start = status.planned, status.session.started_at
    if planned is None or not planned.controlled or planned.departure_at is None:
        return None
    return Interval(start, planned.departure_at) if planned.departure_at > start else None


def estimate(
    status: DriverStatus, now: datetime, rates: Sequence[Rate], co2: Iterable[tuple[Interval, float]] | None
) -> Saving | None:
    """The saving of a planned stay, by prices and kg CO2 per kWh over it; None without a plan or prices."""
    stay, planned = stay_of(status), status.planned
    if stay is None or planned is None or not rates:
        return None
    line = _likely(status, planned.steps, planned.energy_need_kwh or 0.0, now, stay)
    energy_kwh = line[1][-1]
    evse = next((evse for evse in status.site.evses if evse.evse_id == status.session.evse_id), None)
    twin = twin_line(stay.start, stay.end, energy_kwh, evse)
    prices = [(rate.interval, rate.price_usd_per_kwh) for rate in rates]
    intensities = list(co2) if co2 is not None else []
    return Saving(
        usd=weighed(prices, *twin) - weighed(prices, *line),
        co2_kg=weighed(intensities, *twin) - weighed(intensities, *line) if intensities else None,
        alike=twin[1][-1] >= energy_kwh - ALIKE_KWH,
    )


def _likely(
    status: DriverStatus, steps: Sequence[Step], need_kwh: float, now: datetime, stay: Interval
) -> Line:
    """Energy so far over the stay: metered until now, planned from now on, never more than the need."""
    so_far_kwh = max(0.0, status.session.delivered_kwh)
    until = min(max(now, stay.start), stay.end)
    times, energies = meter_line(stay.start, status.metered, until, so_far_kwh)
    changes = [step.start_at for step in steps[1:]] + [stay.end]
    for step, change in zip(steps, changes, strict=True):
        start, end = max(step.start_at, times[-1]), min(change, stay.end)
        missing_kwh = need_kwh - energies[-1]
        if start >= end or step.limit_kw <= 0 or missing_kwh <= 0:
            continue
        full_h = min(hours(end - start), missing_kwh / step.limit_kw)
        times += [start, start + (end - start) * (full_h / hours(end - start))]
        energies += [energies[-1], energies[-1] + step.limit_kw * full_h]
    return times, energies
