"""Session records: order-free, ended once, one car an EVSE; and whose they are."""

from datetime import timedelta

import pytest

from readyby.errors import Conflict
from readyby.model import SessionId, SessionStatus
from readyby.store import api
from readyby.store.ingest.records import Recorded, joined
from tests.support.store_world import (
    SITE,
    START,
    StoreWorld,
    ended_record,
    minute,
    person,
    session_record,
)


def kinds(world: StoreWorld) -> list[str]:
    return [row["kind"] for row in world.rows("select kind from planning_event order by event_id")]


def session(world: StoreWorld, number: int = 1) -> dict[str, object]:
    (row,) = world.rows(f"select * from sessions where session_id = 'S{number}'")
    return row


def result(world: StoreWorld, number: int = 1) -> object:
    return session(world, number)["match_result"]


def test_a_session_starts_and_ends_once(world: StoreWorld) -> None:
    assert world.ingest([session_record(1)]).started == ("S1",)
    again = world.ingest([session_record(1)])
    assert (again.started, again.sessions, again.duplicates) == ((), 0, 1)
    done = world.ingest([ended_record(1, minute(30), energy_kwh=4.0)])
    assert done.ended == ("S1",)
    assert world.ingest([ended_record(1, minute(30), energy_kwh=4.0)]).ended == ()
    assert kinds(world) == ["session_started", "session_ended"]
    assert session(world)["delivered_kwh"] == 4.0


def test_an_older_record_never_overwrites_a_newer(world: StoreWorld) -> None:
    world.ingest([session_record(1, energy_kwh=3.0, last_updated=minute(9).isoformat())])
    world.ingest([session_record(1, energy_kwh=2.0, last_updated=minute(5).isoformat())])
    assert session(world)["delivered_kwh"] == 3.0


def test_completed_is_final(world: StoreWorld) -> None:
    world.ingest([ended_record(1, minute(30))])
    world.ingest([session_record(1, last_updated=minute(40).isoformat())])
    assert session(world)["status"] == "COMPLETED"
    assert not session(world)["active"]


def test_replayed_history_starts_nothing(world: StoreWorld) -> None:
    seen = world.ingest([session_record(1, live=False)])
    assert (seen.started, seen.ended) == ((), ())
    assert kinds(world) == []
    assert world.match().welcomes == 0
    assert result(world) == "history"


def test_a_replayed_end_ends_a_live_session(world: StoreWorld) -> None:
    world.ingest([session_record(1)])
    assert world.ingest([ended_record(1, minute(30), live=False)]).ended == ("S1",)


@pytest.mark.invariant("I-27")
def test_a_new_car_ends_the_session_that_never_stopped(world: StoreWorld) -> None:
    world.ingest([session_record(1)])
    later = session_record(2, evse_id="E1", started_at=minute(50).isoformat())
    seen = world.ingest([later], at=minute(50))
    assert (seen.started, seen.ended) == (("S2",), ("S1",))
    assert session(world)["ended_at"] == minute(50)
    assert session(world)["end_inferred"]
    assert world.rows("select kind, session_id from data_quality") == [
        {"kind": "end_inferred", "session_id": "S1"}
    ]
    world.ingest([ended_record(1, minute(45), energy_kwh=5.0)])
    assert session(world)["ended_at"] == minute(45)
    assert world.rows("select * from data_quality") == []


@pytest.mark.invariant("I-27")
def test_an_older_session_that_shows_up_late_is_over_already(world: StoreWorld) -> None:
    world.ingest([session_record(2, evse_id="E1", started_at=minute(50).isoformat())], at=minute(50))
    seen = world.ingest([session_record(1)], at=minute(51))
    assert seen.started == ()
    assert session(world)["ended_at"] == minute(50)


def test_an_invalid_session_ends_nobody(world: StoreWorld) -> None:
    world.ingest([session_record(1)])
    world.ingest([session_record(2, evse_id="E1", status="INVALID", started_at=minute(5).isoformat())])
    assert session(world)["active"]


def test_a_request_of_an_ended_session_needs_no_plan(world: StoreWorld) -> None:
    world.submit(world.welcome(), "r1")
    world.claim("c1")
    world.plan("c1")
    world.submit(world.rows("select session_ref from session")[0]["session_ref"], "r2", energy_need_kwh=3.0)
    assert world.ask(api.ReadPending()).requests == 1
    world.ingest([ended_record(1, minute(30))])
    assert world.ask(api.ReadPending()).requests == 0
    assert world.claim("c2").request_ids == ()


@pytest.mark.invariant("I-16")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"token_uid": None}, "no_token"),
        ({"token_uid": ""}, "no_token"),
        ({"token_uid": "   "}, "no_token"),
        ({"token_uid": "stranger"}, "unknown_token"),
        ({"live": False}, "history"),
        ({"status": "COMPLETED"}, "ended"),
        ({"token_uid": " TOK-1 "}, "eligible"),
    ],
)
def test_who_is_welcomed(world: StoreWorld, change: dict[str, object], reason: str) -> None:
    world.ingest([session_record(1, **change)])
    matched = world.match()
    assert result(world) == reason
    assert matched == api.Matched(sessions=1, welcomes=int(reason == "eligible"))
    assert world.match() == api.Matched(sessions=0, welcomes=0)


