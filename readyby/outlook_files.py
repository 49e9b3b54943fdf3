"""A site's outlook from files: data/profiles/*.csv for building and solar power, data/emissions for CO2."""

import csv
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from pathlib import Path

from readyby.emissions import Emissions
from readyby.errors import BadInput, NotFound
from readyby.interval import Interval, floor_to, utc
from readyby.model import Site
from readyby.outlook import AHEAD, Outlook, Profile
from readyby.planning.situation import STEP, Series

MOST_KW = 10_000.0
HOURS = tuple(str(hour) for hour in range(24))


def outlook_of(site: Site, data_dir: Path, region: str, now: datetime) -> Outlook:
    """What is expected at a site for the longest plan from now on; `region` names the CO2 signal.

    Without a signal over all of it none is told. Raises as `building_of`.
    """
    span = Interval(now, now + AHEAD)
    return Outlook(
        building_kw=building_of(site, data_dir).series(span, site.time_zone),
        solar_kw=profile_of(site.solar_kw, data_dir).series(span, site.time_zone),
        co2_kg_per_kwh=_co2(_signal(data_dir, region), span) if site.co2_usd_per_kg > 0 else (),
    )


def building_of(site: Site, data_dir: Path) -> Profile:
    """The load of a site's building.

    Raises:
        NotFound: the file that the site names is not there.
        BadInput: the file is no profile.
    """
    return profile_of(site.building_kw, data_dir)


def profile_of(said: float | str, data_dir: Path) -> Profile:
    """A constant in kW, or the profile in data/profiles of that name. Raises as `building_of`."""
    if isinstance(said, str):
        return _read(data_dir / "profiles" / said)
    return Profile(by_hour=(said,) * 24) if said > 0 else Profile()


@lru_cache(maxsize=64)
def _read(path: Path) -> Profile:
    if not path.is_file():
        raise NotFound(f"{path} is not there: add the profile, or correct its name in the site's file")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    head = rows[0] if rows else []
    if head not in (["local_hour", "kw"], ["instant", "kw"]):
        raise BadInput(f"{path}: line 1", ",".join(head), "begin with local_hour,kw or instant,kw")
    points = [(_key(path, n, row, head[0]), _kw(path, n, row)) for n, row in enumerate(rows[1:], 2)]
    return _by_hour(path, points) if head[0] == "local_hour" else _by_instant(path, points)


def _key(path: Path, line: int, row: list[str], kind: str) -> datetime | str:
    if len(row) != 2:
        raise BadInput(f"{path}: line {line}", ",".join(row), "give two columns")
    if kind == "local_hour":
        return row[0].strip()
    try:
        return utc(datetime.fromisoformat(row[0].strip()))
    except (ValueError, BadInput):
        raise BadInput(
            f"{path}: line {line}: instant", row[0], "give an instant with a zone, as 2019-07-24T15:00:00Z"
        ) from None


def _kw(path: Path, line: int, row: list[str]) -> float:
    try:
        kw = float(row[1])
    except ValueError:
        kw = float("nan")
    if not isfinite(kw) or not 0 <= kw <= MOST_KW:
        raise BadInput(f"{path}: line {line}: kw", row[1], f"give a number from 0 to {MOST_KW:g}")
    return kw


def _by_hour(path: Path, points: list[tuple[datetime | str, float]]) -> Profile:
    hours = tuple(str(hour) for hour, _ in points)
    if hours != HOURS:
        raise BadInput(f"{path}: local_hour", ",".join(hours), "give each hour from 0 to 23 once, in order")
    return Profile(by_hour=tuple(kw for _, kw in points))


def _by_instant(path: Path, points: list[tuple[datetime | str, float]]) -> Profile:
    series: Series = tuple((at, kw) for at, kw in points if isinstance(at, datetime))
    if not series or any(later[0] <= earlier[0] for earlier, later in pairwise(series)):
        raise BadInput(f"{path}: instant", len(series), "give instants in order, each later, one at least")
    return Profile(by_instant=series)


@lru_cache(maxsize=4)
def _signal(data_dir: Path, region: str) -> Emissions:
    return Emissions(data_dir, region)


def _co2(emissions: Emissions, span: Interval) -> Series:
    """The signal's mean by quarter of an hour; nothing where it does not cover the span."""
    whole = Interval(floor_to(span.start, STEP), floor_to(span.end, STEP))
    rates = emissions.rates(whole)
    if rates is None:
        return ()
    by_slot: dict[datetime, list[float]] = {}
    for each, value in rates:
        by_slot.setdefault(floor_to(each.start, STEP), []).append(value)
    return tuple((at, sum(values) / len(values)) for at, values in sorted(by_slot.items()))
