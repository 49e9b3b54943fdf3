"""What drivers ask for through their network: requests as from the page, or kept apart with the reason."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.model import RequestKind
from readyby.store import api
from tests.support.store_world import SITE, StoreWorld, ended_record, minute, page, person, session_record

REQUESTS = "select request_id, session_id, kind, channel, outcome from request order by sequence"


def wish(name: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "wish_id": name,
        "session_id": f"S{number}",
        "kind": "need",
        "departure_at": minute(240).isoformat(),
        "energy_need_kwh": 12.0,
        "machine_ms": 77,
    } | changes


def tell(world: StoreWorld, *wishes: Any, sessions: tuple[Any, ...] = (), at: float = 1) -> api.Ingested:
    world.cursor += 1
    told = json.loads(page(world.cursor, sessions, as_of=minute(at))) | {"wishes": list(wishes)}
    return world.do(api.IngestPage(body=json.dumps(told).encode(), received_at=minute(at)))


def requests(world: StoreWorld) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in world.rows(REQUESTS)]


def reasons(world: StoreWorld) -> list[str]:
    return [
        row["reason"] for row in world.rows("select reason from quarantine where kind = 'wish' order by 1")
    ]


def test_a_wish_is_a_request_of_the_sessions_driver(world: StoreWorld) -> None:
    ref = world.welcome()
    assert tell(world, wish("w1")).requests == 1
    assert requests(world) == [("w1", "S1", "need", "network", "new")]
    request = world.ask(api.ReadStatus(session_ref=ref, now=minute(1))).last_request
    assert request is not None
    assert (request.departure_at, request.energy_need_kwh) == (minute(240), 12.0)
    assert world.claim("c").request_ids == ("w1",)


@pytest.mark.invariant("I-12")
def test_what_is_told_twice_is_one_request_and_the_same_again_is_none_that_plans(world: StoreWorld) -> None:
    world.welcome()
    tell(world, wish("w1"), wish("w1"))
    assert tell(world, wish("w1")).requests == 0
    tell(world, wish("w2"))
    assert [row[-1] for row in requests(world)] == ["new", "unchanged"]
    assert world.claim("c").request_ids == ("w1",)


def test_the_newest_word_wins_whichever_way_it_came(world: StoreWorld) -> None:
    ref = world.welcome()
    tell(world, wish("w1"))
    world.submit(ref, "page", energy_need_kwh=5.0)
    status = world.ask(api.ReadStatus(session_ref=ref, now=minute(1)))
    assert status.session.request is not None
    assert status.session.request.request_id == "page"
    tell(world, wish("w2", kind="charge_now", departure_at=None, energy_need_kwh=None))
    status = world.ask(api.ReadStatus(session_ref=ref, now=minute(1)))
    assert status.session.request is not None
    assert status.session.request.kind is RequestKind.CHARGE_NOW


def test_a_wish_waits_until_it_is_known_whose_its_session_is(world: StoreWorld) -> None:
    taken = tell(world, wish("w1"), sessions=(session_record(1),))
    assert (taken.requests, taken.quarantined) == (0, 0)
    matched = world.match()
    assert (matched.welcomes, matched.requests) == (1, 1)
    assert requests(world) == [("w1", "S1", "need", "network", "new")]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"session_id": "S9"}, "session_id: no such session"),
        ({"departure_at": minute(-5).isoformat()}, "still to come"),
        ({"departure_at": minute(60 * 60).isoformat()}, "48 hours"),
        ({"departure_at": None}, "say when you leave"),
        ({"energy_need_kwh": 10_000}, "200 kWh"),
        ({"energy_need_kwh": None}, "how much you need"),
        ({"kind": "soon"}, "kind"),
        ({"departure_at": "2026-01-05T20:00:00"}, "departure_at"),
        ({"wish_id": ""}, "wish_id"),
        ({"machine_ms": 10**30}, "machine_ms"),
        ({"energy_need_kwh": 1e308}, "200 kWh"),
        ({"departure_at": "0001-01-01T00:00:00+14:00"}, "departure_at"),
        ({"departure_at": "9999-12-31T23:59:59-14:00"}, "departure_at"),
    ],
)
def test_what_no_driver_may_ask_is_kept_apart_with_the_reason(
    world: StoreWorld, changes: dict[str, Any], reason: str
) -> None:
    world.welcome()
    taken = tell(world, wish("bad", **changes), wish("good"))
    assert (taken.requests, taken.quarantined) == (1, 1)
    assert [row[0] for row in requests(world)] == ["good"]
    (kept,) = reasons(world)
    assert reason in kept


def test_a_wish_that_is_no_object_costs_itself(world: StoreWorld) -> None:
    world.welcome()
    assert tell(world, 7, None, wish("good")).quarantined == 2
    assert len(requests(world)) == 1


@pytest.mark.invariant("I-16")
def test_who_takes_no_part_is_not_heard(bare_world: StoreWorld) -> None:
    world = bare_world.furnish(person("tok-1", "+16265550101", consent_at=None))
    tell(world, wish("w1"), sessions=(session_record(1),))
    tell(world, wish("w2", 2), sessions=(session_record(2, token_uid="stranger"),))
    world.match()
    assert requests(world) == []
    assert [reason.rpartition(" ")[2] for reason in reasons(world)] == ["(no_consent)", "(unknown_token)"]
    assert world.rows("select * from network_wish") == []


def test_a_wish_of_a_session_that_has_ended_is_kept_apart(world: StoreWorld) -> None:
    world.welcome()
    tell(world, wish("w1"), sessions=(ended_record(1, minute(1)),))
    assert requests(world) == []
    assert reasons(world) == ["session_id: the session has ended"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=st.lists(st.lists(st.integers(1, 6), max_size=4), max_size=6))
def test_pages_told_again_change_nothing(bare_world: StoreWorld, pages: list[list[int]]) -> None:
    world = bare_world.empty().furnish()
    world.welcome()
    for numbers in pages:
        tell(world, *(wish(f"w{n}", energy_need_kwh=float(n)) for n in numbers))
    first = list(dict.fromkeys(n for numbers in pages for n in numbers))
    assert [row[0] for row in requests(world)] == [f"w{n}" for n in first]
    assert world.ask(api.ReadSituation(site_id=SITE, now=minute(2))).not_following == ()
