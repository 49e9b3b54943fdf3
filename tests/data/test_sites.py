"""The sample site, and the promise that its standing caps make (D4)."""

import csv
import gzip
from pathlib import Path

import pytest

from readyby.model import Site
from readyby.sites import load_site

LIMIT_A, LEAST_A, VOLTAGE_V = 32, 6, 208


@pytest.fixture(scope="module")
def site(repository: Path) -> Site:
    return load_site(repository / "data", "jpl")


def test_it_has_the_outlets_of_the_recorded_sessions(site: Site, repository: Path) -> None:
    path = repository / "data/sessions/jpl_2019-05_2019-08.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        stations = {row["station_id"] for row in csv.DictReader(lines)}
    assert {str(evse.evse_id) for evse in site.evses} == stations


def test_outlets_are_32_amperes_at_208_volts(site: Site) -> None:
    for evse in site.evses:
        assert evse.max_kw == pytest.approx(LIMIT_A * VOLTAGE_V / 1000)
        assert evse.min_kw == pytest.approx(LEAST_A * VOLTAGE_V / 1000)
        assert evse.standing_cap_kw >= evse.min_kw


def test_standing_caps_keep_the_limit_while_fifteen_outlets_disobey(site: Site) -> None:
    caps_kw = sum(evse.standing_cap_kw for evse in site.evses)
    worst_kw = max(evse.max_kw - evse.standing_cap_kw for evse in site.evses)
    assert site.limit_safety == "claimed"
    assert caps_kw + 15 * worst_kw <= site.limit_kw


def test_nameplates_would_not(site: Site) -> None:
    assert sum(evse.max_kw for evse in site.evses) > 2 * site.limit_kw


def test_its_tariff_is_there(site: Site, repository: Path) -> None:
    assert (repository / "data" / "tariffs" / f"{site.tariff_id}.json").is_file()


def test_two_outlets_are_not_under_control(site: Site) -> None:
    assert [evse.evse_id for evse in site.evses if not evse.controlled] == ["AG-3F33", "AG-4F34"]
