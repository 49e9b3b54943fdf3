import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.energy import amps_of_kw, floor_kw, kw_of_amps, kwh_of_miles, miles_of_km, miles_of_kwh


def test_thirty_two_amperes_between_two_lines_of_208_volts():
    assert kw_of_amps(32, 208) == pytest.approx(6.656)
    assert kw_of_amps(32, 120, phases=3) == pytest.approx(11.52)


@given(st.floats(0, 500), st.floats(100, 500))
def test_miles_and_back(distance_mi, wh_per_mi):
    assert miles_of_kwh(kwh_of_miles(distance_mi, wh_per_mi), wh_per_mi) == pytest.approx(distance_mi)


@given(st.floats(0, 100), st.sampled_from([120.0, 208.0, 240.0]), st.sampled_from([1, 3]))
def test_amperes_and_back(current_a, voltage_v, phases):
    assert amps_of_kw(kw_of_amps(current_a, voltage_v, phases), voltage_v, phases) == pytest.approx(current_a)


def test_kilometers():
    assert miles_of_km(160.9344) == pytest.approx(100.0)


@given(st.floats(-1, 20), st.sampled_from([0.001, 0.1, 0.208]))
def test_flooring_never_raises_and_loses_less_than_a_quantum(power_kw, quantum_kw):
    floored = floor_kw(power_kw, quantum_kw)
    assert 0.0 <= floored <= max(0.0, power_kw) + 2e-9
    assert floored > power_kw - quantum_kw - 2e-9


def test_a_power_on_the_quantum_stays():
    assert floor_kw(6.656) == 6.656
