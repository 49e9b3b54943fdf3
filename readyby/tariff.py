"""Grid tariffs: what the utility charges the site for energy by time of use, and for its highest demand.

Prices apply to site wall time; a tariff answers for instants in UTC, so that a local day of 23 or 25
hours needs no care elsewhere (I-26).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from readyby.errors import BadInput
from readyby.interval import Interval, utc

WEEKDAYS = frozenset(range(5))
WEEKENDS = frozenset((5, 6))
EVERY_DAY = WEEKDAYS | WEEKENDS
DEMAND_WINDOW = timedelta(minutes=15)
"""Utilities bill the highest mean power of a quarter of an hour."""

_QUARTER_H = 0.25
_DAYS = {"ALL": EVERY_DAY, "WEEKDAYS": WEEKDAYS, "WEEKENDS": WEEKENDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """Hours of some days of a season: `[start_h, end_h)` of site wall time, both days of the season included.

    A season may wrap over New Year.
    """

    season_start: tuple[int, int] = (1, 1)
    season_end: tuple[int, int] = (12, 31)
    weekdays: frozenset[int] = EVERY_DAY
    start_h: float = 0.0
    end_h: float = 24.0

    def in_season(self, day: date) -> bool:
        today = (day.month, day.day)
        if self.season_start <= self.season_end:
            return self.season_start <= today <= self.season_end
        return today >= self.season_start or today <= self.season_end

    def __contains__(self, local: datetime) -> bool:
        hour = local.hour + local.minute / 60 + local.second / 3600
        return (
            self.start_h <= hour < self.end_h
            and local.weekday() in self.weekdays
            and self.in_season(local.date())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TouPeriod:
    """A price of energy at some hours."""

    price_usd_per_kwh: float
    hours: LocalTime


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge:
    """A price per kW of the highest 15-minute mean of the billing month, among some hours."""

    name: str
    price_usd_per_kw: float
    hours: tuple[LocalTime, ...]

    def __contains__(self, local: datetime) -> bool:
        return any(local in hours for hours in self.hours)

    def in_season(self, day: date) -> bool:
        return any(hours.in_season(day) for hours in self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One price over one span of time."""

    interval: Interval
    price_usd_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GridTariff:
    """What the utility charges a site. Billing months are local calendar months."""

    tariff_id: str
    name: str
    time_zone: str
    periods: tuple[TouPeriod, ...]
    demand_charges: tuple[DemandCharge, ...] = ()

    def local(self, instant: datetime) -> datetime:
        """Site wall time of an instant."""
        return utc(instant).astimezone(ZoneInfo(self.time_zone))

    def price_usd_per_kwh(self, instant: datetime) -> float:
        """The price of energy at an instant.

        Raises:
            BadInput: no period of the tariff covers it.
        """
        local = self.local(instant)
        for period in self.periods:
            if local in period.hours:
                return period.price_usd_per_kwh
        raise BadInput("tariff.periods", f"{self.tariff_id} at {local}", "cover every hour of the year")

    def rates(self, interval: Interval) -> tuple[Rate, ...]:
        """Prices over an interval, equal neighbors joined, changes on quarters of an hour."""
        rates: list[Rate] = []
        for slot in interval.slots(DEMAND_WINDOW):
            price = self.price_usd_per_kwh(slot.start)
            same = bool(rates) and rates[-1].price_usd_per_kwh == price
            start = rates.pop().interval.start if same else slot.start
            rates.append(Rate(interval=Interval(start, slot.end), price_usd_per_kwh=price))
        return tuple(rates)

    def demand_charges_of(self, month: Interval) -> tuple[DemandCharge, ...]:
        """The demand charges of the season in which a billing month begins."""
        day = self.local(month.start).date()
        return tuple(charge for charge in self.demand_charges if charge.in_season(day))

    def billing_month(self, instant: datetime) -> Interval:
        """The local calendar month that holds an instant."""
        zone = ZoneInfo(self.time_zone)
        local = self.local(instant)
        start = datetime(local.year, local.month, 1, tzinfo=zone)
        end = datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=zone)
        return Interval(start, end)

    def demand_usd(self, month: Interval, demand: Iterable[tuple[datetime, float]]) -> float:
        """Demand charges of a billing month for its 15-minute means in kW, each at its start."""
        means = [(self.local(at), kw) for at, kw in demand]
        return sum(
            charge.price_usd_per_kw * max((kw for local, kw in means if local in charge), default=0.0)
            for charge in self.demand_charges_of(month)
        )


def read_tariff(document: Mapping[str, object], *, tariff_id: str, time_zone: str) -> GridTariff:
    """A tariff from a document in one of two public forms: acnportal's `schedule`, or DOPER's `seasons`.

    Raises:
        BadInput: the document has another form, or leaves hours of the year without a price.
    """
    try:
        if "schedule" in document:
            tariff = _of_schedule(document, tariff_id, time_zone)
        elif "seasons" in document:
            tariff = _of_seasons(document, tariff_id, str(document.get("tz", time_zone)))
        else:
            raise BadInput("tariff", tariff_id, "give it a `schedule` (acnportal) or `seasons` (DOPER)")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadInput("tariff", tariff_id, f"it cannot be read: {type(error).__name__} {error}") from error
    _check_cover(tariff)
    return tariff


