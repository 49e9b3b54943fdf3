"""The recorded sessions are as data/README.md says."""

import csv
import gzip
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest


def read_sessions(repository: Path, site: str) -> list[dict[str, Any]]:
    path = repository / "data" / "sessions" / f"{site}_2019-05_2019-08.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return [
            row
            | {
                name: datetime.fromisoformat(row[name])
                for name in ("arrival", "departure", "estimated_departure")
            }
            for row in csv.DictReader(lines)
        ]


@pytest.fixture(scope="module", params=[("jpl", 6026), ("caltech", 3527)], ids=["jpl", "caltech"])
def sessions(request: pytest.FixtureRequest, repository: Path) -> list[dict[str, Any]]:
    site, count = request.param
    found = read_sessions(repository, site)
    assert len(found) == count
    return found


def test_instants_have_a_zone_and_order(sessions: list[dict[str, Any]]) -> None:
    for row in sessions:
        assert row["arrival"].utcoffset() is not None
        assert row["arrival"] < row["departure"]
        assert row["arrival"] < row["estimated_departure"]


def test_the_file_is_of_its_local_months(sessions: list[dict[str, Any]]) -> None:
    assert {row["arrival"].month for row in sessions} == {5, 6, 7, 8}
    assert {row["arrival"].year for row in sessions} == {2019}


def test_energies_are_believable(sessions: list[dict[str, Any]]) -> None:
    for row in sessions:
        stay_h = (row["departure"] - row["arrival"]).total_seconds() / 3600
        delivered_kwh = float(row["delivered_energy (kWh)"])
        assert 0 < delivered_kwh <= 7.0 * stay_h
        assert 0 < float(row["requested_energy (kWh)"]) <= 200


def test_ids_are_unique(sessions: list[dict[str, Any]]) -> None:
    assert len({row["session_id"] for row in sessions}) == len(sessions)


def test_one_outlet_serves_one_car(sessions: list[dict[str, Any]]) -> None:
    """No two sessions overlap on an outlet, so a replay needs no rule for it (I-27)."""
    ordered = sorted(sessions, key=lambda row: (row["station_id"], row["arrival"]))
    assert len({row["station_id"] for row in sessions}) == 52
    for earlier, later in pairwise(ordered):
        assert earlier["station_id"] != later["station_id"] or earlier["departure"] <= later["arrival"]


def test_claimed_says_whether_the_driver_gave_input(sessions: list[dict[str, Any]]) -> None:
    assert {row["claimed"] for row in sessions} == {"True", "False"}
    for row in sessions:
        if row["claimed"] == "False":
            assert row["requested_energy (kWh)"] == row["delivered_energy (kWh)"]
            assert row["estimated_departure"] == row["departure"]


def test_the_demo_day(repository: Path) -> None:
    day = [row for row in read_sessions(repository, "jpl") if f"{row['arrival']:%F}" == "2019-07-24"]
    assert f"{day[0]['arrival']:%A}" == "Wednesday"
    assert (len(day), sum(row["claimed"] == "True" for row in day)) == (82, 81)
    assert len({row["station_id"] for row in day}) == 52
