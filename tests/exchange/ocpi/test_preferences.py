"""Charging preferences: answered as OCPI says, and told on as wishes of the session's driver."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from readyby.clocks import SetClock
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.exchange.ocpi.wire import stamp
from tests.exchange.ocpi.conftest import START
from tests.exchange.ocpi.schemas import example
from tests.exchange.ocpi.test_fuzz import call
from tests.exchange.ocpi.test_receiver import send, session

PREFERENCES = "/2.2.1/sessions/101/charging_preferences"


@pytest.fixture
def adapter() -> Iterator[OcpiAdapter]:
    made = OcpiAdapter(OcpiSettings(deadline_s=0.2), SetClock(START))
    yield made
    asyncio.run(made.close())


def preferences(adapter: OcpiAdapter, **wish: Any) -> Any:
    return call(adapter, "PUT", PREFERENCES, orjson.dumps(wish)).json().get("data")


def wishes(adapter: OcpiAdapter) -> list[tuple[object, ...]]:
    told = [body for kind, body in adapter._state.news(0, 100).rows if kind == "wish"]
    return [tuple(each[name] for name in ("session_id", "kind", "energy_need_kwh")) for each in told]


def plugged_in(adapter: OcpiAdapter, *capabilities: str, **fields: Any) -> None:
    place = example("location_example")
    for evse in place["evses"]:
        evse["capabilities"] = list(capabilities)
    send(adapter, "PUT", place, "/2.2.1/locations/NL/STK/LOC1")
    evse_uid = place["evses"][0]["uid"]
    assert send(adapter, "PUT", session(evse_uid=evse_uid, **fields)) == (201, 1000)


def test_preferences_are_closed_where_the_settings_say_so() -> None:
    adapter = OcpiAdapter(OcpiSettings(take_preferences=False), SetClock(START))
    send(adapter, "PUT", session())
    assert send(adapter, "PUT", {"profile_type": "FAST"}, PREFERENCES) == (404, 2001)
    details = call(adapter, "GET", "/2.2.1", b"").json()["data"]["endpoints"]
    assert ("sessions", "SENDER") not in {(each["identifier"], each["role"]) for each in details}
    asyncio.run(adapter.close())


@pytest.mark.parametrize(
    ("wish", "answer"),
    [
        ({"profile_type": "CHEAP"}, "DEPARTURE_REQUIRED"),
        ({"profile_type": "CHEAP", "energy_need": 5}, "DEPARTURE_REQUIRED"),
        ({"profile_type": "CHEAP", "departure_time": 8}, "ENERGY_NEED_REQUIRED"),
        ({"profile_type": "CHEAP", "departure_time": -1, "energy_need": 5}, "NOT_POSSIBLE"),
        ({"profile_type": "FAST", "departure_time": -1}, "NOT_POSSIBLE"),
        ({"profile_type": "CHEAP", "departure_time": 80, "energy_need": 5}, "NOT_POSSIBLE"),
        ({"profile_type": "CHEAP", "departure_time": 8, "energy_need": 0}, "NOT_POSSIBLE"),
        ({"profile_type": "CHEAP", "departure_time": 8, "energy_need": 10_000}, "NOT_POSSIBLE"),
        ({"profile_type": "GREEN", "departure_time": 8, "energy_need": 5}, "PROFILE_TYPE_NOT_SUPPORTED"),
        ({"profile_type": "SLOW"}, "PROFILE_TYPE_NOT_SUPPORTED"),
        ({"profile_type": "CHEAP", "departure_time": 8, "energy_need": "5 kWh"}, None),
        ({"profile_type": "FAST", "discharge_allowed": "perhaps"}, None),
        ({}, None),
    ],
)
def test_preferences_that_are_no_request_are_answered_why(
    adapter: OcpiAdapter, wish: dict[str, Any], answer: str | None
) -> None:
    send(adapter, "PUT", session())
    if "departure_time" in wish:
        wish = wish | {"departure_time": stamp(START + timedelta(hours=wish["departure_time"]))}
    assert preferences(adapter, **wish) == answer
    assert wishes(adapter) == []


def test_preferences_are_told_as_wishes_of_the_sessions_driver(adapter: OcpiAdapter) -> None:
    plugged_in(adapter, "CHARGING_PROFILE_CAPABLE")
    later = stamp(START + timedelta(hours=8))
    assert preferences(adapter, profile_type="CHEAP", departure_time=later, energy_need=5.5) == "ACCEPTED"
    assert preferences(adapter, profile_type="FAST", discharge_allowed=True) == "ACCEPTED"
    assert preferences(adapter, profile_type="REGULAR", departure_time=later) == "ACCEPTED"
    assert preferences(adapter, profile_type="REGULAR", departure_time=later, energy_need=7) == "ACCEPTED"
    told = [("101", "need", 5.5), ("101", "charge_now", None), ("101", "release", None), ("101", "need", 7.0)]
    assert wishes(adapter) == told


def test_preferences_of_a_session_that_is_over_or_unknown_are_none(adapter: OcpiAdapter) -> None:
    assert send(adapter, "PUT", {"profile_type": "FAST"}, PREFERENCES) == (404, 2001)
    plugged_in(adapter, "CHARGING_PROFILE_CAPABLE", status="COMPLETED", end_date_time=stamp(START))
    assert preferences(adapter, profile_type="FAST") == "NOT_POSSIBLE"
    assert wishes(adapter) == []


def test_preferences_at_an_evse_that_is_not_controlled_are_answered_as_the_standard_says(
    adapter: OcpiAdapter,
) -> None:
    plugged_in(adapter, "RESERVABLE")
    assert send(adapter, "PUT", {"profile_type": "FAST"}, PREFERENCES) == (404, 2001)
    assert wishes(adapter) == []
