import itertools
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.errors import BadInput
from readyby.interval import Interval
from readyby.tariff import read_tariff
from tests.support.planning import TARIFFS, sce

PACIFIC = ZoneInfo("America/Los_Angeles")
TARIFF = sce()


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC)


@pytest.mark.parametrize(
    ("at", "price"),
    [
        ("2019-07-24T07:59", 0.05623),
        ("2019-07-24T08:00", 0.0925),
        ("2019-07-24T12:00", 0.26668),
        ("2019-07-24T17:59", 0.26668),
        ("2019-07-24T18:00", 0.0925),
        ("2019-07-24T23:00", 0.05623),
        ("2019-07-27T13:00", 0.05623),
        ("2019-12-24T13:00", 0.0869),
        ("2020-01-02T13:00", 0.0869),
        ("2019-09-30T13:00", 0.26668),
        ("2019-10-01T13:00", 0.0869),
    ],
)
def test_prices_of_the_summer_and_winter_schedule(at, price):
    assert TARIFF.price_usd_per_kwh(local(at)) == price


def test_rates_join_equal_neighbors_and_cover_the_interval():
    interval = Interval(local("2019-07-24T07:07"), local("2019-07-25T07:00"))
    rates = TARIFF.rates(interval)
    assert [rate.price_usd_per_kwh for rate in rates] == [0.05623, 0.0925, 0.26668, 0.0925, 0.05623]
    assert rates[0].interval.start == interval.start
    assert rates[-1].interval.end == interval.end
    assert all(a.interval.end == b.interval.start for a, b in itertools.pairwise(rates))


@pytest.mark.invariant("I-26")
@pytest.mark.parametrize(("day", "length_h"), [("2019-03-10", 23), ("2019-11-03", 25), ("2019-07-24", 24)])
def test_local_days_of_every_length_have_prices_at_wall_hours(day, length_h):
    start = local(f"{day}T00:00")
    end = local((datetime.fromisoformat(day) + timedelta(days=1)).isoformat())
    rates = TARIFF.rates(Interval(start, end))
    assert sum(rate.interval.duration_h for rate in rates) == pytest.approx(length_h)
    for rate in rates:
        assert TARIFF.price_usd_per_kwh(rate.interval.start) == rate.price_usd_per_kwh


def test_billing_months_are_local_months():
    month = TARIFF.billing_month(datetime(2019, 8, 1, 3, tzinfo=UTC))
    assert (month.start.astimezone(PACIFIC), month.end.astimezone(PACIFIC)) == (
        local("2019-07-01T00:00"),
        local("2019-08-01T00:00"),
    )
    december = TARIFF.billing_month(local("2019-12-31T23:59"))
    assert december.end == local("2020-01-01T00:00")


def test_the_season_of_the_month_decides_the_demand_charge():
    july = TARIFF.billing_month(local("2019-07-24T12:00"))
    (charge,) = TARIFF.demand_charges_of(july)
    assert charge.price_usd_per_kw == 15.51
    demand = [(local("2019-07-24T12:00"), 40.0), (local("2019-07-25T12:00"), 90.0)]
    assert TARIFF.demand_usd(july, demand) == pytest.approx(15.51 * 90.0)


def doper():
    levels = {str(h): 1 if 8 <= h < 12 or 18 <= h < 22 else 2 if 12 <= h < 18 else 0 for h in range(24)}
    season = {
        "hours": levels,
        "energy": {"0": 0.08, "1": 0.11, "2": 0.16},
        "demand": {"0": 0, "1": 5.4, "2": 19.65},
        "demand_coincident": 17.74,
    }
    return {
        "name": "made up",
        "tz": "America/Los_Angeles",
        "seasons": {str(m): 0 for m in range(1, 13)},
        "seasons_map": {"0": "all"},
        "all": season,
    }


def test_a_level_in_two_stretches_of_the_day_is_billed_once():
    tariff = read_tariff(doper(), tariff_id="d", time_zone="America/Los_Angeles")
    month = tariff.billing_month(local("2019-07-24T12:00"))
    both = [(local("2019-07-24T09:00"), 10.0), (local("2019-07-24T19:00"), 30.0)]
    assert tariff.demand_usd(month, both) == pytest.approx(30.0 * 5.4 + 30.0 * 17.74)
    assert tariff.price_usd_per_kwh(local("2019-07-24T13:00")) == 0.16


def test_hours_without_a_price_are_refused():
    document = json.loads((TARIFFS / "sce_tou_ev_4_march_2019.json").read_text())
    document["schedule"] = document["schedule"][:3]
    with pytest.raises(BadInput, match="cover every hour"):
        read_tariff(document, tariff_id="gap", time_zone="America/Los_Angeles")


@pytest.mark.parametrize("document", [{}, {"schedule": 3}, {"schedule": [{}]}, {"seasons": {}, "name": "x"}])
def test_other_forms_are_refused_by_name(document):
    with pytest.raises(BadInput, match="tariff"):
        read_tariff(document, tariff_id="odd", time_zone="America/Los_Angeles")


@given(st.integers(0, 2 * 365 * 96))
def test_every_instant_has_a_price(quarters):
    assert TARIFF.price_usd_per_kwh(datetime(2019, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)) > 0


def test_doper_hours_may_differ_at_weekends():
    document = doper()
    season = document["all"]
    everyday = season["hours"]
    season["hours"] = {"weekday": everyday, "weekend": dict.fromkeys(everyday, 0)}
    tariff = read_tariff(document, tariff_id="d", time_zone="America/Los_Angeles")
    before = read_tariff(doper(), tariff_id="d", time_zone="America/Los_Angeles")
    zone = ZoneInfo("America/Los_Angeles")
    tuesday, saturday = (
        [datetime(2019, 7, day, hour, tzinfo=zone) for hour in range(24)] for day in (23, 27)
    )
    assert [tariff.price_usd_per_kwh(at) for at in tuesday] == [
        before.price_usd_per_kwh(at) for at in tuesday
    ]
    assert len({before.price_usd_per_kwh(at) for at in saturday}) > 1
    assert {tariff.price_usd_per_kwh(at) for at in saturday} == {float(season["energy"]["0"])}


def test_doper_hours_of_weekdays_alone_are_refused():
    document = doper()
    document["all"]["hours"] = {"weekday": document["all"]["hours"]}
    with pytest.raises(BadInput, match="weekend"):
        read_tariff(document, tariff_id="d", time_zone="America/Los_Angeles")
