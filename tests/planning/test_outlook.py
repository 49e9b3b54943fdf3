"""Building, solar power and CO2 in the running loop's plans: each moves energy, or holds it back."""

from dataclasses import replace

import pytest

from readyby.outlook import Outlook
from readyby.planning.facade import OPTIMAL, plan_site
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


def test_solar_power_draws_energy_to_itself(data):
    sunny = replace(data, outlook=Outlook(solar_kw=((NOW, 0.0), (hours(3.0), 18.0), (hours(4.5), 0.0))))
    noon_kw, _ = load_kw(sunny, hours(3.5))
    other_kw, _ = load_kw(sunny, hours(1.0))
    assert noon_kw > 12.0
    assert noon_kw > other_kw
