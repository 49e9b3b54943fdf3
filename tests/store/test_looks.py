"""What people and planners read: status, situation, settlement, counts, journal, runs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from readyby.errors import BadInput, NotFound
from readyby.model import Circuit, SessionId, SessionRef, SiteId
from readyby.store import api
from tests.support.store_world import (
    SITE,
    START,
    StoreWorld,
    ended_record,
    entry,
    evse,
    minute,
    receipt,
    session_record,
    site,
)


def test_a_driver_sees_the_session_and_nothing_personal(world: StoreWorld) -> None:
    ref = world.welcome()
    before = world.ask(api.ReadStatus(session_ref=ref, now=minute(1)))
    assert (before.planned, before.plan_version, before.last_request, before.settled) == (None,) * 4
    world.submit(ref, "r1", distance_mi=40.0)
    world.submit(ref, "r2", distance_mi=40.0)
    world.claim("c")
    world.plan("c", (entry(1),), at=minute(2))
    world.do(api.MarkDispatched(site_id=SITE, plan_version=1, at=minute(2), machine_ms=1))
    world.receive(receipt(1, "a", "accepted"))
    status = world.ask(api.ReadStatus(session_ref=ref, now=minute(3)))
    assert status.session.request is not None
    assert status.last_request is not None
    assert (status.session.request.request_id, status.last_request.request_id) == ("r1", "r2")
    assert status.session.request.plan_version == 1
    assert (status.session.setpoint_kw, status.planned) == (3.0, entry(1))
    assert (status.plan_version, status.plan_made_at, status.plan_dispatched) == (1, minute(2), True)
    assert (status.site, status.language, status.wh_per_mi) == (site(), "en", 250.0)
    assert status.feed_as_of == START
    assert "+1626" not in str(status)
    world.plan("released")
    assert world.ask(api.ReadStatus(session_ref=ref, now=minute(4))).planned is None
    with pytest.raises(NotFound):
        world.ask(api.ReadStatus(session_ref=SessionRef("guess"), now=START))


def test_the_situation_holds_what_is_plugged_in(world: StoreWorld) -> None:
    world.ingest([session_record(2), session_record(1, token_uid=None), ended_record(3, minute(0))])
    situation = world.ask(api.ReadSituation(site_id=SITE, now=minute(1)))
    assert [one.session_id for one in situation.sessions] == ["S1", "S2"]
    assert situation.site == site()
    assert (situation.last_plan, situation.last_plan_version) == ((), None)


def test_the_month_has_a_peak_and_the_slot_has_used_energy(world: StoreWorld) -> None:
    started = START - timedelta(days=40)
    world.ingest([session_record(n, started_at=started.isoformat()) for n in (1, 2)])
    old = [("S1", "E1", started + timedelta(minutes=n), 6.0, n / 10) for n in range(15)]
    earlier = [("S1", "E1", minute(n), 4.0, 4 + n / 10) for n in range(-30, -15)]
    both = [("S2", "E2", minute(n), 1.0, 1 + n / 60) for n in range(-30, -15)]
    now = [("S1", "E1", minute(n), 3.0, 5 + n / 20) for n in range(10)]
    world.ingest(meter=[*old, *earlier, *both, *now], at=minute(10))
    situation = world.ask(api.ReadSituation(site_id=SITE, now=minute(10)))
    assert situation.billing_peak_kw == pytest.approx(5.0)
    assert situation.slot_energy_kwh == pytest.approx(3.0 * 10 / 60)


def test_a_short_stay_counts_for_its_part_of_the_slot(world: StoreWorld) -> None:
    world.ingest([session_record(1, started_at=minute(-25).isoformat())])
    world.ingest([ended_record(1, minute(-20), started_at=minute(-25).isoformat())])
    world.ingest(meter=[("S1", "E1", minute(-n), 6.0, 0.1) for n in (21, 22, 23, 24)], at=minute(5))
    situation = world.ask(api.ReadSituation(site_id=SITE, now=minute(5)))
    assert situation.billing_peak_kw == pytest.approx(6.0 * 5 / 15)
    assert situation.slot_energy_kwh == 0.0


def test_before_its_first_reading_of_a_slot_a_car_draws_what_it_drew(world: StoreWorld) -> None:
    world.ingest([session_record(1, started_at=minute(-60).isoformat())])
    world.ingest(meter=[("S1", "E1", minute(-1), 6.0, 1.0)])
    assert world.ask(api.ReadSituation(site_id=SITE, now=minute(2))).slot_energy_kwh == pytest.approx(0.2)


def settlement(**changes: object) -> api.Settlement:
    made = api.Settlement(
        session_id=SessionId("S1"),
        energy_kwh=4.0,
        cost_usd=0.8,
        uncontrolled_cost_usd=1.2,
        uncontrolled_energy_kwh=4.0,
        promise="kept",
        shortfall_kwh=0.0,
        settled_at=minute(31),
    )
    return replace(made, **changes)


def test_ended_sessions_wait_for_their_settlement(world: StoreWorld) -> None:
    ref = world.welcome()
    world.submit(ref, "r1")
    world.submit(ref, "r2", energy_need_kwh=5.0)
    world.ingest([session_record(2, live=False), ended_record(2, minute(5), live=False)])
    world.ingest([ended_record(3, minute(5), status="INVALID")])
    meter = [("S1", "E1", minute(n), 3.0, n / 20) for n in (2, 1)]
    world.ingest([ended_record(1, minute(30), energy_kwh=4.0)], meter, at=minute(30))
    (waiting,) = world.ask(api.UnsettledSessions(site_id=SITE))
    assert (waiting.session.session_id, waiting.session.delivered_kwh) == ("S1", 4.0)
    assert [point.at for point in waiting.meter] == [minute(1), minute(2)]
    assert [request.request_id for request in waiting.requests] == ["r1", "r2"]
    world.do(api.SettleSession(settlement=settlement()))
    assert world.ask(api.UnsettledSessions(site_id=SITE)) == ()
    assert world.ask(api.ReadStatus(session_ref=ref, now=minute(31))).settled == settlement()
    assert world.ask(api.ReadLink(key_hash="key-1-0", now=minute(44))).open
    assert not world.ask(api.ReadLink(key_hash="key-1-0", now=minute(46))).open
    world.do(api.SettleSession(settlement=settlement(promise="short")))
    assert world.ask(api.ReadCounts()).settled == {"short": 1}
    with pytest.raises(BadInput):
        world.do(api.SettleSession(settlement=settlement(promise="broken")))
    with pytest.raises(NotFound):
        world.do(api.SettleSession(settlement=settlement(session_id=SessionId("S9"))))


def run(key: str, flow_run_id: str | None = None, mode: str = "bare") -> api.RunRecord:
    return api.RunRecord(
        run_key=key,
        deployment="plan-site",
        parameters={"site_id": "jpl"},
        mode=mode,
        state="Completed",
        started_at=minute(0),
        ended_at=minute(1),
        plan_versions=(1, 2),
        logs=((minute(0), "INFO", "planned"),),
        artifact_markdown="| a |",
        flow_run_id=flow_run_id,
    )


def test_runs_wait_until_the_server_knows_them(world: StoreWorld) -> None:
    world.do(api.RecordRun(run=run("k2")))
    world.do(api.RecordRun(run=run("k1")))
    world.do(api.RecordRun(run=run("k3", "uuid", "in_run")))
    assert world.ask(api.UnrecordedRuns()) == (run("k1"), run("k2"))
    assert world.ask(api.UnrecordedRuns(limit=1)) == (run("k1"),)
    world.do(api.RecordRun(run=run("k1").known_as("uuid-1")))
    counts = world.ask(api.ReadCounts())
    assert (counts.runs_in_run, counts.runs_bare, counts.runs_unrecorded) == (1, 2, 1)


def test_a_plan_is_without_run_until_one_is_recorded_under_its_key(world: StoreWorld) -> None:
    world.ingest([session_record(1)])
    world.plan("c", (entry(1),))
    world.plan("d")
    first, second = world.ask(api.PlansWithoutRun(site_id=SITE))
    assert (first.plan.plan_version, second.plan.plan_version) == (1, 2)
    assert (first.method, first.reason, first.run_key) == ("optimal", "test", "run-c")
    assert first.plan.entries == (entry(1),)
    world.do(api.RecordRun(run=run("run-c")))
    assert world.ask(api.PlansWithoutRun(site_id=SITE)) == (second,)
    assert world.ask(api.PlansWithoutRun(site_id=SiteId("elsewhere"))) == ()


def test_counts_and_journal_tell_the_story(world: StoreWorld) -> None:
    world.submit(world.welcome(), "r1")
    world.ingest([session_record(2)], [("S1", "E1", minute(0), 3.0, 0.0), ("S1", "E1", minute(0), -1, 0)])
    world.claim("c")
    world.plan("c", at=minute(2))
    world.receive(receipt(1, "a", "not_followed", at=minute(3).isoformat()))
    world.ingest([ended_record(1, minute(30), energy_kwh=4.0)])
    world.do(api.SettleSession(settlement=settlement()))
    counts = world.ask(api.ReadCounts())
    assert counts == api.Counts(
        sessions_seen=2,
        sessions_active=1,
        eligible_sessions=1,
        participants=6,
        welcome_sms=1,
        requests=1,
        plans=1,
        commands={"not_followed": 1},
        meter_values=1,
        quarantined=1,
        runs_in_run=0,
        runs_bare=0,
        runs_unrecorded=0,
        settled={"kept": 1},
    )
    lines = world.ask(api.ReadJournal(limit=20))
    assert [line.kind for line in lines] == [
        "settlement", "session_ended", "not_following", "plan",
        "request", "session_started", "session_started", "welcome",
    ]  # fmt: skip
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    assert lines[1].text == "E1: a car left with 4.0 kWh"
    assert len(world.ask(api.ReadJournal(limit=3))) == 3


def test_time_is_granted_forward_only(world: StoreWorld) -> None:
    assert world.ask(api.GrantedTime()) is None
    world.do(api.GrantTime(until=minute(10), speed=60.0))
    world.do(api.GrantTime(until=minute(5), speed=60.0))
    assert world.ask(api.GrantedTime()) == minute(10)


def test_a_site_keeps_its_circuits_and_what_its_evses_are(world: StoreWorld) -> None:
    circuits = (
        Circuit(name="roof", limit_kw=15.0, reserved_kw=2.0),
        Circuit(name="row", parent="roof", limit_a=60.0),
    )
    stepped = evse(2, circuit="roof", steps_kw=(2.0, 6.6), max_pauses=2, min_on_min=15.0, min_off_min=30.0)
    wired = (evse(1, circuit="row", connection="AB"), stepped, evse(3))
    whole = site(circuits=circuits, evses=wired, voltage_v=400.0, ramp_kw=20.0)
    whole = replace(whole, building_kw=12.5, solar_kw="roof.csv", export_usd_per_kwh=0.05, co2_usd_per_kg=0.1)
    world.do(api.PutSite(site=whole, at=START))
    assert world.ask(api.ReadSite(site_id=SITE)) == whole
    assert world.ask(api.ReadSituation(site_id=SITE, now=START)).site == whole
    rows = world.rows(
        "select name, parent, limit_kw, limit_a, reserved_kw, evse_ids from circuits order by name"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("roof", "", 15.0, None, 2.0, ["E2"]),
        ("row", "roof", None, 60.0, 0.0, ["E1"]),
    ]
    world.do(api.PutSite(site=site(), at=START))
    assert world.ask(api.ReadSite(site_id=SITE)) == site()
    assert not world.rows("select * from circuits")


def test_a_changed_circuit_calls_for_a_plan(world: StoreWorld) -> None:
    wide, narrow = (site(circuits=(Circuit(name="roof", limit_kw=kw),)) for kw in (15.0, 12.0))
    world.do(api.PutSite(site=wide, at=START))
    before = world.ask(api.ReadPending()).events
    world.do(api.PutSite(site=wide, at=START))
    assert world.ask(api.ReadPending()).events == before
    world.do(api.PutSite(site=narrow, at=START))
    assert world.ask(api.ReadPending()).events == before + 1


def test_sites_are_listed_and_read_back(world: StoreWorld) -> None:
    assert world.ask(api.ListSites()) == (SITE,)
    assert world.ask(api.ReadSite(site_id=SITE)) == site()
    with pytest.raises(BadInput, match="time zone"):
        world.do(api.AddEvent(site_id=SITE, kind="k", detail="", at=START.replace(tzinfo=None)))
