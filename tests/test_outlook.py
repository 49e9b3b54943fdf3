"""What is expected beside charging: profiles by hour and by instant, files of them, the CO2 signal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from readyby.errors import BadInput, NotFound
from readyby.interval import Interval
from readyby.model import Site, SiteId
from readyby.outlook import Profile, site_limits
from readyby.outlook_files import outlook_of, profile_of
from readyby.sites import load_site

NOW = datetime(2019, 7, 24, 15, 7, tzinfo=UTC)
BY_HOUR = "local_hour,kw\n" + "".join(f"{hour},{40 if 8 <= hour < 18 else 10}\n" for hour in range(24))


def a_site(**changes: object) -> Site:
    plain = Site(
        site_id=SiteId("s"), name="S", time_zone="America/Los_Angeles", limit_kw=90.0, tariff_id="t", evses=()
    )
    return replace(plain, **changes)


def put(folder: Path, text: str) -> Path:
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / "p.csv").write_text(text)
    return folder


def test_a_profile_by_hour_is_of_the_site_s_own_day(tmp_path: Path) -> None:
    series = profile_of("p.csv", put(tmp_path, BY_HOUR)).series(
        Interval(NOW, NOW + timedelta(hours=24)), "America/Los_Angeles"
    )
    assert [(at.isoformat()[11:16], kw) for at, kw in series] == [
        ("15:00", 40.0),
        ("01:00", 10.0),
        ("15:00", 40.0),
    ]


def test_a_profile_by_instant_holds_until_the_next(tmp_path: Path) -> None:
    text = "instant,kw\n2019-07-24T14:00:00Z,5\n2019-07-24T15:00:00Z,6\n2019-07-24T09:30:00-07:00,7\n"
    series = profile_of("p.csv", put(tmp_path, text)).series(Interval(NOW, NOW + timedelta(hours=24)), "UTC")
    assert [(at.isoformat()[11:16], kw) for at, kw in series] == [("15:00", 6.0), ("16:30", 7.0)]


def test_a_constant_holds_always(tmp_path: Path) -> None:
    assert profile_of(12.0, tmp_path).series(Interval(NOW, NOW + timedelta(hours=9)), "UTC") == (
        (NOW - timedelta(minutes=7), 12.0),
    )
    assert profile_of(0.0, tmp_path) == Profile()


@pytest.mark.parametrize(
    ("text", "field", "remedy"),
    [
        ("hour,kw\n0,1\n", "line 1", "local_hour,kw or instant,kw"),
        (BY_HOUR.replace("7,10\n", ""), "local_hour", "each hour from 0 to 23 once"),
        (BY_HOUR.replace("7,10\n", "7,-1\n"), "line 9: kw", "from 0 to 10000"),
        (BY_HOUR.replace("7,10\n", "7,nan\n"), "line 9: kw", "from 0 to 10000"),
        (BY_HOUR.replace("7,10\n", "7\n"), "line 9", "two columns"),
        ("instant,kw\n2019-07-24T14:00:00,5\n", "line 2: instant", "with a zone"),
        ("instant,kw\n2019-07-24T14:00:00Z,5\n2019-07-24T14:00:00Z,6\n", "instant", "each later"),
        ("instant,kw\n", "instant", "one at least"),
    ],
)
def test_what_is_no_profile_is_refused(tmp_path: Path, text: str, field: str, remedy: str) -> None:
    profile_of.__globals__["_read"].cache_clear()
    with pytest.raises(BadInput) as caught:
        profile_of("p.csv", put(tmp_path, text))
    assert field in caught.value.field
    assert remedy in caught.value.remedy


def test_a_site_with_a_profile_that_is_not_there_is_not_loaded(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "sites").mkdir()
    text = (repository / "data/sites/jpl.toml").read_text()
    (tmp_path / "sites/jpl.toml").write_text(text.replace("voltage_v", 'building_kw = "b.csv"\nvoltage_v', 1))
    with pytest.raises(NotFound, match=r"b\.csv is not there"):
        load_site(tmp_path, "jpl")


def test_co2_is_told_by_quarter_where_a_kg_has_a_price(repository: Path) -> None:
    data, region = repository / "data", "SGIP_CAISO_PGE"
    priced = a_site(co2_usd_per_kg=0.1)
    series = outlook_of(priced, data, region, NOW).co2_kg_per_kwh
    assert len(series) == 4 * 49
    assert series[0][0] == NOW - timedelta(minutes=7)
    assert all(0 < value < 1 for _, value in series)
    assert outlook_of(a_site(), data, region, NOW).co2_kg_per_kwh == ()
    assert outlook_of(priced, data, region, datetime(2019, 7, 31, 20, tzinfo=UTC)).co2_kg_per_kwh == ()
    assert outlook_of(priced, data, "", NOW).co2_kg_per_kwh == ()


def test_the_building_leaves_the_rest_of_the_limit_and_of_each_cap() -> None:
    one, two, three = (NOW + timedelta(hours=h) for h in (1, 2, 3))
    building = ((NOW - timedelta(hours=1), 40.0), (two, 95.0))
    (left,) = site_limits(90.0, building, (), NOW)
    assert [(step.start_at, step.limit_kw) for step in left.steps] == [(NOW, 50.0), (two, 0.0)]
    _, cap = site_limits(90.0, building, (("dr", Interval(one, three), 60.0),), NOW)
    assert (cap.name, [(step.start_at, step.limit_kw) for step in cap.steps]) == (
        "cap dr",
        [(NOW, 50.0), (one, 20.0), (two, 0.0)],
    )
    (cap,) = site_limits(90.0, (), (("dr", Interval(NOW - timedelta(hours=1), one), 60.0),), NOW)
    assert [(step.start_at, step.limit_kw) for step in cap.steps] == [(NOW, 60.0), (one, 90.0)]
    assert site_limits(90.0, (), (), NOW) == ()
