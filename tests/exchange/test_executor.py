"""The executor by example: what leaves when, and what is said of it."""

from datetime import timedelta

import pytest

from readyby.exchange.adapter import (
    Active,
    Capabilities,
    ClearScope,
    Control,
    Verdict,
)
from readyby.exchange.executor import SiteExecutor
from readyby.exchange.guard import Freshness
from readyby.model import CommandState, SessionStatus
from tests.exchange.desk import CAP_KW, MAX_KW, NOW, Desk


def test_lower_power_leaves_first():
    desk = Desk(limit_kw=40)
    desk.plan(E0=3.12, E1=6.24, E2=0.0, E3=1.248)
    assert [setpoint.evse_id for setpoint in desk.sent] == ["E2", "E0", "E1"]


@pytest.mark.invariant("I-2")
def test_a_rise_waits_until_the_fall_that_it_needs_is_verified():
    desk = Desk()
    desk.plan(E0=6.24)
    desk.let(3, E0=6.0)
    desk.plan(E0=1.248, E1=6.24)
    assert desk.states["2.E1.1"] == ["planned"]
    desk.let(1, E0=1.2)
    assert desk.states["2.E1.1"] == ["planned"]
    desk.let(1, E0=1.2)
    assert desk.states["2.E0.1"] == ["sent", "accepted", "verified"]
    assert desk.states["2.E1.1"] == ["planned", "sent", "accepted"]
    assert (desk.waves["2.E0.1"], desk.waves["2.E1.1"]) == (1, 2)


def test_a_rise_does_not_wait_where_it_fits_anyway():
    desk = Desk(limit_kw=30)
    desk.plan(E0=6.24)
    desk.plan(E0=1.248, E1=6.24)
    assert desk.states["2.E1.1"] == ["sent", "accepted"]
    assert desk.waves["2.E1.1"] == 1


@pytest.mark.invariant("I-2", "I-3")
def test_a_fall_that_is_not_followed_frees_nothing():
    desk = Desk()
    desk.plan(E0=6.24)
    desk.let(3, E0=6.0)
    desk.plan(E0=1.248, E1=6.24)
    desk.let(6, E0=6.0)
    assert desk.states["2.E0.1"][-1] == "not_followed"
    assert desk.states["2.E1.1"] == ["planned"]


def test_power_that_is_exchanged_over_time_starts_with_its_falls():
    desk = Desk()
    desk.plan(E0=[(0, 6.24), (30, 1.248)], E1=[(0, 1.248), (31, 6.24)])
    desk.let(4, E0=6.0)
    desk.plan(E0=[(0, 1.248), (30, 6.24)], E1=[(0, 6.24), (29, 1.248)])
    assert desk.states["2.E0.1"] == ["sent", "accepted"]
    assert desk.states["2.E0.2"] == ["planned"]
    desk.let(6, E0=1.2, E1=1.2)
    assert desk.states["2.E0.2"][-1] == "verified"
    assert desk.states["2.E1.2"][-1] in ("accepted", "verified")
    assert all(told[-1] in ("verified", "superseded") for name, told in desk.states.items() if name[0] == "2")


def test_power_that_changes_hands_later_is_sent_whole_and_at_once():
    desk = Desk()
    desk.plan(E0=[(0, 6.24), (30, 1.248)], E1=[(0, 1.248), (30, 6.24)])
    assert {name: told[-1] for name, told in desk.states.items()} == {
        "1.E0.1": "accepted",
        "1.E1.1": "accepted",
    }
    rise = next(setpoint for setpoint in desk.sent if setpoint.evse_id == "E1").steps[-1]
    assert rise.limit_kw == 6.24
    assert timedelta(seconds=30) <= rise.start_at - NOW - timedelta(minutes=30) <= timedelta(minutes=1)


@pytest.mark.invariant("I-5", "I-32")
def test_no_rise_leaves_on_an_old_feed_and_falls_do():
    desk = Desk(limit_kw=40)
    desk.plan(E0=6.24)
    desk.now += timedelta(minutes=3)
    desk.tick(as_of=NOW)
    desk.plan(E0=1.248, E1=3.12)
    assert desk.states["2.E0.1"] == ["sent", "accepted"]
    assert desk.states["2.E1.1"] == ["planned"]
    desk.tick()
    assert desk.states["2.E1.1"] == ["planned", "sent", "accepted"]


