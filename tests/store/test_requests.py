"""Requests: new or not by what is stored alone; claimed, planned, bound to a version (I-11, I-12, I-20)."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.errors import BadInput, Conflict, NotFound
from readyby.model import Channel, RequestKind, SessionRef
from readyby.store import api
from tests.support.store_world import SITE, START, StoreWorld, ended_record, entry, minute, site


@pytest.mark.invariant("I-12")
def test_new_unchanged_repeated(world: StoreWorld) -> None:
    ref = world.welcome()
    first = world.submit(ref, "r1")
    assert (first.outcome, first.sequence, first.session_id) == ("new", 1, "S1")
    assert world.submit(ref, "r1") == api.RequestAnswer(
        request_id=first.request_id, outcome="repeated", sequence=1, session_id=first.session_id, site_id=SITE
    )
    assert world.submit(ref, "r2").outcome == "unchanged"
    assert world.submit(ref, "r3", energy_need_kwh=11.0).outcome == "new"
    assert world.submit(ref, "r4").outcome == "new"
    assert [timing.request_id for timing in world.ask(api.RequestTimings())] == ["r1", "r3", "r4"]


def test_the_unit_does_not_make_a_request_new(world: StoreWorld) -> None:
    ref = world.welcome()
    world.submit(ref, "r1", distance_mi=40.0)
    assert world.submit(ref, "r2", distance_mi=None, channel=Channel.SMS).outcome == "unchanged"


def test_another_wish_under_a_known_id_is_refused(world: StoreWorld) -> None:
    ref, other = world.welcome(1), world.welcome(2)
    world.submit(ref, "r1")
    for changes in ({"energy_need_kwh": 9.0}, {"departure_at": minute(1)}, {"kind": RequestKind.RELEASE}):
        with pytest.raises(Conflict, match="r1"):
            world.submit(ref, "r1", **changes)
    with pytest.raises(Conflict):
        world.submit(other, "r1")


def test_no_requests_for_strangers_or_ended_sessions(world: StoreWorld) -> None:
    with pytest.raises(NotFound):
        world.submit(SessionRef("guess"), "r1")
    ref = world.welcome()
    world.submit(ref, "r1")
    world.ingest([ended_record(1, minute(30))])
    with pytest.raises(Conflict, match="ended"):
        world.submit(ref, "r2")
    assert world.submit(ref, "r1").outcome == "repeated"


@pytest.fixture
def welcomed(world: StoreWorld) -> tuple[StoreWorld, SessionRef]:
    return world, world.welcome()


WISHES: list[dict[str, Any]] = [
    {"energy_need_kwh": 10.0},
    {"energy_need_kwh": 11.0},
    {"kind": RequestKind.CHARGE_NOW, "energy_need_kwh": None, "departure_at": None},
]


@pytest.mark.invariant("I-12")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deliveries=st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(range(len(WISHES)))), min_size=1, max_size=8
    ),
    again=st.integers(0, 8),
)
def test_newness_depends_on_the_store_alone(
    welcomed: tuple[StoreWorld, SessionRef], deliveries: list[tuple[int, int]], again: int
) -> None:
    """I-12, against a model of three lines; replaying any prefix changes nothing."""
    world, ref = welcomed
    world.empty(["request"])
    known: dict[int, int] = {}
    newest: int | None = None
    for number, wish in deliveries:
        if known.get(number, wish) != wish:
            with pytest.raises(Conflict):
                world.submit(ref, f"r{number}", **WISHES[wish])
            continue
        expected = "repeated" if number in known else "unchanged" if wish == newest else "new"
        assert world.submit(ref, f"r{number}", **WISHES[wish]).outcome == expected
        if number not in known:
            known[number] = newest = wish
    before = world.rows("select * from request order by sequence")
    for number, wish in deliveries[:again]:
        if known[number] == wish:
            assert world.submit(ref, f"r{number}", **WISHES[wish]).outcome == "repeated"
    assert world.rows("select * from request order by sequence") == before


def test_one_claim_takes_all_that_is_open(world: StoreWorld) -> None:
    ref = world.welcome()
    world.submit(ref, "r1")
    world.submit(ref, "r2", energy_need_kwh=3.0)
    world.do(api.AddEvent(site_id=SITE, kind="price_changed", detail="", at=START))
    claim = world.claim("c1")
    assert claim.request_ids == ("r1", "r2")
    assert claim.events == ("session_started: S1", "price_changed")
    assert not world.claim("c2")
    assert world.ask(api.ReadPending()).requests == 2
    world.submit(ref, "r3", energy_need_kwh=4.0)
    assert world.claim("c2").request_ids == ("r3",)
    assert world.plan("c1") == 1
    assert world.ask(api.ReadPending()).requests == 1
    world.plan("c2")
    versions = [timing.plan_version for timing in world.ask(api.RequestTimings())]
    assert versions == [1, 1, 2]
    pending = world.ask(api.ReadPending())
    assert (pending.requests, pending.events) == (0, 0)


@pytest.mark.invariant("I-13")
def test_the_claims_of_the_dead_come_back(world: StoreWorld) -> None:
    world.submit(world.welcome(), "r1")
    world.claim("c1", owner="dead")
    assert world.do(api.ReturnClaims(owner="dead", now=START)) == 0
    assert world.do(api.ReturnClaims(owner="alive", now=START)) == 2
    assert world.claim("c2", owner="alive").request_ids == ("r1",)
    with pytest.raises(Conflict, match="c1"):
        world.plan("c1")
    assert world.plan("c2") == 1


def test_what_is_planned_does_not_come_back(world: StoreWorld) -> None:
    world.submit(world.welcome(), "r1")
    world.claim("c1", owner="dead")
    world.plan("c1")
    assert world.do(api.ReturnClaims(owner="alive", now=START)) == 0
    assert not world.claim("c2")


@pytest.mark.invariant("I-20")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["claim", "plan", "event", "dispatch", "return"]), max_size=15))
def test_plan_versions_only_go_up(world: StoreWorld, steps: list[str]) -> None:
    """I-20."""
    world.empty(["plan", "plan_entry", "claim", "planning_event"])
    versions = [0]
    for number, step in enumerate(steps):
        if step == "claim":
            world.claim(f"c{number}", owner=f"o{number % 2}")
        elif step == "plan":
            versions.append(world.plan(f"p{number}"))
        elif step == "event":
            world.do(api.AddEvent(site_id=SITE, kind="k", detail="", at=START))
        elif step == "return":
            world.do(api.ReturnClaims(owner="o0", now=START))
        elif versions[-1]:
            world.do(api.MarkDispatched(site_id=SITE, plan_version=versions[-1], at=START, machine_ms=1))
    assert all(later == earlier + 1 for earlier, later in pairwise(versions))


def test_a_plan_s_start_is_there_until_the_next_plan(world: StoreWorld) -> None:
    for claim, start in (("c1", "here"), ("c2", "there"), ("c3", "")):
        world.claim(claim)
        world.plan(claim, start=start)
        assert world.ask(api.ReadSituation(site_id=SITE, now=minute(1))).last_start == start


@pytest.mark.invariant("I-22")
def test_a_stored_plan_is_the_plan_that_leaves(world: StoreWorld) -> None:
    """I-22."""
    world.welcome()
    entries = (
        entry(
            1,
            (0, 3.3),
            (15, 0.0),
            (90, 2.0),
            explanation={"en": "waits", "es": "espera"},
            ready_at=minute(80),
        ),
        entry(2, controlled=False, energy_need_kwh=4.5, shortfall_kwh=0.25, departure_at=minute(200)),
    )
    version = world.plan(entries=entries, at=minute(2))
    left = world.ask(api.UndispatchedPlan(site_id=SITE))
    assert left == api.StoredPlan(
        site_id=SITE, plan_version=version, made_at=minute(2), limit_kw=20.0, entries=entries
    )
    assert world.ask(api.ReadSituation(site_id=SITE, now=minute(3))).last_plan == entries
    assert world.ask(api.ReadPending()).undispatched == 1
    world.do(api.MarkDispatched(site_id=SITE, plan_version=version, at=minute(3), machine_ms=7))
    assert world.ask(api.UndispatchedPlan(site_id=SITE)) is None
    assert world.ask(api.ReadPending()).undispatched == 0
    (row,) = world.rows("select situation_json, plan_json, method, reason from plan")
    assert row == {
        "situation_json": '{"a": 1}',
        "plan_json": '{"b": 2}',
        "method": "optimal",
        "reason": "test",
    }


def test_only_the_newest_plan_waits_for_dispatch(world: StoreWorld) -> None:
    world.plan("a")
    world.plan("b")
    assert world.ask(api.ReadPending()).undispatched == 1
    left = world.ask(api.UndispatchedPlan(site_id=SITE))
    assert left is not None
    assert left.plan_version == 2


def test_plans_of_unknown_sites_and_bad_steps_are_refused(world: StoreWorld) -> None:
    with pytest.raises(BadInput, match="order"):
        world.plan(entries=(entry(1, (5, 1.0), (5, 2.0)),))
    with pytest.raises(NotFound):
        world.do(api.MarkDispatched(site_id=SITE, plan_version=9, at=START, machine_ms=1))
    with pytest.raises(NotFound):
        world.do(api.AddEvent(site_id="nowhere", kind="k", detail="", at=START))
    with pytest.raises(NotFound):
        world.ask(api.ReadSituation(site_id="nowhere", now=START))
    assert world.rows("select * from plan") == []


def test_a_changed_limit_and_a_pause_call_for_a_plan(world: StoreWorld) -> None:
    world.do(api.PutSite(site=site(), at=START))
    assert world.claim("c0").events == ()
    world.do(api.PutSite(site=site(limit_kw=15.0), at=START))
    assert world.do(api.PauseControl(site_id=SITE, paused=True, at=START))
    assert not world.do(api.PauseControl(site_id=SITE, paused=True, at=START))
    assert world.ask(api.ReadSituation(site_id=SITE, now=START)).control_paused
    assert world.claim("c1").events == ("limit_changed: 20 kW to 15 kW", "control_paused")
    world.do(api.PutSite(site=site(limit_kw=15.0, name="Other name"), at=START))
    assert not world.claim("c2")
    assert world.ask(api.ReadSituation(site_id=SITE, now=START)).control_paused


def test_the_oldest_of_what_waits(world: StoreWorld) -> None:
    assert world.ask(api.ReadPending()).oldest_at is None
    ref = world.welcome()
    world.claim("c0")
    world.plan("c0")
    world.do(api.MarkDispatched(site_id=SITE, plan_version=1, at=START, machine_ms=1))
    assert world.ask(api.ReadPending()).oldest_at is None
    world.submit(ref, "r1", received_at=minute(7))
    world.do(api.AddEvent(site_id=SITE, kind="k", detail="", at=minute(5)))
    assert world.ask(api.ReadPending()).oldest_at == minute(5)
    world.claim("c1")
    assert world.ask(api.ReadPending()).oldest_at == minute(5)
    world.plan("c1", at=minute(9))
    assert world.ask(api.ReadPending()).oldest_at == minute(9)


def test_messages_that_are_too_late_hold_nothing_up(world: StoreWorld) -> None:
    world.ingest([{**_record(), "live": True}])
    assert world.ask(api.ReadPending()).unmatched == 1
    world.match()
    assert world.ask(api.ReadPending()).messages == 1
    world.ingest(at=START + timedelta(hours=3))
    pending = world.ask(api.ReadPending())
    assert (pending.messages, pending.unmatched) == (0, 0)


def _record() -> dict[str, Any]:
    from tests.support.store_world import session_record

    return session_record(1)


def test_what_can_wait_stays_open_beside_requests(world: StoreWorld) -> None:
    ref = world.welcome()
    world.claim("before")
    world.submit(ref, "r1")
    for kind in ("slot", "session_ended"):
        world.do(api.AddEvent(site_id=SITE, kind=kind, detail="", at=START))
    first = world.claim("first", leave=("slot",))
    assert (first.request_ids, first.events) == (("r1",), ("session_ended",))
    second = world.claim("second", leave=("slot",))
    assert (second.request_ids, second.events) == ((), ("slot",))
