"""Who holds the phones: participants of the sample data, their stays of a day, what they really asked."""

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from readyby.interval import utc
from readyby.model import Site
from readyby.network.visits import read_visits


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One real charging session of a phone's owner, and the request that went with it."""

    session_id: str
    evse_id: str
    phone: str
    language: str
    wh_per_mi: float
    arrives_at: datetime
    leaves_at: datetime
    departure_at: datetime
    need_kwh: float


def read_stays(data_dir: Path, site: Site, first_day: date, *, days: int = 1) -> tuple[Stay, ...]:
    """The stays of those local days whose owners have a phone, in order of arrival.

    Raises:
        NotFound: there are no sessions of the site on those days.
    """
    people = _people(data_dir / "participants" / f"{site.site_id}_synthetic.csv")
    asked = _asked(data_dir / "sessions" / f"{site.site_id}_2019-05_2019-08.csv.gz")
    return tuple(
        Stay(
            session_id=visit.session_id,
            evse_id=visit.evse_id,
            phone=people[visit.token_uid]["phone"],
            language=people[visit.token_uid]["language"],
            wh_per_mi=float(people[visit.token_uid]["wh_per_mi"]),
            arrives_at=visit.arrives_at,
            leaves_at=visit.leaves_at,
            departure_at=utc(datetime.fromisoformat(asked[visit.session_id]["estimated_departure"])),
            need_kwh=float(asked[visit.session_id]["requested_energy (kWh)"]),
        )
        for visit in read_visits(data_dir, site, first_day, days=days)
        if visit.token_uid in people
    )


def _people(path: Path) -> Mapping[str | None, Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["token_uid"]: row for row in csv.DictReader(file)}


def _asked(path: Path) -> Mapping[str, Mapping[str, str]]:
    return {row["session_id"]: row for row in _rows(path)}


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
