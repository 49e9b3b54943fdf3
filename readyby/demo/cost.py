"""What a power curve costs: energy by time of use, and the demand charge on its highest quarter-hour."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from readyby.demo.facts import Car, Minute
from readyby.interval import Interval, floor_to
from readyby.tariff import DEMAND_WINDOW, GridTariff

MINUTE_H = 1 / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two ways to charge the same cars over the same window, in dollars of the site's own tariff.

    `owed_kwh` is what the controlled cars have not got yet while their uncontrolled twins have: it is
    priced at the dearest rate of the day and counted into `cost_usd`, so that waiting saves nothing here.
    """

    cost_usd: float
    uncontrolled_cost_usd: float
    owed_kwh: float


def compare(minutes: Sequence[Minute], cars: Iterable[Car], tariff: GridTariff) -> Comparison:
    """Price both curves; the whole month's demand charge falls on the window's peak, for both alike."""
    owed_kwh = sum(max(0.0, car.uncontrolled_kwh - car.energy_kwh) for car in cars)
    if not minutes:
        return Comparison(cost_usd=0.0, uncontrolled_cost_usd=0.0, owed_kwh=owed_kwh)
    controlled = [(minute.at, minute.power_kw) for minute in minutes]
    uncontrolled = [(minute.at, minute.uncontrolled_kw) for minute in minutes]
    owed_usd = owed_kwh * dearest_usd_per_kwh(tariff, minutes[0].at)
    return Comparison(
        cost_usd=curve_usd(controlled, tariff) + owed_usd,
        uncontrolled_cost_usd=curve_usd(uncontrolled, tariff),
        owed_kwh=owed_kwh,
    )


def curve_usd(curve: Sequence[tuple[datetime, float]], tariff: GridTariff) -> float:
    """Energy and demand charges of a curve of mean power in kW, one value a minute."""
    energy_usd = sum(kw * MINUTE_H * tariff.price_usd_per_kwh(at) for at, kw in curve)
    month = tariff.billing_month(curve[0][0])
    return energy_usd + tariff.demand_usd(month, quarter_means(curve))


def quarter_means(curve: Iterable[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Means over quarters of an hour in kW, each at its start; minutes without a value count as zero."""
    energy_kwh: dict[datetime, float] = defaultdict(float)
    for at, kw in curve:
        energy_kwh[floor_to(at, DEMAND_WINDOW)] += kw * MINUTE_H
    quarter_h = DEMAND_WINDOW / timedelta(hours=1)
    return [(at, kwh / quarter_h) for at, kwh in sorted(energy_kwh.items())]


def dearest_usd_per_kwh(tariff: GridTariff, instant: datetime) -> float:
    """The highest price of the local day that holds an instant."""
    midnight = tariff.local(instant).replace(hour=0, minute=0, second=0, microsecond=0)
    day = Interval(midnight, midnight + timedelta(days=1))
    return max(rate.price_usd_per_kwh for rate in tariff.rates(day))
