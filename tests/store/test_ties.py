"""Sessions that a vendor splits, renames or merges: one welcome, one link, no energy twice (I-17, I-23)."""

from typing import Any

import pytest

from readyby.model import SessionId, SessionRef
from readyby.savings import Settlement
from readyby.store import api
from tests.support.store_world import SITE, StoreWorld, ended_record, entry, minute, session_record

WELCOMES = "select session_id from message where kind = 'welcome' order by session_id"
MARKS = "select kind, session_id, alarm from data_quality order by kind, session_id"


def renamed(name: str, start: float, **changes: Any) -> dict[str, Any]:
    """The session of tok-1 at E1 under another name."""
    at = minute(start).isoformat()
    return session_record(1, session_id=name, started_at=at, last_updated=at, **changes)


def welcomed(world: StoreWorld) -> list[str]:
    return [row["session_id"] for row in world.rows(WELCOMES)]


def marks(world: StoreWorld) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in world.rows(MARKS)]


def status(world: StoreWorld, ref: SessionRef) -> api.DriverStatus:
    return world.ask(api.ReadStatus(session_ref=ref, now=minute(120)))


@pytest.mark.invariant("I-17")
def test_a_split_session_goes_on_with_link_and_request_and_without_a_second_welcome(
    world: StoreWorld,
) -> None:
    ref = world.welcome()
    world.submit(ref, "r1", energy_need_kwh=10.0)
    world.claim("c1")
    world.ingest([ended_record(1, minute(60), energy_kwh=4.0)], at=minute(60))
    world.ingest([renamed("S1b", 61)], at=minute(61))
    world.match(at=minute(61))
    assert welcomed(world) == ["S1"]
    link = world.ask(api.ReadLink(key_hash="key-1-0", now=minute(200)))
    assert (link.session_ref, link.open) == (ref, True)
    now = status(world, ref)
    assert (now.session.session_id, now.session.active) == ("S1b", True)
    assert now.session.request is not None
    assert now.session.request.energy_need_kwh == pytest.approx(6.0)
    assert now.session.request.departure_at == minute(240)
    assert world.claim("c2").request_ids == ("r1+",)
    assert ("continued_session", "S1b", False) in marks(world)


def test_who_was_told_of_a_request_is_not_told_again_nor_of_an_end_that_is_none(world: StoreWorld) -> None:
    ref = world.welcome()
    world.submit(ref, "r1", energy_need_kwh=10.0)
    world.claim("c1")
    world.plan("c1", (entry(1),))
    world.do(api.NoteDrivers(now=minute(5)))
    world.ingest([ended_record(1, minute(60), energy_kwh=4.0)], at=minute(60))
    world.ingest([renamed("S1b", 61)], at=minute(61))
    world.match(at=minute(61))
    settle(world, "S1", 4.0)
    world.claim("c2")
    world.plan("c2", (entry(1, session_id=SessionId("S1b")),), at=minute(62))
    world.do(api.NoteDrivers(now=minute(70)))
    kinds = [row["kind"] for row in world.rows("select kind from message order by created_at, kind")]
    assert kinds == ["welcome", "accepted"]


def test_a_renamed_session_keeps_its_whole_need(world: StoreWorld) -> None:
    """The new name's energy counts from the same plug-in."""
    ref = world.welcome()
    world.submit(ref, "r1", energy_need_kwh=10.0)
    world.ingest([session_record(1, energy_kwh=4.0, last_updated=minute(50).isoformat())], at=minute(50))
    world.ingest([renamed("S1b", 0, energy_kwh=4.2)], at=minute(51))
    world.match(at=minute(51))
    now = status(world, ref)
    assert now.session.session_id == "S1b"
    assert now.session.request is not None
    assert now.session.request.energy_need_kwh == 10.0
    assert welcomed(world) == ["S1"]
    unsettled = [one.session.session_id for one in world.ask(api.UnsettledSessions(site_id=SITE))]
    assert unsettled == [], "the old name is no session beside the new one"