def _of_schedule(document: Mapping[str, object], tariff_id: str, time_zone: str) -> GridTariff:
    periods: list[TouPeriod] = []
    charges: dict[tuple[float, tuple[int, int], tuple[int, int]], DemandCharge] = {}
    for entry in _rows(document["schedule"]):
        start, end = _month_day(entry["effective_start"]), _month_day(entry["effective_end"])
        hours = [float(str(hour)) for hour in _list(entry["times"])] + [24.0]
        prices = [float(str(price)) for price in _list(entry["tariffs"])]
        for price, start_h, end_h in zip(prices, hours[:-1], hours[1:], strict=True):
            window = LocalTime(
                season_start=start,
                season_end=end,
                weekdays=_DAYS[str(entry["dow_mask"])],
                start_h=start_h,
                end_h=end_h,
            )
            periods.append(TouPeriod(price_usd_per_kwh=price, hours=window))
        per_kw = float(str(entry.get("demand_charge", 0.0)))
        if per_kw:
            name = f"demand.{start[0]:02}-{start[1]:02}"
            season = LocalTime(season_start=start, season_end=end)
            charges[per_kw, start, end] = DemandCharge(name=name, price_usd_per_kw=per_kw, hours=(season,))
    return GridTariff(
        tariff_id=tariff_id,
        name=str(document["name"]),
        time_zone=time_zone,
        periods=tuple(periods),
        demand_charges=tuple(charges.values()),
    )


def _of_seasons(document: Mapping[str, object], tariff_id: str, time_zone: str) -> GridTariff:
    names = {str(key): str(name) for key, name in _map(document["seasons_map"]).items()}
    periods: list[TouPeriod] = []
    charges: list[DemandCharge] = []
    for month_key, season_key in _map(document["seasons"]).items():
        month = int(month_key)
        if not 1 <= month <= 12:
            continue
        season = _map(document[names[str(season_key)]])
        levels: dict[tuple[str, float], tuple[LocalTime, ...]] = {}
        for days, start_h, end_h, level in _day_runs(_map(season["hours"])):
            hours = LocalTime(
                season_start=(month, 1),
                season_end=(month, 31),
                weekdays=days,
                start_h=start_h,
                end_h=end_h,
            )
            energy = float(str(_map(season["energy"])[level]))
            per_kw = float(str(_map(season["demand"]).get(level, 0.0)))
            periods.append(TouPeriod(price_usd_per_kwh=energy, hours=hours))
            if per_kw:
                levels[level, per_kw] = (*levels.get((level, per_kw), ()), hours)
        charges += [
            DemandCharge(name=f"demand.level-{level}.{month:02}", price_usd_per_kw=per_kw, hours=windows)
            for (level, per_kw), windows in levels.items()
        ]
        per_kw = float(str(season.get("demand_coincident", 0.0)))
        if per_kw:
            whole = LocalTime(season_start=(month, 1), season_end=(month, 31))
            charges.append(
                DemandCharge(name=f"demand.anytime.{month:02}", price_usd_per_kw=per_kw, hours=(whole,))
            )
    return GridTariff(
        tariff_id=tariff_id,
        name=str(document["name"]),
        time_zone=time_zone,
        periods=tuple(periods),
        demand_charges=tuple(charges),
    )


def _day_runs(hours: Mapping[str, object]) -> Iterable[tuple[frozenset[int], float, float, str]]:
    """Days of the week with their runs: one table for every day, or one each for weekdays and weekends."""
    if "weekday" not in hours and "weekend" not in hours:
        yield from ((EVERY_DAY, *run) for run in _runs(hours))
        return
    for days, name in ((WEEKDAYS, "weekday"), (WEEKENDS, "weekend")):
        yield from ((days, *run) for run in _runs(_map(hours[name])))


def _runs(hours: Mapping[str, object]) -> Iterable[tuple[float, float, str]]:
    """Neighboring hours of one level as (start hour, end hour, level)."""
    start = 0
    for hour in range(1, 25):
        if hour == 24 or hours[str(hour)] != hours[str(start)]:
            yield float(start), float(hour), str(hours[str(start)])
            start = hour


def _check_cover(tariff: GridTariff) -> None:
    zone = ZoneInfo(tariff.time_zone)
    for month in range(1, 13):
        for day in range(1, 8):
            noon = datetime(2019, month, day, tzinfo=zone)
            for quarter in range(96):
                hour = quarter * _QUARTER_H
                tariff.price_usd_per_kwh(noon.replace(hour=int(hour), minute=int(hour % 1 * 60)))


def _month_day(text: object) -> tuple[int, int]:
    month, day = str(text).split("-")
    return int(month), int(day)


def _map(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"an object is needed, not {value!r}")
    return value


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise TypeError(f"an array is needed, not {value!r}")
    return value


def _rows(value: object) -> Sequence[Mapping[str, object]]:
    return [_map(row) for row in _list(value)]
