"""Our side's rules: PUT replaces, PATCH appends, older changes nothing, ids must agree, final is final."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
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

URL = "/2.2.1/sessions/NL/STK/101"


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def adapter(clock: SetClock) -> Iterator[OcpiAdapter]:
    made = OcpiAdapter(OcpiSettings(deadline_s=0.2), clock)
    yield made
    asyncio.run(made.close())


def session(minutes: float = 0, **fields: Any) -> dict[str, Any]:
    told = {**example("session_example_1_simple_start"), "status": "ACTIVE"}
    told["start_date_time"] = stamp(START)
    told["last_updated"] = stamp(START + timedelta(minutes=minutes))
    return {**told, **fields}


def period(minutes: float, kw: float) -> dict[str, Any]:
    at = stamp(START + timedelta(minutes=minutes))
    return {"start_date_time": at, "dimensions": [{"type": "POWER", "volume": kw}]}


def send(adapter: OcpiAdapter, method: str, body: Any, url: str = URL) -> tuple[int, int]:
    answer = call(adapter, method, url, orjson.dumps(body))
    return answer.status_code, answer.json()["status_code"]


def held(adapter: OcpiAdapter) -> dict[str, Any]:
    data: dict[str, Any] = call(adapter, "GET", URL, b"").json()["data"]
    return data


def told(adapter: OcpiAdapter) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    news = adapter._state.news(0, 1000)
    meter = [row for kind, body in news.rows if kind == "meter" for row in zip(*body.values(), strict=True)]
    return [dict(body) for kind, body in news.rows if kind == "session"], meter


def test_a_new_session_is_created_and_the_same_again_changes_nothing(adapter: OcpiAdapter) -> None:
    assert send(adapter, "PUT", session()) == (201, 1000)
    assert send(adapter, "PUT", session()) == (200, 1000)
    records, _ = told(adapter)
    assert len(records) == 1
    assert held(adapter) == session()


def test_a_patch_appends_its_periods_once(adapter: OcpiAdapter) -> None:
    send(adapter, "PUT", session(charging_periods=[period(0, 2.0)]))
    patch = {"last_updated": stamp(START + timedelta(minutes=2)), "charging_periods": [period(1, 3.0)]}
    assert send(adapter, "PATCH", patch) == (200, 1000)
    assert send(adapter, "PATCH", patch) == (200, 1000)
    assert held(adapter)["charging_periods"] == [period(0, 2.0), period(1, 3.0)]
    _, meter = told(adapter)
    assert [row[3] for row in meter] == [2.0, 3.0]


def test_a_put_without_periods_clears_them(adapter: OcpiAdapter) -> None:
    send(adapter, "PUT", session(charging_periods=[period(0, 2.0)]))
    send(adapter, "PUT", session(5))
    assert "charging_periods" not in held(adapter)


def test_a_patch_of_an_unknown_session_asks_for_the_whole_and_pulls(adapter: OcpiAdapter) -> None:
    patch = {"last_updated": stamp(START), "kwh": 1.0}
    assert send(adapter, "PATCH", patch) == (404, 2001)
    assert adapter._deliveries.wants_pull
    assert adapter.rejects == []


def test_a_patch_needs_last_updated(adapter: OcpiAdapter) -> None:
    send(adapter, "PUT", session())
    assert send(adapter, "PATCH", {"kwh": 1.0}) == (200, 2001)
    assert held(adapter)["kwh"] == 0.0


def test_older_changes_nothing_but_its_periods_come(adapter: OcpiAdapter) -> None:
    send(adapter, "PUT", session(10, kwh=5.0))
    assert send(adapter, "PUT", session(5, kwh=2.0)) == (200, 1000)
    assert held(adapter)["kwh"] == 5.0
    late = {
        "last_updated": stamp(START + timedelta(minutes=7)),
        "kwh": 3.0,
        "charging_periods": [period(6, 1.0)],
    }
    send(adapter, "PATCH", late)
    assert held(adapter)["kwh"] == 5.0
    assert held(adapter)["charging_periods"] == [period(6, 1.0)]


def test_the_end_is_final(adapter: OcpiAdapter) -> None:
    send(adapter, "PUT", session(10, status="COMPLETED", end_date_time=stamp(START + timedelta(minutes=9))))
    send(adapter, "PUT", session(20, status="ACTIVE"))
    send(adapter, "PATCH", {"last_updated": stamp(START + timedelta(minutes=30)), "status": "ACTIVE"})
    assert held(adapter)["status"] == "COMPLETED"


def test_the_path_names_the_object(adapter: OcpiAdapter) -> None:
    assert send(adapter, "PUT", session(id="102")) == (200, 2001)
    assert send(adapter, "PUT", session(party_id="XXX")) == (200, 2001)
    assert send(adapter, "PUT", session(id="101", country_code="nl")) == (201, 1000)


def test_a_strangers_session_is_not_taken(adapter: OcpiAdapter) -> None:
    theirs = session(country_code="DE", party_id="OTH")
    assert send(adapter, "PUT", theirs, "/2.2.1/sessions/DE/OTH/101") == (404, 2001)
    assert told(adapter) == ([], [])


def test_a_pending_session_is_kept_and_told_when_it_is_active(adapter: OcpiAdapter) -> None:
    send(adapter, "PUT", session(status="PENDING"))
    assert told(adapter)[0] == []
    send(adapter, "PATCH", {"last_updated": stamp(START + timedelta(minutes=1)), "status": "ACTIVE"})
    (record,) = told(adapter)[0]
    assert record["status"] == "ACTIVE"
    assert record["live"] is True


def test_a_start_that_was_queued_is_history(adapter: OcpiAdapter, clock: SetClock) -> None:
    clock.instant = START + timedelta(hours=3)
    send(adapter, "PUT", session(180))
    (record,) = told(adapter)[0]
    assert record["live"] is False
    send(adapter, "PATCH", {"last_updated": stamp(clock.instant + timedelta(minutes=20)), "kwh": 1.0})
    assert [each["live"] for each in told(adapter)[0]] == [False, False]


def test_a_session_that_only_draws_on_is_told_every_quarter_of_an_hour(adapter: OcpiAdapter) -> None:
    send(adapter, "PUT", session())
    for minute in range(1, 31):
        send(adapter, "PATCH", {"last_updated": stamp(START + timedelta(minutes=minute)), "kwh": minute / 10})
    assert [each["energy_kwh"] for each in told(adapter)[0]] == [0.0, 1.5, 3.0]
    moved = {"last_updated": stamp(START + timedelta(minutes=31)), "evse_uid": "E9"}
    send(adapter, "PATCH", moved)
    assert told(adapter)[0][-1]["evse_id"] == "E9"


def test_a_bad_period_costs_that_period(adapter: OcpiAdapter) -> None:
    bad = {"start_date_time": stamp(START), "dimensions": [{"type": "POWER", "volume": "NaN"}]}
    early = period(-6000, 4.0)
    assert send(adapter, "PUT", session(3, charging_periods=[bad, early, period(1, 2.0)])) == (201, 1000)
    records, meter = told(adapter)
    assert len(records) == 1
    assert [row[3] for row in meter] == [2.0]
    assert len(adapter.rejects) == 2


def test_a_cdr_ends_a_session_that_nobody_ended(adapter: OcpiAdapter) -> None:
    send(adapter, "PUT", session())
    cdr = {**example("cdr_example"), "country_code": "NL", "party_id": "STK", "session_id": "101"}
    cdr |= {"end_date_time": stamp(START + timedelta(hours=1)), "total_energy": 7.5}
    answer = call(adapter, "POST", "/2.2.1/cdrs", orjson.dumps(cdr))
    assert answer.status_code == 201
    last = told(adapter)[0][-1]
    assert (last["status"], last["energy_kwh"]) == ("COMPLETED", 7.5)
    path = answer.headers["location"].removeprefix("http://127.0.0.1:8420/ocpi")
    assert call(adapter, "GET", path, b"").json()["data"] == cdr


def test_a_tariff_is_kept_and_deleted(adapter: OcpiAdapter) -> None:
    tariff = {**example("tariff_put_example"), "country_code": "NL", "party_id": "STK"}
    tariff["last_updated"] = stamp(START)
    url = f"/2.2.1/tariffs/NL/STK/{tariff['id']}"
    assert send(adapter, "PUT", tariff, url) == (201, 1000)
    assert call(adapter, "GET", url, b"").json()["data"] == tariff
    assert call(adapter, "DELETE", url, b"").status_code == 200
    assert call(adapter, "GET", url, b"").status_code == 404


def test_an_evse_inside_a_location_is_added_changed_and_removed(adapter: OcpiAdapter) -> None:
    location = {**example("location_example"), "country_code": "NL", "party_id": "STK"}
    assert send(adapter, "PUT", location, "/2.2.1/locations/NL/STK/LOC1") == (201, 1000)
    assert {fact.evse_id for fact in adapter._evses.facts()} == {"3256", "3257"}
    new = {**location["evses"][0], "uid": "9"}
    assert send(adapter, "PUT", new, "/2.2.1/locations/NL/STK/LOC1/9")[1] == 1000
    assert {fact.evse_id for fact in adapter._evses.facts()} == {"3256", "3257", "9"}
    gone = {"status": "REMOVED", "last_updated": "2019-06-23T08:11:00Z"}
    assert send(adapter, "PATCH", gone, "/2.2.1/locations/NL/STK/LOC1/3257")[1] == 1000
    assert {fact.evse_id for fact in adapter._evses.facts()} == {"3256", "9"}
    larger = {"max_amperage": 32, "last_updated": "2019-06-23T08:11:00Z"}
    assert send(adapter, "PATCH", larger, "/2.2.1/locations/NL/STK/LOC1/9/1")[1] == 1000
    assert call(adapter, "GET", "/2.2.1/locations/NL/STK/LOC1/9/1", b"").json()["data"]["max_amperage"] == 32
    assert send(adapter, "PATCH", larger, "/2.2.1/locations/NL/STK/LOC1/none") == (404, 2001)


def test_a_result_finds_its_command_late_and_twice_and_no_other_key_does(adapter: OcpiAdapter) -> None:
    from readyby.exchange.network_state import Sent

    key = adapter._commands._result_key("c1")
    sent = Sent(command_id="c1", session_key="nl*stk*101", profile={}, sent_at=START)
    adapter._state.keep_command(key, sent)
    url = f"/2.2.1/chargingprofiles/results/{key}"
    assert send(adapter, "POST", {"result": "ACCEPTED"}, url) == (200, 1000)
    assert send(adapter, "POST", {"result": "ACCEPTED"}, url) == (200, 1000)
    assert send(adapter, "POST", {"result": "MAYBE"}, url) == (200, 2001)
    assert send(adapter, "POST", {"result": "ACCEPTED"}, url[:-1] + "x") == (404, 2001)
    kinds = [(kind, body["verdict"]) for kind, body in adapter._state.news(0, 10).rows]
    assert kinds == [("word", "applied")]


def test_a_result_that_refuses_is_told_so_and_one_that_does_not_know_is_not_told(
    adapter: OcpiAdapter,
) -> None:
    from readyby.exchange.network_state import Sent

    for command in ("c1", "c2"):
        sent = Sent(command_id=command, session_key="nl*stk*101", profile={}, sent_at=START)
        adapter._state.keep_command(adapter._commands._result_key(command), sent)
    for command, result in (("c1", "REJECTED"), ("c2", "UNKNOWN")):
        url = f"/2.2.1/chargingprofiles/results/{adapter._commands._result_key(command)}"
        assert send(adapter, "POST", {"result": result}, url) == (200, 1000)
    told_words = [(body["command_id"], body["verdict"]) for _, body in adapter._state.news(0, 10).rows]
    assert told_words == [("c1", "rejected")]


@pytest.mark.parametrize(
    ("minutes_ago", "status", "live"),
    [(5, "ACTIVE", True), (45, "ACTIVE", False), (5, "COMPLETED", False)],
)
def test_a_session_first_seen_in_a_list_is_live_if_it_is_active_now(
    adapter: OcpiAdapter, clock: SetClock, minutes_ago: float, status: str, live: bool
) -> None:
    send(adapter, "PUT", session(id="other"), "/2.2.1/sessions/NL/STK/other")
    clock.instant = START + timedelta(hours=2)
    adapter._deliveries.put_session(session(120 - minutes_ago, status=status), pulled=True)
    assert told(adapter)[0][-1]["live"] is live


def test_a_pushed_active_profile_confirms_the_command_that_it_shows(adapter: OcpiAdapter) -> None:
    from readyby.exchange.network_state import Sent

    location = {**example("location_example"), "country_code": "NL", "party_id": "STK"}
    send(adapter, "PUT", location, "/2.2.1/locations/NL/STK/LOC1")
    send(adapter, "PUT", session())
    profile = {
        "start_date_time": stamp(START),
        "charging_rate_unit": "A",
        "charging_profile_period": [{"start_period": 0, "limit": 8.0}],
    }
    sent = Sent(command_id="c1", session_key="nl*stk*101", profile=profile, sent_at=START)
    adapter._state.keep_command(adapter._commands._result_key("c1"), sent)
    adapter._state.news(10**6, 1)
    url = "/2.2.1/chargingprofiles/101"
    other = {**profile, "charging_profile_period": [{"start_period": 0, "limit": 16.0}]}
    for shown in (other, profile):
        active = {"start_date_time": stamp(START), "charging_profile": shown}
        assert send(adapter, "PUT", active, url) == (200, 1000)
    words = [body for kind, body in adapter._state.news(0, 10).rows if kind == "word"]
    assert [(word["command_id"], word["verdict"]) for word in words] == [("c1", "applied")]
    unknown = {"start_date_time": stamp(START), "charging_profile": profile}
    assert send(adapter, "PUT", unknown, "/2.2.1/chargingprofiles/999") == (404, 2001)


@pytest.mark.parametrize(("status", "days"), [("COMPLETED", 2), ("ACTIVE", 15)])
def test_what_is_over_is_gone_from_the_file_too(
    tmp_path: Path, clock: SetClock, status: str, days: int
) -> None:
    adapter = OcpiAdapter(OcpiSettings(), clock, folder=tmp_path)
    token = {**example("session_example_1_simple_start")["cdr_token"], "uid": "CANARY-UID-7"}
    send(adapter, "PUT", session(status=status, cdr_token=token))
    adapter._state.news(10**6, 1)
    files = list(tmp_path.glob("ocpi.sqlite*"))
    assert any(b"CANARY-UID-7" in path.read_bytes() for path in files)
    adapter._deliveries.forget(START + timedelta(hours=12))
    assert adapter._state.read_all("sessions")
    adapter._deliveries.forget(START + timedelta(days=days))
    assert adapter._state.read_all("sessions") == []
    assert not any(b"CANARY-UID-7" in path.read_bytes() for path in tmp_path.glob("ocpi.sqlite*"))
    assert adapter._deliveries.roll.session_at("3256") is None
    asyncio.run(adapter.close())


def test_closing_waits_for_whoever_is_at_it() -> None:
    """A statement that runs while the connection is closed would take the whole process down."""
    from threading import Thread

    from readyby.exchange.network_state import NetworkState

    for _ in range(20):
        state = NetworkState(None)

        def work(state: NetworkState = state) -> None:
            try:
                for number in range(10_000):
                    state.keep("tariffs", str(number), {"a": number}, START, live=False, ended=False)
                    state.read_all("tariffs")
            except sqlite3.ProgrammingError:
                pass

        threads = [Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        state.keep_fact("a", "b")
        state.close()
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive()