@pytest.mark.invariant("I-5", "I-32")
def test_an_evse_that_is_not_heard_of_counts_at_its_maximum():
    desk = Desk()
    desk.let(1)
    desk.now += timedelta(minutes=6)
    desk.tick()
    states = {state.evse_id: state for state in desk.executor.states(desk.now)}
    assert all(state.worst_case_kw == MAX_KW and not state.reachable for state in states.values())
    desk.plan(E0=3.12)
    assert desk.states["1.E0.1"] == ["planned"]
    desk.let(1)
    assert desk.states["1.E0.1"] == ["planned", "sent", "accepted"]


@pytest.mark.invariant("I-20")
def test_a_newer_plan_supersedes_what_waits_and_what_was_sent():
    desk = Desk()
    desk.plan(E0=6.24)
    desk.plan(E0=1.248, E1=6.24)
    desk.plan(E0=1.456, E1=6.032)
    assert desk.states["1.E0.1"][-1] == "superseded"
    assert desk.states["2.E0.1"][-1] == "superseded"
    assert desk.states["2.E1.1"] == ["planned", "superseded"]


@pytest.mark.invariant("I-20")
def test_one_command_at_a_time_is_on_its_way_to_an_evse():
    desk = Desk(limit_kw=40)
    desk.answering = False
    desk.plan(E0=3.12)
    desk.plan(E0=2.08)
    assert [setpoint.command_id for setpoint in desk.sent] == ["g.1.E0.1"]
    desk.say("1.E0.1", Verdict.ACCEPTED)
    assert [setpoint.command_id for setpoint in desk.sent] == ["g.1.E0.1", "g.2.E0.1"]
    assert desk.states["1.E0.1"] == ["sent", "accepted", "superseded"]


def test_an_unknown_outcome_is_asked_for_and_only_what_is_missing_is_sent_again():
    desk = Desk(limit_kw=40)
    desk.answering = False
    desk.plan(E0=3.12, E1=2.08)
    desk.executor.note_unknown(["g.1.E0.1", "g.1.E1.1"], "timed out", desk.moment)
    desk.work()
    assert desk.executor.unclear(desk.moment) == ()
    desk.now += timedelta(seconds=1)
    assert desk.executor.unclear(desk.moment) == ("E0", "E1")
    told = [Active(evse_id="E0", command_id="g.1.E0.1"), Active(evse_id="E1", command_id=None)]
    desk.executor.note_active(told, desk.moment)
    desk.work()
    assert desk.states["1.E0.1"] == ["sent", "unknown", "accepted"]
    assert desk.states["1.E1.1"] == ["sent", "unknown"]
    assert [setpoint.command_id for setpoint in desk.sent].count("g.1.E1.1") == 2


def test_a_rejection_leaves_the_evse_as_it_was_and_is_not_repeated():
    desk = Desk(limit_kw=40)
    desk.answering = False
    desk.plan(E0=3.12)
    desk.say("1.E0.1", Verdict.REJECTED, "busy washing")
    desk.let(3)
    assert desk.states["1.E0.1"] == ["sent", "rejected"]
    assert desk.reasons["1.E0.1"] == "busy washing"
    assert len(desk.sent) == 1
    desk.plan(E0=3.12)
    assert len(desk.sent) == 2


def test_a_command_that_comes_too_late_for_its_session_has_expired():
    desk = Desk(limit_kw=40)
    desk.answering = False
    desk.plan(E0=3.12)
    desk.say("1.E0.1", Verdict.GONE)
    assert desk.states["1.E0.1"] == ["sent", "expired"]
    desk.let(3)
    assert len(desk.sent) == 1


def test_a_rejected_second_copy_may_have_left_the_first_in_force():
    desk = Desk()
    desk.answering = False
    desk.plan(E0=6.24)
    desk.executor.note_unknown(["g.1.E0.1"], "timed out", desk.moment)
    desk.say("1.E0.1", Verdict.REJECTED)
    worst = {state.evse_id: state.worst_case_kw for state in desk.executor.states(desk.now)}
    assert worst["E0"] == pytest.approx(6.24)
    desk.plan(E1=6.24)
    assert desk.states["2.E1.1"] == ["planned"]


