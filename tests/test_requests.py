import math

import pytest

from readyby.errors import BadInput
from readyby.model import RequestKind
from readyby.requests import feasibility, validate
from tests.support.planning import NOW, hours, session, site, stored


def ask(**said):
    return validate(RequestKind.NEED, now=NOW, wh_per_mi=300.0, **said)


def test_miles_become_energy():
    request = ask(departure_at=hours(8), distance_mi=40.0)
    assert request.energy_need_kwh == pytest.approx(12.0)
    assert request.distance_mi == 40.0


@pytest.mark.invariant("I-14")
@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("departure", {"energy_need_kwh": 10.0}),
        ("departure", {"energy_need_kwh": 10.0, "departure_at": hours(-0.1)}),
        ("departure", {"energy_need_kwh": 10.0, "departure_at": hours(49)}),
        ("departure", {"energy_need_kwh": 10.0, "departure_at": NOW.replace(tzinfo=None)}),
        ("energy_need_kwh", {"departure_at": hours(8)}),
        ("energy_need_kwh", {"departure_at": hours(8), "energy_need_kwh": 0.0}),
        ("energy_need_kwh", {"departure_at": hours(8), "energy_need_kwh": -3.0}),
        ("energy_need_kwh", {"departure_at": hours(8), "energy_need_kwh": math.nan}),
        ("energy_need_kwh", {"departure_at": hours(8), "energy_need_kwh": math.inf}),
        ("energy_need_kwh", {"departure_at": hours(8), "energy_need_kwh": 1000.0}),
        ("energy_need_kwh", {"departure_at": hours(8), "energy_need_kwh": 5.0, "distance_mi": 5.0}),
        ("distance_mi", {"departure_at": hours(8), "distance_mi": 10_000.0}),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field(field, said):
    with pytest.raises(BadInput) as refused:
        ask(**said)
    assert refused.value.field == field


@pytest.mark.parametrize("kind", [RequestKind.CHARGE_NOW, RequestKind.RELEASE])
def test_leaving_control_needs_no_figures(kind):
    request = validate(kind, now=NOW, wh_per_mi=300.0, departure_at=hours(-3), energy_need_kwh=-1.0)
    assert request.kind is kind
    assert request.energy_need_kwh is None


def test_a_request_that_can_be_met():
    data = stored(session(0))
    found = feasibility(data, data.sessions[0], ask(departure_at=hours(8), energy_need_kwh=12.0))
    assert found.met
    assert found.energy_by_departure_kwh == pytest.approx(12.0, abs=0.05)
    assert found.earliest_at is not None
    assert hours(1.8) < found.earliest_at < hours(2.1)


def test_a_request_that_cannot_be_met_says_what_can_and_when():
    data = stored(session(0, delivered_kwh=1.0))
    found = feasibility(data, data.sessions[0], ask(departure_at=hours(2), energy_need_kwh=40.0))
    assert not found.met
    assert found.energy_by_departure_kwh == pytest.approx(1.0 + 6.656 * 0.95 * 2, abs=0.1)
    assert found.earliest_at is not None
    assert found.earliest_at > hours(6.0)


def test_neighbors_delay_the_earliest_time():
    neighbors = [session(n, need_kwh=24.0, leaves_h=4.0) for n in range(1, 4)]
    data = stored(session(0), *neighbors, at=site(4, limit_kw=24.0))
    alone = stored(session(0), at=site(4, limit_kw=24.0))
    request = ask(departure_at=hours(10), energy_need_kwh=20.0)
    shared = feasibility(data, data.sessions[0], request)
    free = feasibility(alone, alone.sessions[0], request)
    assert shared.earliest_at is not None
    assert free.earliest_at is not None
    assert shared.earliest_at > free.earliest_at