@pytest.mark.parametrize(
    "changes",
    [{"token_uid": "tok-2"}, {"start": 63.5}, {"evse_id": "E2"}],
    ids=["another card", "later", "elsewhere"],
)
def test_another_stay_is_welcomed(world: StoreWorld, changes: dict[str, Any]) -> None:
    world.welcome()
    world.ingest([ended_record(1, minute(60))], at=minute(60))
    start = changes.pop("start", 61.0)
    world.ingest([renamed("S1b", start, **changes)], at=minute(64))
    world.match(at=minute(64))
    assert welcomed(world) == ["S1", "S1b"]
    assert marks(world) == []


def test_a_chain_of_names_is_one_stay(world: StoreWorld) -> None:
    ref = world.welcome()
    world.submit(ref, "r1", energy_need_kwh=9.0)
    for number in range(1, 4):
        before = "S1" if number == 1 else f"S1-{number - 1}"
        ended = ended_record(1, minute(20 * number), session_id=before, energy_kwh=2.0)
        started = minute(20 * (number - 1)).isoformat()
        world.ingest([ended | {"started_at": started}], at=minute(20 * number))
        world.ingest([renamed(f"S1-{number}", 20 * number)], at=minute(20 * number))
        world.match(at=minute(20 * number))
    assert welcomed(world) == ["S1"]
    request = status(world, ref).session.request
    assert request is not None
    assert request.energy_need_kwh == pytest.approx(3.0)


def settle(world: StoreWorld, session_id: str, energy_kwh: float) -> None:
    figures = Settlement(
        session_id=session_id,
        energy_kwh=energy_kwh,
        cost_usd=1.0,
        uncontrolled_cost_usd=1.0,
        uncontrolled_energy_kwh=energy_kwh,
        promise="none",
        shortfall_kwh=0.0,
        settled_at=minute(100),
    )
    world.do(api.SettleSession(settlement=figures))


@pytest.mark.invariant("I-23")
def test_what_was_merged_is_not_counted_beside_what_it_was_merged_into(world: StoreWorld) -> None:
    world.welcome()
    world.ingest([ended_record(1, minute(60), energy_kwh=3.0)], at=minute(60))
    second = ended_record(1, minute(90), session_id="S1b", energy_kwh=2.0)
    world.ingest([second | {"started_at": minute(61).isoformat()}], at=minute(90))
    settle(world, "S1", 3.0)
    whole = ended_record(1, minute(90), session_id="S1c", energy_kwh=5.0)
    world.ingest([whole], at=minute(91))
    world.ingest([whole], at=minute(92))
    unsettled = [one.session.session_id for one in world.ask(api.UnsettledSessions(site_id=SITE))]
    assert unsettled == ["S1c"]
    settle(world, "S1c", 5.0)
    assert world.rows("select sum(energy_kwh) as kwh from settlements") == [{"kwh": 5.0}]
    assert [(kind, name) for kind, name, _ in marks(world)] == [
        ("merged_session", "S1"),
        ("merged_session", "S1b"),
    ]
    world.match(at=minute(92))
    assert welcomed(world) == ["S1"]


@pytest.mark.parametrize(
    "changes",
    [{"live": False}, {"energy_kwh": 2.0}, {"token_uid": "tok-2"}, {"status": "INVALID"}],
    ids=["history", "less energy", "another card", "invalid"],
)
def test_what_does_not_cover_a_session_takes_nothing_from_it(
    world: StoreWorld, changes: dict[str, Any]
) -> None:
    world.ingest([ended_record(1, minute(60), energy_kwh=3.0)], at=minute(60))
    world.ingest(
        [ended_record(1, minute(90), session_id="S1c", **{"energy_kwh": 5.0} | changes)], at=minute(91)
    )
    unsettled = {one.session.session_id for one in world.ask(api.UnsettledSessions(site_id=SITE))}
    assert "S1" in unsettled
    assert not [kind for kind, *_ in marks(world) if kind == "merged_session"]
