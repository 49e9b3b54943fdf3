from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.model import RequestKind
from readyby.savings import settle
from readyby.store.api import MeterPoint, Unsettled
from tests.support.planning import NOW, hours, sce, session, site

TARIFF = sce()
SITE = site(2, cap_kw=2.0)


def ended(
    *, energies=(0.0, 5.0, 10.0), every_h=1.0, need_kwh=10.0, leaves_h=2.0, setpoint_kw=None, power=3.0
):
    """A session from now on, metered each `every_h`, that ends at its last reading."""
    view = session(0, need_kwh=need_kwh, leaves_h=leaves_h, started_h=0.0)
    last = hours(every_h * (len(energies) - 1))
    view = replace(view, active=False, ended_at=last, delivered_kwh=max(energies), setpoint_kw=setpoint_kw)
    meter = tuple(
        MeterPoint(at=hours(every_h * k), power_kw=power, energy_kwh=kwh) for k, kwh in enumerate(energies)
    )
    return Unsettled(session=view, meter=meter, requests=(view.request,) if view.request else ())


def test_cost_is_energy_at_the_price_of_its_hour():
    energies = [0.0, 1.0, 1.0, 1.0, 1.0, 3.0]
    settled = settle(ended(energies=energies, need_kwh=3.0, leaves_h=5.0), TARIFF, SITE)
    assert settled.energy_kwh == 3.0
    assert settled.cost_usd == pytest.approx(1.0 * 0.0925 + 2.0 * 0.26668)


def test_the_twin_charges_at_once_under_its_standing_cap():
    settled = settle(ended(energies=(0.0, 0.0, 0.0, 0.0, 4.0), leaves_h=4.0, need_kwh=4.0), TARIFF, SITE)
    assert settled.uncontrolled_energy_kwh == pytest.approx(4.0)
    assert settled.uncontrolled_cost_usd == pytest.approx(4.0 * 0.0925)


def test_a_twin_without_time_gets_less():
    settled = settle(ended(energies=(0.0, 6.0), leaves_h=1.0, need_kwh=6.0), TARIFF, SITE)
    assert settled.uncontrolled_energy_kwh == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("energies", "leaves_h", "promise", "short_kwh"),
    [
        ((0.0, 5.0, 10.0), 2.0, "kept", 0.0),
        ((0.0, 5.0, 9.85), 2.0, "kept", 0.0),
        ((0.0, 4.0, 8.0), 2.0, "short", 2.0),
        ((0.0, 4.0, 8.0), 4.0, "left_early", 2.0),
        ((0.0, 5.0, 10.0), 4.0, "kept", 0.0),
        ((0.0, 4.0, 8.0, 12.0), 2.0, "short", 2.0),
    ],
)
def test_promises(energies, leaves_h, promise, short_kwh):
    settled = settle(ended(energies=energies, leaves_h=leaves_h), TARIFF, SITE)
    assert (settled.promise, settled.shortfall_kwh) == (promise, pytest.approx(short_kwh))


def test_a_car_that_took_no_more_was_served():
    full = ended(energies=(0.0, 4.0, 4.0, 4.0, 4.0), leaves_h=4.0, setpoint_kw=6.656, power=0.0)
    assert settle(full, TARIFF, SITE).promise == "kept"
    starved = ended(energies=(0.0, 4.0, 4.0, 4.0, 4.0), leaves_h=4.0, setpoint_kw=0.0, power=0.0)
    assert settle(starved, TARIFF, SITE).promise == "short"


def test_without_a_need_nothing_was_promised():
    unsettled = ended()
    for requests in (
        (),
        (replace(unsettled.requests[0], kind=RequestKind.RELEASE, sequence=9), *unsettled.requests),
    ):
        settled = settle(replace(unsettled, requests=requests), TARIFF, SITE)
        assert (settled.promise, settled.shortfall_kwh) == ("none", 0.0)


@given(st.lists(st.floats(0, 50), min_size=2, max_size=12))
def test_a_meter_that_goes_back_costs_nothing_twice(readings):
    unsettled = ended(energies=(0.0, *readings), every_h=0.25, need_kwh=10.0)
    settled = settle(unsettled, TARIFF, SITE)
    assert 0.0 <= settled.cost_usd <= settled.energy_kwh * 0.26668 + 1e-9
    assert settled.cost_usd >= settled.energy_kwh * 0.05623 - 1e-9


def test_settled_when_it_ended_unless_told_otherwise():
    unsettled = ended()
    assert settle(unsettled, TARIFF, SITE).settled_at == unsettled.session.ended_at
    later = NOW + timedelta(days=1)
    assert settle(unsettled, TARIFF, SITE, now=later).settled_at == later
