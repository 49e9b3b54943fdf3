"""Building, solar power and CO2 in the running loop's plans: each moves energy, or holds it back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from readyby.interval import Interval
from readyby.outlook import Outlook
from readyby.planning.facade import OPTIMAL, plan_site
from readyby.planning.situation import EventKind, GridEvent
from tests.support.planning import NOW, hours, limit_at, sce, session, site, stored

CAP_KW = 0.0


def load_kw(data, at):
    outcome = plan_site(data, sce())
    assert outcome.method == OPTIMAL, outcome.reason
    return sum(limit_at(entry, at, CAP_KW) for entry in outcome.entries), outcome.entries


@pytest.fixture
def data():
    """Three cars with time to spare, in the cheap night of the tariff: the price is the same all the time."""
    night = stored(
        *(session(n, need_kwh=8.0, leaves_h=7.0) for n in range(3)), at=site(6, limit_kw=60.0, cap_kw=0.0)
    )
    return replace(night, billing_peak_kw=60.0)


def test_a_building_takes_its_part_of_the_limit(data):
    busy = Outlook(building_kw=((NOW, 45.0), (hours(3.0), 5.0)))
    data = replace(
        data, outlook=busy, sessions=tuple(session(n, need_kwh=30.0, leaves_h=6.0) for n in range(6))
    )
    outcome = plan_site(data, sce())
    early = [sum(limit_at(e, hours(h / 4), CAP_KW) for e in outcome.entries) for h in range(11)]
    late = [sum(limit_at(e, hours(3.2 + h / 4), CAP_KW) for e in outcome.entries) for h in range(8)]
    assert max(early) <= 60.0 - 45.0
    assert max(late) > 15.0


@pytest.mark.parametrize("clean_h", [1.0, 3.0])
def test_co2_moves_energy_to_where_it_is_clean(data, clean_h):
    signal = ((NOW, 0.5), (hours(clean_h), 0.1), (hours(clean_h + 1.5), 0.5))
    priced = replace(data.site, co2_usd_per_kg=1.0)
    dirty = replace(data, site=priced, outlook=Outlook(co2_kg_per_kwh=signal))
    clean_kw, _ = load_kw(dirty, hours(clean_h + 0.5))
    assert clean_kw > 15.0
    ignored = replace(data, outlook=Outlook(co2_kg_per_kwh=signal))
    free = replace(data, outlook=Outlook())
    assert plan_site(ignored, sce()).entries == plan_site(free, sce()).entries


@pytest.mark.parametrize("begins_h", [2.05, 2.0 - 7 / 60])
def test_a_cap_of_the_grid_holds_from_its_first_minute_to_its_last(data, begins_h):
    """Also one that begins within a slot, or with one; and the plan's reason says so."""
    window = Interval(hours(begins_h), hours(begins_h + 1.5))
    cap = GridEvent(name="dr-7", kind=EventKind.CAP, interval=window, level_kw=9.0)
    cars = tuple(session(n, need_kwh=20.0, leaves_h=5.0) for n in range(4))
    for events in ((cap,), ()):
        asked = replace(data, sessions=cars, grid_events=events)
        outcome = plan_site(asked, sce())
        assert outcome.method == OPTIMAL, outcome.reason
        minutes = [window.start - timedelta(minutes=1) + timedelta(minutes=m) for m in range(91)]
        most_kw = max(sum(limit_at(e, at, CAP_KW) for e in outcome.entries) for at in minutes)
        assert (most_kw <= 9.0 + 1e-6) == bool(events)
        assert ("event dr-7: cap 9 kW" in outcome.reason) == bool(events)


def test_a_floor_that_pays_draws_load(data):
    window = Interval(hours(3.0), hours(4.0))
    floor = GridEvent(name="f", kind=EventKind.FLOOR, interval=window, level_kw=12.0, price_usd_per_kwh=2.0)
    with_it, _ = load_kw(replace(data, grid_events=(floor,)), hours(3.5))
    without, _ = load_kw(data, hours(3.5))
    assert without < 11.9 < with_it


def test_solar_power_draws_energy_to_itself(data):
    sunny = replace(data, outlook=Outlook(solar_kw=((NOW, 0.0), (hours(3.0), 18.0), (hours(4.5), 0.0))))
    noon_kw, _ = load_kw(sunny, hours(3.5))
    other_kw, _ = load_kw(sunny, hours(1.0))
    assert noon_kw > 12.0
    assert noon_kw > other_kw
