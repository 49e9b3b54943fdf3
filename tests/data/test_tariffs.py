"""Each tariff prices every hour of a year once, in the order that its utility published."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

TARIFFS = sorted((Path(__file__).resolve().parents[2] / "data" / "tariffs").glob("*.json"))
DAYS = {"ALL": range(7), "WEEKDAYS": range(5), "WEEKENDS": range(5, 7)}


@pytest.fixture(params=TARIFFS, ids=lambda path: path.stem)
def tariff(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text())
    return found


def applies(entry: dict[str, Any], day: date) -> bool:
    start = tuple(int(part) for part in entry["effective_start"].split("-"))
    end = tuple(int(part) for part in entry["effective_end"].split("-"))
    today = (day.month, day.day)
    in_season = start <= today <= end if start <= end else today >= start or today <= end
    return in_season and day.weekday() in DAYS[entry["dow_mask"]]


def test_every_day_has_one_schedule(tariff: dict[str, Any]) -> None:
    for number in range(365):
        day = date(2019, 1, 1) + timedelta(days=number)
        assert len([entry for entry in tariff["schedule"] if applies(entry, day)]) == 1, day


def test_every_hour_has_one_price(tariff: dict[str, Any]) -> None:
    for entry in tariff["schedule"]:
        assert entry["times"][0] == 0
        assert entry["times"] == sorted(set(entry["times"]))
        assert entry["times"][-1] < 24
        assert len(entry["tariffs"]) == len(entry["times"])
        assert all(0 < price < 1 for price in entry["tariffs"]), "dollars per kWh"
        assert 0 <= entry["demand_charge"] < 50, "dollars per kW"


def test_the_site_of_the_demo_pays_for_its_peak(repository: Path) -> None:
    """Noon to six on a summer weekday costs most, and the demand charge is the same all year."""
    tariff = json.loads((repository / "data/tariffs/sce_tou_ev_4_march_2019.json").read_text())
    summer = next(entry for entry in tariff["schedule"] if applies(entry, date(2019, 7, 24)))
    assert dict(zip(summer["times"], summer["tariffs"], strict=True))[12] == max(summer["tariffs"]) == 0.26668
    assert {entry["demand_charge"] for entry in tariff["schedule"]} == {15.51}