@pytest.mark.invariant("I-16", "I-18")
def test_consent_is_needed_and_stop_holds(bare_world: StoreWorld) -> None:
    world = bare_world.furnish(
        person("tok-1", "+16265550101", consent_at=None),
        person("tok-2", "+16265550102", consent_at=START + timedelta(days=1)),
        person("tok-3", "+16265550103"),
        person("tok-4", "+16265550104"),
    )
    assert world.do(api.MarkStopped(phone="+16265550103", stopped=True, at=START)) == 1
    world.ingest([session_record(n) for n in (1, 2, 3, 4)])
    assert world.match().welcomes == 1
    assert [result(world, n) for n in (1, 2, 3, 4)] == ["no_consent", "no_consent", "stopped", "eligible"]
    assert world.do(api.MarkStopped(phone="+16265550103", stopped=False, at=START)) == 1


@pytest.mark.invariant("I-18")
def test_a_stop_outlives_enrollment(world: StoreWorld) -> None:
    assert world.do(api.MarkStopped(phone="+16265550199", stopped=True, at=START)) == 0
    world.do(api.ImportParticipants(rows=(person("late", "+16265550199"),), at=START))
    world.ingest([session_record(1, token_uid="late")])
    assert world.match().welcomes == 0
    assert result(world) == "stopped"


@pytest.mark.invariant("I-16")
def test_a_token_held_twice_matches_nobody(world: StoreWorld) -> None:
    """The import refuses such a file; should it ever happen, nobody is taken for another."""
    cursor = world.store.database.cursor()
    cursor.execute(
        "insert into person by name select 'second' as participant_key, * exclude (participant_key) "
        "from person where phone = '+16265550101'"
    ).fetchall()
    cursor.close()
    world.ingest([session_record(1)])
    assert world.match().welcomes == 0
    assert result(world) == "ambiguous_token"


@pytest.mark.invariant("I-16")
def test_null_never_equals_null(world: StoreWorld) -> None:
    """A token that hashes to nothing matches no person, not even one without a token."""
    cursor = world.store.database.cursor()
    cursor.execute("update person set token_hash = '' where phone = '+16265550101'").fetchall()
    cursor.close()
    world.ingest([session_record(1, token_uid=None), session_record(2, token_uid="")])
    assert world.match().welcomes == 0


def test_uncontrolled_evses_are_left_alone(world: StoreWorld) -> None:
    from tests.support.store_world import evse, site

    evses = (evse(1, controlled=False), evse(2))
    world.do(api.PutSite(site=site(evses=evses), at=START))
    world.ingest([session_record(1), session_record(2)])
    assert world.match().welcomes == 1
    assert result(world) == "not_controlled"


def test_a_token_that_comes_later_is_judged_again(world: StoreWorld) -> None:
    """Cars are often plugged in before the card is shown."""
    world.ingest([session_record(1, token_uid=None)])
    world.match()
    world.ingest([session_record(1, last_updated=minute(1).isoformat())])
    assert world.match().welcomes == 1
    world.ingest([session_record(1, token_uid="tok-2", last_updated=minute(2).isoformat())])
    assert world.match().welcomes == 0


def test_an_evse_belongs_to_one_site(world: StoreWorld) -> None:
    from readyby.model import SiteId
    from tests.support.store_world import evse, site

    with pytest.raises(Conflict, match="E1 belongs to site jpl"):
        world.do(api.PutSite(site=site(site_id=SiteId("other"), evses=(evse(1),)), at=START))


@pytest.mark.invariant("I-24")
def test_joining_records_is_order_free() -> None:
    early = Recorded(
        session_id=SessionId("S1"),
        site_id=SITE,
        evse_id="E1",
        token_hash=None,
        status=SessionStatus.ACTIVE,
        started_at=START,
        recorded_ended_at=None,
        energy_kwh=1.0,
        last_updated=minute(1),
        live=False,
    )
    records = [
        early,
        Recorded(**_fields(early) | {"last_updated": minute(2), "energy_kwh": 2.0, "live": True}),
        Recorded(**_fields(early) | {"last_updated": minute(2), "energy_kwh": 1.5, "token_hash": "a"}),
        Recorded(**_fields(early) | {"status": SessionStatus.INVALID, "recorded_ended_at": minute(1)}),
        Recorded(**_fields(early) | {"status": SessionStatus.COMPLETED, "recorded_ended_at": minute(9)}),
    ]
    for one in records:
        assert joined(one, one) == one
        for other in records:
            assert joined(one, other) == joined(other, one)
            for third in records:
                assert joined(joined(one, other), third) == joined(one, joined(other, third))


def _fields(record: Recorded) -> dict[str, object]:
    return {name: getattr(record, name) for name in Recorded.__slots__}


@pytest.mark.invariant("I-25")
@pytest.mark.parametrize("far", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_at_the_end_of_the_calendar_costs_its_row(world: StoreWorld, far: str) -> None:
    readings = [("S2", "E2", far, 1.0, 0.1), ("S2", "E2", minute(1), 1.0, 0.1)]
    taken = world.ingest([session_record(1, last_updated=far), session_record(2)], readings, at=minute(1))
    assert (taken.sessions, taken.meter_values, taken.quarantined) == (1, 1, 2)
