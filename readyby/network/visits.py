"""Real charging sessions as visits of cars: when they came and left, and how much they took."""

import csv
import gzip
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from readyby.errors import NotFound
from readyby.interval import hours, utc
from readyby.model import Site

CAR_KW = (3.3, 6.6, 6.656)
FADES_FROM_SHARE = 0.8
LAST_POWER_SHARE = 0.3
FADING_FACTOR = 1.72
"""How much longer a kWh takes while power fades evenly to 30 %: ln(1 / 0.3) / (1 - 0.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A car at an EVSE: it takes `energy_kwh` if it may, at most `car_kw`, and stays from arrival to leaving.

    `efficiency` is the share of an offered limit that it draws; from `fades_from_share` of its energy on,
    its power fades to 30 %.
    """

    session_id: str
    evse_id: str
    token_uid: str | None
    arrives_at: datetime
    leaves_at: datetime
    energy_kwh: float
    car_kw: float
    efficiency: float
    fades_from_share: float = FADES_FROM_SHARE


def read_visits(
    data_dir: Path, site: Site, first_day: date, *, days: int = 1, seed: int = 0
) -> tuple[Visit, ...]:
    """The visits of some local days in a row, in order of arrival.

    Raises:
        NotFound: there are no sessions of the site on those days; names the file.
    """
    path = data_dir / "sessions" / f"{site.site_id}_2019-05_2019-08.csv.gz"
    tokens = _tokens(data_dir / "participants" / f"{site.site_id}_assignment.csv.gz")
    zone, last_day = ZoneInfo(site.time_zone), first_day + timedelta(days=days)
    evses = {str(evse.evse_id): evse.max_kw for evse in site.evses}
    visits = []
    for row in _rows(path):
        arrives_at = datetime.fromisoformat(row["arrival"])
        if row["station_id"] in evses and first_day <= arrives_at.astimezone(zone).date() < last_day:
            visits.append(_visit(row, tokens, evses[row["station_id"]], seed))
    if not visits:
        raise NotFound(f"demo_day: {path} has no sessions on {first_day}: choose another day")
    return _one_at_a_time(sorted(visits, key=lambda visit: visit.arrives_at))


def _rows(path: Path) -> Iterable[Mapping[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _tokens(path: Path) -> Mapping[str, str]:
    return {row["session_id"]: row["token_uid"] for row in _rows(path)} if path.is_file() else {}


def _visit(row: Mapping[str, str], tokens: Mapping[str, str], evse_kw: float, seed: int) -> Visit:
    """A recorded session as a visit whose energy can be delivered in its stay.

    The car's size is any that fits; who needs full power to the end does not fade; no car takes more than
    its EVSE can give.
    """
    arrives_at = utc(datetime.fromisoformat(row["arrival"]))
    leaves_at = utc(datetime.fromisoformat(row["departure"]))
    chance = random.Random(f"{seed}/{row['session_id']}")
    efficiency = chance.uniform(0.95, 0.98)
    stay_h = hours(leaves_at - arrives_at)
    energy_kwh = float(row["delivered_energy (kWh)"])
    fitting = [kw for kw in CAR_KW if _hours_needed(energy_kwh, min(kw, evse_kw * efficiency)) <= stay_h]
    return Visit(
        session_id=row["session_id"],
        evse_id=row["station_id"],
        token_uid=tokens.get(row["session_id"]),
        arrives_at=arrives_at,
        leaves_at=leaves_at,
        energy_kwh=min(energy_kwh, stay_h * evse_kw * efficiency),
        car_kw=chance.choice(fitting) if fitting else max(CAR_KW),
        efficiency=efficiency,
        fades_from_share=FADES_FROM_SHARE if fitting else 1.0,
    )


def _hours_needed(energy_kwh: float, power_kw: float) -> float:
    return energy_kwh / power_kw * (FADES_FROM_SHARE + (1 - FADES_FROM_SHARE) * FADING_FACTOR)


def _one_at_a_time(visits: Iterable[Visit]) -> tuple[Visit, ...]:
    """An EVSE serves one car: whoever comes before the last one left, comes when it has left, for less."""
    free_at: dict[str, datetime] = {}
    kept = []
    for visit in visits:
        free = free_at.get(visit.evse_id, visit.arrives_at)
        if visit.leaves_at > free:
            kept.append(_not_before(visit, free))
            free_at[visit.evse_id] = visit.leaves_at
    return tuple(sorted(kept, key=lambda visit: visit.arrives_at))


def _not_before(visit: Visit, free_at: datetime) -> Visit:
    if visit.arrives_at >= free_at:
        return visit
    share = (visit.leaves_at - free_at) / (visit.leaves_at - visit.arrives_at)
    return replace(visit, arrives_at=free_at, energy_kwh=visit.energy_kwh * share)
