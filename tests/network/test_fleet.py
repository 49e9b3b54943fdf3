from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readyby.model import Evse, EvseId
from readyby.network.fleet import REAL, TWIN, Fleet
from readyby.network.visits import Visit

AT = datetime(2019, 7, 24, 14, tzinfo=UTC)


def evse(number: int) -> Evse:
    return Evse(
        evse_id=EvseId(f"E{number}"), max_kw=6.656, min_kw=1.248, standing_cap_kw=2.496, voltage_v=208.0
    )


def visit(
    energy_kwh: float = 20.0, car_kw: float = 6.6, efficiency: float = 0.96, fades: float = 0.8
) -> Visit:
    return Visit(
        session_id="S",
        evse_id="E0",
        token_uid=None,
        arrives_at=AT,
        leaves_at=AT + timedelta(hours=8),
        energy_kwh=energy_kwh,
        car_kw=car_kw,
        efficiency=efficiency,
        fades_from_share=fades,
    )


@pytest.fixture
def fleet() -> Fleet:
    made = Fleet([evse(0), evse(1)])
    made.plug_in(0, visit())
    return made


def run(fleet: Fleet, hours: float) -> None:
    for _ in range(round(hours * 360)):
        fleet.step(10 / 3600)


def test_a_car_starts_at_the_standing_cap_and_its_twin_at_full_power(fleet):
    fleet.step(10 / 3600)
    assert fleet.power_kw[REAL].tolist() == [pytest.approx(2.496 * 0.96), 0.0]
    assert fleet.power_kw[TWIN].tolist() == [pytest.approx(6.656 * 0.96), 0.0]


@pytest.mark.parametrize(("limit_kw", "drawn_kw"), [(0.0, 0.0), (1.247, 0.0), (1.248, 1.198), (3.12, 2.995)])
def test_a_car_draws_less_than_offered_and_nothing_below_six_amperes(fleet, limit_kw, drawn_kw):
    fleet.limit_kw[REAL, 0] = limit_kw
    fleet.step(10 / 3600)
    assert fleet.power_kw[REAL, 0] == pytest.approx(drawn_kw, abs=1e-3)


def test_power_fades_toward_full_and_ends_there(fleet):
    fleet.limit_kw[REAL, 0] = 6.656
    run(fleet, 2.5)
    assert fleet.power_kw[REAL, 0] == pytest.approx(6.656 * 0.96)
    run(fleet, 0.7)
    assert fleet.power_kw[REAL, 0] < 5
    run(fleet, 2)
    assert fleet.energy_kwh[REAL, 0] == pytest.approx(20.0)
    assert fleet.power_kw[REAL, 0] == 0.0
    assert fleet.peak_kw[0] == pytest.approx(6.656 * 0.96)


def test_who_leaves_draws_no_more_and_leaves_no_limit_behind(fleet):
    fleet.limit_kw[REAL, 0] = 6.656
    run(fleet, 0.5)
    fleet.unplug(0)
    run(fleet, 0.1)
    assert not fleet.power_kw.any()
    fleet.plug_in(0, visit())
    fleet.step(10 / 3600)
    assert fleet.power_kw[REAL, 0] == pytest.approx(2.496 * 0.96)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1.248, 3.12, 6.656]), min_size=1, max_size=20),
    st.floats(0.1, 60),
    st.sampled_from([3.3, 6.6, 6.656]),
    st.sampled_from([0.8, 1.0]),
)
def test_no_car_ever_exceeds_its_offer_its_own_maximum_or_its_appetite(limits, energy_kwh, car_kw, fades):
    fleet = Fleet([evse(0)])
    fleet.plug_in(0, visit(energy_kwh=energy_kwh, car_kw=car_kw, fades=fades))
    for limit in limits:
        fleet.limit_kw[REAL, 0] = limit
        run(fleet, 0.2)
        assert np.all(fleet.power_kw[REAL] <= limit * 0.98 + 1e-9)
        assert np.all(fleet.power_kw <= car_kw + 1e-9)
        assert np.all(fleet.energy_kwh <= energy_kwh + 1e-9)
        assert np.all(fleet.power_kw >= 0)