def test_all_that_was_sent_without_proof_counts_however_many_plans_came():
    desk = Desk(limit_kw=40)
    desk.plan(E0=6.24)
    for number in range(10):
        desk.plan(E0=1.248 + 0.0208 * number)
    assert desk.executor.states(desk.now)[0].worst_case_kw == pytest.approx(6.24)
    desk.let(3)
    assert desk.executor.states(desk.now)[0].worst_case_kw == pytest.approx(1.4352)


@pytest.mark.invariant("I-6")
def test_a_lease_is_renewed_when_half_of_it_is_over():
    desk = Desk(limit_kw=40)
    desk.plan(E0=3.12, lease_min=60)
    desk.let(10, E0=3.0)
    assert desk.plan(E0=3.12, lease_min=60) == 0
    desk.let(19, E0=3.0)
    assert len(desk.sent) == 1
    desk.let(2, E0=3.0)
    assert [setpoint.expires_at for setpoint in desk.sent] == [
        NOW + timedelta(minutes=60),
        NOW + timedelta(minutes=70),
    ]


@pytest.mark.invariant("I-6")
def test_a_lease_that_ends_leaves_the_standing_cap():
    desk = Desk(limit_kw=40)
    desk.plan(E0=3.12, lease_min=30)
    desk.let(30, E0=3.0)
    worst = {state.evse_id: state.worst_case_kw for state in desk.executor.states(desk.now)}
    assert worst["E0"] == pytest.approx(3.12), "a late clock may still hold it"
    desk.let(1, E0=1.2)
    assert desk.executor.controls["E0"].newest is None
    worst = {state.evse_id: state.worst_case_kw for state in desk.executor.states(desk.now)}
    assert worst["E0"] == pytest.approx(CAP_KW)


def test_commands_expire_with_their_lease_or_their_session():
    desk = Desk(limit_kw=40)
    desk.answering = False
    desk.plan(E0=3.12, E1=3.12, lease_min=30)
    desk.session("S1", "E1", SessionStatus.COMPLETED)
    assert desk.states["1.E1.1"] == ["sent", "expired"]
    desk.let(31)
    assert desk.states["1.E0.1"] == ["sent", "expired"]
    desk.say("1.E0.1", Verdict.ACCEPTED)
    assert desk.states["1.E0.1"] == ["sent", "expired"]


def test_sessions_in_any_order_end_with_the_newest_one_there():
    desk = Desk()
    later = NOW + timedelta(minutes=10)
    desk.session("S0", "E0", SessionStatus.COMPLETED, told_at=later)
    desk.session("S0", "E0", told_at=NOW)
    assert desk.executor.controls["E0"].session_id is None
    desk.session("S9", "E0", started_at=later, told_at=later)
    desk.session("S5", "E0", started_at=NOW + timedelta(minutes=5), told_at=later)
    assert desk.executor.controls["E0"].session_id == "S9"


def test_a_forgotten_command_is_sent_anew():
    desk = Desk(limit_kw=40)
    desk.plan(E0=3.12)
    desk.let(3, E0=3.0)
    desk.executor.note_restart()
    assert desk.executor.unclear(desk.moment) == ("E0",)
    desk.executor.note_active([Active(evse_id="E0", command_id=None)], desk.moment)
    desk.work()
    assert desk.states["1.E0.2"] == ["sent", "accepted"]


def test_who_does_not_follow_counts_at_its_maximum_and_is_told_again_now_and_then():
    desk = Desk(limit_kw=40)
    desk.plan(E0=3.12)
    desk.let(4, E0=6.4)
    assert desk.states["1.E0.1"][-1] == "not_followed"
    assert desk.executor.states(desk.now)[0].worst_case_kw == MAX_KW
    desk.let(9, E0=6.4)
    assert len(desk.sent) == 1
    desk.let(2, E0=6.4)
    assert len(desk.sent) == 2
    desk.let(4, E0=3.0)
    assert desk.states["1.E0.2"] == ["sent", "accepted", "verified"]
    assert desk.executor.states(desk.now)[0].following


def test_who_exceeds_the_standing_cap_without_an_order_gets_one_to_report_on():
    desk = Desk(limit_kw=40)
    desk.plan()
    desk.let(4, E0=6.4)
    assert desk.states["1.E0.1"] == ["sent", "accepted", "not_followed"]
    assert desk.sent[0].is_release


