"""Energy by a register or by intervals, never both: gaps are not guessed, and nothing counts twice."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.clocks import SetClock
from readyby.exchange.ocpp.energy import SessionEnergy
from readyby.exchange.ocpp.meter import read_value
from readyby.exchange.ocpp.settings import OcppSettings, Station
from readyby.exchange.ocpp.transactions import Transactions
from tests.exchange.ocpp.conftest import START
from tests.exchange.test_adapters import garage


def interval(wh: float, **more: str) -> dict[str, str]:
    return {"value": str(wh), "measurand": "Energy.Active.Import.Interval", "unit": "Wh", **more}


def register(wh: float) -> dict[str, str]:
    return {"value": str(wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}


def take(
    energy: SessionEnergy, minutes: float, *samples: dict[str, str]
) -> tuple[float | None, float | None]:
    at = START + timedelta(minutes=minutes)
    value = {"timestamp": at.isoformat(), "sampledValue": list(samples)}
    return energy.take(read_value(value, phases=1, voltage_v=208.0), at)


def taken(told: Iterable[tuple[float, float]]) -> SessionEnergy:
    energy = SessionEnergy(start_kwh=5.0)
    for minutes, wh in told:
        take(energy, minutes, interval(wh))
    return energy


def test_intervals_add_up_and_give_the_power() -> None:
    energy = SessionEnergy(start_kwh=5.0)
    assert take(energy, 1, interval(100)) == (None, 0.1)
    assert take(energy, 2, interval(100)) == (pytest.approx(6.0), 0.2)
    assert take(energy, 3, interval(50)) == (pytest.approx(3.0), 0.25)


def test_an_interval_told_twice_counts_once_and_one_told_late_counts() -> None:
    energy = taken([(1, 100), (2, 100), (2, 100), (4, 100)])
    assert energy.kwh == pytest.approx(0.3)
    assert take(energy, 3, interval(100)) == (None, None)
    assert take(energy, 3, interval(100)) == (None, None)
    assert take(energy, 5, interval(100)) == (pytest.approx(6.0), 0.5)


def test_a_gap_is_not_guessed_and_its_length_is_not_taken_for_an_intervals() -> None:
    energy = taken([(1, 100), (2, 100)])
    assert take(energy, 12, interval(100)) == (pytest.approx(6.0), 0.3)


def test_where_a_register_is_told_it_alone_counts() -> None:
    energy = SessionEnergy(start_kwh=5.0)
    assert take(energy, 1, register(5_100), interval(100)) == (None, 0.1)
    assert take(energy, 2, interval(100)) == (None, None)
    assert take(energy, 3, register(5_300), interval(100)) == (pytest.approx(6.0), 0.3)
    late = taken([(1, 100), (2, 100)])
    assert take(late, 3, register(5_400)) == (None, 0.4)
    assert take(late, 4, interval(100)) == (None, None)
    assert late.kwh == pytest.approx(0.4)


def test_sampled_and_clock_aligned_intervals_are_the_same_energy() -> None:
    energy = SessionEnergy(start_kwh=0.0)
    for minutes in range(1, 4):
        take(energy, minutes, interval(100))
        take(energy, minutes + 0.5, interval(100, context="Sample.Clock"))
    take(energy, 3.7, interval(70, context="Transaction.End"))
    assert energy.kwh == pytest.approx(0.3)


@pytest.mark.parametrize(
    "measurand",
    [
        "Energy.Reactive.Import.Interval",
        "Energy.Reactive.Import.Register",
        "Energy.Active.Export.Interval",
        "Energy.Active.Export.Register",
    ],
)
def test_reactive_and_exported_energy_count_for_nothing(measurand: str) -> None:
    energy = SessionEnergy(start_kwh=0.0)
    assert take(energy, 1, {"value": "100", "measurand": measurand, "unit": "varh"}) == (None, None)
    assert take(energy, 2, {"value": "100", "measurand": measurand, "unit": "Wh"}) == (None, None)
    assert (energy.kwh, energy.basis) == (0.0, "")


@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 8), max_size=8))
def test_in_any_order_and_however_often_the_sum_is_the_same(order: list[int], again: list[int]) -> None:
    energy = taken([(minutes, 10.0 * minutes) for minutes in (*order, *again)])
    assert energy.kwh == pytest.approx(0.36)


def desk(path: Any) -> Transactions:
    stations = {"CP1": Station(connectors={"1": "E0"})}
    return Transactions(OcppSettings(stations=stations), [garage()], SetClock(START).now, path)


def test_what_was_added_up_survives_a_restart_and_does_not_count_again(tmp_path: Any) -> None:
    first = desk(tmp_path / "ocpp.sqlite")
    place = first.places["CP1", 1]
    number = first.start(
        place, {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": START.isoformat()}
    )
    values = [
        {
            "timestamp": (START + timedelta(minutes=minutes)).isoformat(),
            "sampledValue": [interval(100)],
        }
        for minutes in range(1, 5)
    ]
    first.measure(place, number, values[:2])
    first.news(0, 100)
    first.state.close()
    second = desk(tmp_path / "ocpp.sqlite")
    second.measure(place, number, values)
    second.stop(
        "CP1",
        {"transactionId": number, "meterStop": 0, "timestamp": (START + timedelta(minutes=5)).isoformat()},
    )
    told = [body for kind, body in second.news(0, 100).rows if kind == "session"]
    assert (told[-1]["status"], told[-1]["energy_kwh"]) == ("COMPLETED", pytest.approx(0.4))
    second.state.close()