@pytest.mark.invariant("I-21")
def test_no_verdict_in_time_ends_a_command():
    desk = Desk(limit_kw=40)
    desk.plan(E0=3.12)
    for _ in range(16):
        desk.now += timedelta(minutes=1)
        desk.tick()
    assert desk.states["1.E0.1"] == ["sent", "accepted", "expired"]


def test_who_does_not_follow_and_draws_nothing_is_left_in_peace():
    desk = Desk(limit_kw=40)
    desk.plan(E0=3.12)
    desk.let(4, E0=6.4)
    desk.plan()
    desk.let(60, E0=0.0)
    assert desk.states["2.E0.1"] == ["sent", "accepted", "expired"]
    assert len(desk.sent) == 2
    assert not desk.executor.states(desk.now)[0].following


def test_progress_tells_when_waves_were_accepted():
    desk = Desk()
    desk.plan(E0=6.24)
    desk.let(3, E0=6.0)
    desk.plan(E0=1.248, E1=6.24)
    taken = desk.progress[2].taken_machine_ms
    assert desk.progress[2].first_wave_accepted_machine_ms == taken
    assert desk.progress[2].complete_machine_ms is None
    desk.let(3, E0=1.2)
    assert desk.progress[2].complete_machine_ms == taken + 120_000


def test_a_superseded_plan_waits_for_what_took_its_place():
    desk = Desk(limit_kw=40)
    desk.answering = False
    desk.plan(E0=3.12)
    desk.plan(E0=2.08)
    desk.now += timedelta(seconds=1)
    desk.say("1.E0.1", Verdict.ACCEPTED)
    first = desk.progress[1].first_wave_accepted_machine_ms
    desk.now += timedelta(seconds=1)
    desk.say("2.E0.1", Verdict.ACCEPTED)
    assert first == 1000
    assert desk.progress[2].first_wave_accepted_machine_ms == 2000


def test_where_the_caps_do_not_fit_the_site_still_follows_its_plan():
    desk = Desk(limit_kw=16, cap_kw=MAX_KW)
    desk.plan(E0=3.12, E1=3.12, E2=3.12, E3=3.12)
    desk.let(3, E0=3, E1=3, E2=3, E3=3)
    desk.plan(E0=6.24, E1=3.12, E2=3.12, E3=3.12)
    assert desk.states["2.E0.1"] == ["sent", "accepted"]
    desk.plan(E0=6.24, E1=6.24, E2=3.12, E3=3.12)
    assert all(setpoint.steps[0].limit_kw <= 3.12 for setpoint in desk.sent if setpoint.evse_id == "E1")


def test_a_network_that_takes_one_step_at_a_time_is_stepped_by_the_exchange():
    desk = Desk(Capabilities(control=Control.STEP), limit_kw=40)
    desk.plan(E0=[(0, 3.12), (20, 2.08), (40, 4.16)])
    desk.let(45, E0=2.0)
    told = [(setpoint.steps[0].limit_kw, setpoint.expires_at - NOW) for setpoint in desk.sent]
    assert [limit for limit, _ in told] == [3.12, 2.08, 4.16]
    assert told[0][1] == timedelta(minutes=22)


def test_where_clearing_clears_a_station_an_evse_is_released_by_its_cap():
    desk = Desk(Capabilities(clear_scope=ClearScope.STATION), limit_kw=40)
    desk.plan(E0=3.12)
    desk.plan()
    assert not desk.sent[-1].is_release
    assert [step.limit_kw for step in desk.sent[-1].steps] == [CAP_KW]


def test_a_disobedient_evse_of_many_plans_is_told_of_each():
    desk = Desk(limit_kw=40)
    desk.plan(E0=3.12)
    desk.let(4, E0=6.4)
    desk.plan(E0=2.08)
    desk.let(4, E0=6.4)
    assert [told[-1] for told in desk.states.values()] == ["not_followed", "not_followed"]


def test_freshness_is_a_setting():
    executor = SiteExecutor("g", Capabilities(), (), freshness=Freshness(evse=timedelta(hours=1)))
    assert executor.states(NOW) == []
    assert CommandState.EXPIRED.is_final
