import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from readyby.interval import floor_to
from readyby.model import EvseId, RequestKind
from readyby.planning import executable, facade, worth
from readyby.planning.facade import FALLBACK, OPTIMAL, RELEASED, plan_site
from readyby.planning.intake import cast
from readyby.planning.optimize import NoAnswer
from readyby.planning.situation import STEP
from tests.support.planning import NOW, hours, limit_at, sce, session, site, stored, worst_case_kw

TARIFF = sce()


def delivered_kwh(entry, until):
    """Energy that the steps allow until an instant."""
    ends = [step.start_at for step in entry.steps[1:]] + [entry.expires_at]
    return sum(
        step.limit_kw * max(0.0, (min(end, until) - step.start_at) / timedelta(hours=1))
        for step, end in zip(entry.steps, ends, strict=True)
    )


def test_a_need_is_met_by_departure():
    data = stored(session(0, need_kwh=12.0, leaves_h=8.0))
    (entry,) = plan_site(data, TARIFF).entries
    assert entry.controlled
    assert entry.shortfall_kwh == 0.0
    assert entry.ready_at is not None
    assert entry.ready_at <= hours(8.0)
    assert delivered_kwh(entry, hours(8.0)) >= 12.0


def test_the_sequence_covers_the_stay_and_ends_on_the_standing_cap():
    (entry,) = plan_site(stored(session(0, need_kwh=12.0)), TARIFF).entries
    assert entry.steps[0].start_at == NOW
    assert entry.steps[-1].limit_kw == 2.0
    assert entry.steps[-1].start_at <= entry.departure_at
    assert entry.expires_at >= entry.departure_at + timedelta(minutes=30)
    assert [s.start_at for s in entry.steps] == sorted({s.start_at for s in entry.steps})


def test_energy_moves_out_of_the_dear_hours():
    (entry,) = plan_site(
        stored(session(0, need_kwh=12.0, leaves_h=14.0), billing_peak_kw=50.0), TARIFF
    ).entries
    dear = [hours(h) for h in (4.5, 6.0, 8.0, 9.5)]
    assert all(limit_at(entry, at, 2.0) == 0.0 for at in dear)


@pytest.mark.invariant("I-4")
def test_setpoints_are_nothing_or_at_least_the_least_pilot():
    data = stored(*(session(n, need_kwh=6.0 + n, leaves_h=5.0 + n) for n in range(6)))
    for entry in plan_site(data, TARIFF).entries:
        assert all(step.limit_kw == 0 or 1.248 <= step.limit_kw <= 6.656 for step in entry.steps)


@pytest.mark.invariant("I-1")
@pytest.mark.parametrize("limit_kw", [12.0, 17.0, 25.0, 60.0])
def test_never_above_the_limit_at_worst(limit_kw):
    people = [session(n, need_kwh=15.0 + 3 * n, leaves_h=3.0 + n) for n in range(5)]
    data = stored(*people, session(5), at=site(7, limit_kw=limit_kw, cap_kw=1.5))
    outcome = plan_site(data, TARIFF)
    assert outcome.method == OPTIMAL
    caps_and_one = 7 * 1.5 + 6.656 - 1.5
    assert worst_case_kw(data, outcome.entries) <= max(limit_kw, caps_and_one) + 1e-6


def test_an_evse_that_does_not_follow_counts_at_nameplate():
    data = stored(
        *(session(n, need_kwh=30.0, leaves_h=5.0) for n in range(4)),
        at=site(5, limit_kw=24.0),
        not_following=["E1"],
    )
    outcome = plan_site(data, TARIFF)
    assert worst_case_kw(data, outcome.entries) <= 24.0 + 1e-6
    (loose,) = (entry for entry in outcome.entries if entry.evse_id == "E1")
    assert [step.limit_kw for step in loose.steps] == [2.0]


def test_a_paused_site_is_released():
    outcome = plan_site(stored(session(0, need_kwh=12.0), control_paused=True), TARIFF)
    assert outcome.entries == ()
    assert outcome.method == RELEASED


@pytest.mark.invariant("I-9")
def test_without_a_request_a_session_keeps_its_cap_and_may_get_more():
    outcome = plan_site(stored(session(0), at=site(2, limit_kw=30.0)), TARIFF)
    (entry,) = outcome.entries
    assert not entry.controlled
    assert entry.steps[0].limit_kw == 6.656
    assert entry.steps[-1].limit_kw == 2.0
    assert entry.expires_at == NOW + timedelta(minutes=30)


def test_grants_are_shared_fairly():
    data = stored(session(0), session(1), at=site(2, limit_kw=14.656, cap_kw=2.0))
    levels = {entry.steps[0].limit_kw for entry in plan_site(data, TARIFF).entries}
    assert levels == {5.0}


@pytest.mark.invariant("I-15")
def test_charge_now_comes_before_as_usual():
    data = stored(
        session(0, kind=RequestKind.CHARGE_NOW),
        session(1),
        at=site(2, limit_kw=4.0 + 4.656 + 4.656, cap_kw=2.0),
    )
    (entry,) = plan_site(data, TARIFF).entries
    assert entry.session_id == "S0"
    assert entry.steps[0].limit_kw == 6.656


@pytest.mark.invariant("I-15")
def test_charge_now_needs_no_solver(monkeypatch):
    def broken(*_: object) -> None:
        raise NoAnswer("iteration limit")

    monkeypatch.setattr(facade, "optimize", broken)
    data = stored(
        session(0, kind=RequestKind.CHARGE_NOW),
        *(session(n, need_kwh=12.0, leaves_h=9.0) for n in (1, 2)),
        at=site(3, limit_kw=15.4, cap_kw=2.0),
    )
    outcome = plan_site(data, TARIFF)
    assert outcome.method == FALLBACK
    now = {entry.session_id: entry.steps[0].limit_kw for entry in outcome.entries}
    assert now["S0"] == 6.656


SCARCE = site(3, limit_kw=15.4, cap_kw=2.0)


@pytest.mark.invariant("I-15")
def test_charge_now_comes_before_who_has_time_to_spare():
    people = [session(n, need_kwh=12.0, leaves_h=9.0) for n in (1, 2)]
    data = stored(session(0, kind=RequestKind.CHARGE_NOW), *people, at=SCARCE)
    entries = plan_site(data, TARIFF).entries
    assert entries[0].steps[0].limit_kw == 6.656
    assert [entry.shortfall_kwh for entry in entries[1:]] == [0.0, 0.0]
    assert worst_case_kw(data, entries) <= 15.4 + 1e-6


def test_more_cars_that_charge_now_than_fit_share_what_is_there():
    prompt = [session(n, kind=RequestKind.CHARGE_NOW) for n in (0, 1)]
    data = stored(*prompt, session(2, need_kwh=1.0, leaves_h=9.0), at=SCARCE)
    entries = plan_site(data, TARIFF).entries
    assert worst_case_kw(data, entries) <= 15.4 + 1e-6
    assert entries[0].steps[0].limit_kw == entries[1].steps[0].limit_kw > 2.0


def test_charge_now_costs_nobody_the_promise():
    people = [session(1, need_kwh=11.0, leaves_h=2.0), session(2, need_kwh=12.0, leaves_h=9.0)]
    data = stored(session(0, kind=RequestKind.CHARGE_NOW), *people, at=SCARCE)
    now, urgent, easy = plan_site(data, TARIFF).entries
    assert (urgent.shortfall_kwh, easy.shortfall_kwh) == (0.0, 0.0)
    assert now.steps[0].limit_kw < 6.656
    assert worst_case_kw(data, (now, urgent, easy)) <= 15.4 + 1e-6


@pytest.mark.invariant("I-9")
def test_release_means_as_usual():
    data = stored(session(0, kind=RequestKind.RELEASE), at=site(1, limit_kw=30.0))
    (entry,) = plan_site(data, TARIFF).entries
    assert not entry.controlled


def test_an_overstayer_is_planned_until_the_end_of_the_next_slot():
    data = stored(session(0, need_kwh=30.0, leaves_h=-0.2, delivered_kwh=20.0))
    (entry,) = plan_site(data, TARIFF).entries
    assert entry.departure_at == floor_to(NOW, STEP) + 2 * STEP
    assert entry.steps[0].limit_kw == 6.656


def test_what_cannot_be_met_is_met_as_far_as_can_be_and_said():
    (entry,) = plan_site(stored(session(0, need_kwh=40.0, leaves_h=2.0)), TARIFF).entries
    assert entry.shortfall_kwh == pytest.approx(40.0 - 6.656 * 0.95 * 2.0, abs=0.05)
    assert entry.ready_at is None
    assert all(step.limit_kw == 6.656 for step in entry.steps[:-1])


def test_the_learned_maximum_is_planned_with():
    data = stored(session(0, need_kwh=6.0, leaves_h=2.0, learned_max_kw=3.3))
    (entry,) = plan_site(data, TARIFF).entries
    assert max(step.limit_kw for step in entry.steps) <= 3.3
    assert entry.shortfall_kwh == 0.0


def test_any_order_of_sessions_gives_the_same_plan():
    people = [session(n, need_kwh=8.0 + n, leaves_h=4.0 + n) for n in range(5)]
    first = plan_site(stored(*people), TARIFF)
    random.Random(3).shuffle(people)
    assert plan_site(stored(*people), TARIFF) == first


def test_nothing_changes_without_a_cause():
    people = [session(n, need_kwh=9.0 + n, leaves_h=5.0 + n) for n in range(5)]
    first = plan_site(stored(*people), TARIFF)
    again = plan_site(stored(*people, last_plan=first.entries), TARIFF)
    assert [entry.steps for entry in again.entries] == [entry.steps for entry in first.entries]


def test_a_new_request_leaves_those_alone_who_are_served_as_planned():
    people = [session(n, need_kwh=9.0 + n, leaves_h=5.0 + n) for n in range(5)]
    roomy = site(6, limit_kw=60.0)
    first = plan_site(stored(*people, at=roomy, billing_peak_kw=60.0), TARIFF)
    more = (*people, session(5, need_kwh=8.0, leaves_h=6.0))
    again = plan_site(stored(*more, at=roomy, billing_peak_kw=60.0, last_plan=first.entries), TARIFF)
    before = {entry.session_id: entry.steps for entry in first.entries}
    assert all(entry.steps == before[entry.session_id] for entry in again.entries if entry.session_id != "S5")
    assert again.entries[-1].shortfall_kwh == 0.0


def test_a_trifle_does_not_change_what_runs_now():
    first = plan_site(stored(session(0, need_kwh=3.0, leaves_h=0.9)), TARIFF)
    held = first.entries[0].steps[0].limit_kw
    near = replace(
        first.entries[0],
        steps=(replace(first.entries[0].steps[0], limit_kw=held - 0.2), *first.entries[0].steps[1:]),
    )
    data = stored(session(0, need_kwh=3.4, leaves_h=1.1), last_plan=(near,))
    (entry,) = plan_site(data, TARIFF).entries
    assert entry.steps[0].limit_kw == pytest.approx(held - 0.2)
    eager = replace(data, site=replace(data.site, deadband_kw=0.0))
    (other,) = plan_site(eager, TARIFF).entries
    assert other.steps[0].limit_kw != pytest.approx(held - 0.2)


def test_a_site_says_what_a_change_must_save():
    dear = site(2)
    dear = replace(dear, deadband_kw=0.5, change_usd_per_kwh=0.05)
    asked = json.loads(plan_site(stored(session(0, need_kwh=3.0), at=dear), TARIFF).situation_json)
    assert (asked["deadband_kw"], asked["change_usd_per_kwh"]) == (0.5, 0.05)


def test_what_runs_now_does_not_stay_above_what_the_car_has_shown_to_take():
    first = plan_site(stored(session(0, need_kwh=20.0, leaves_h=4.0)), TARIFF)
    held = first.entries[0].steps[0].limit_kw
    learned = replace(session(0, need_kwh=20.0, leaves_h=4.0), learned_max_kw=held - 0.1)
    outcome = plan_site(stored(learned, last_plan=first.entries), TARIFF)
    assert outcome.method == OPTIMAL
    assert outcome.entries[0].steps[0].limit_kw <= held - 0.1


def one_more(limit_kw, needs_kwh):
    """A plan of five, and the situation after a sixth asked."""
    people = [session(n, need_kwh=9.0 + n, leaves_h=5.0 + n) for n in range(5)]
    at = site(6, limit_kw=limit_kw)
    first = plan_site(stored(*people, at=at, billing_peak_kw=limit_kw), TARIFF)
    more = (*people, session(5, need_kwh=needs_kwh, leaves_h=6.0))
    return first, stored(*more, at=at, billing_peak_kw=limit_kw, last_plan=first.entries)


def test_what_cars_lag_behind_is_given_later_and_what_they_do_now_stays():
    first, data = one_more(60.0, 8.0)
    *others, newcomer = data.sessions
    behind = [
        replace(s, request=replace(s.request, energy_need_kwh=s.request.energy_need_kwh + 0.4))
        for s in others
    ]
    quick = plan_site(replace(data, sessions=(*behind, newcomer)), TARIFF, quick=True)
    now_kw = {entry.session_id: entry.steps[0].limit_kw for entry in quick.entries}
    assert all(now_kw[entry.session_id] == entry.steps[0].limit_kw for entry in first.entries)
    assert [entry.shortfall_kwh for entry in quick.entries] == [0.0] * 6


@pytest.mark.parametrize(("limit_kw", "needs_kwh"), [(60.0, 8.0), (24.0, 8.0), (24.0, 30.0), (14.0, 40.0)])
def test_a_quick_plan_keeps_every_limit_and_misses_little(limit_kw, needs_kwh):
    _, data = one_more(limit_kw, needs_kwh)
    quick, careful = plan_site(data, TARIFF, quick=True), plan_site(data, TARIFF)
    assert quick.method == OPTIMAL
    assert worst_case_kw(data, quick.entries) <= max(limit_kw, worst_case_kw(data, careful.entries)) + 1e-6
    missed = [sum(entry.shortfall_kwh for entry in plan.entries) for plan in (quick, careful)]
    need = sum(entry.energy_need_kwh for entry in careful.entries)
    assert missed[0] <= missed[1] + worth.QUICK_KWH + worth.KEPT_SHORT * need


def test_a_quick_plan_asks_the_solver_once_and_leaves_the_others_alone(monkeypatch):
    first, data = one_more(60.0, 8.0)
    monkeypatch.setattr(executable, "round_setpoints", lambda *_, **__: pytest.fail("asked again"))
    quick = plan_site(data, TARIFF, quick=True)
    before = {entry.session_id: entry.steps for entry in first.entries}
    assert all(entry.steps == before[entry.session_id] for entry in quick.entries if entry.session_id != "S5")
    assert quick.entries[-1].shortfall_kwh == 0.0


def test_a_quick_plan_lets_go_of_no_more_than_it_must(monkeypatch):
    """A large request in a full site: some of the others move for it, most are left alone."""
    monkeypatch.setattr(executable, "round_setpoints", lambda *_, **__: pytest.fail("asked again"))
    people = [session(n, need_kwh=9.0 + 2 * n, leaves_h=5.0 + n / 2) for n in range(8)]
    at = site(9, limit_kw=32.0)
    first = plan_site(stored(*people, at=at, billing_peak_kw=32.0), TARIFF)
    more = (*people, session(8, need_kwh=20.0, leaves_h=6.0))
    data = stored(*more, at=at, billing_peak_kw=32.0, last_plan=first.entries)
    quick = plan_site(data, TARIFF, quick=True)
    before = {entry.session_id: entry.steps for entry in first.entries}
    alone = [entry.session_id for entry in quick.entries if before.get(entry.session_id) == entry.steps]
    assert len(people) / 2 < len(alone) < len(people)
    assert sum(entry.shortfall_kwh for entry in quick.entries) == 0.0


def test_a_quick_plan_that_is_not_good_is_made_carefully(monkeypatch):
    _, data = one_more(24.0, 30.0)
    monkeypatch.setattr(worth, "QUICK_KWH", -100.0)
    assert plan_site(data, TARIFF, quick=True) == plan_site(data, TARIFF)


def full(n, **said):
    """A car that has taken nothing for some minutes although it might have."""
    at = NOW - timedelta(minutes=1)
    since = at - timedelta(minutes=2)
    return replace(session(n, **said), power_kw=0.0, measured_at=at, free_since=since)


def test_cars_that_take_no_more_leave_the_limit_to_others():
    others = [session(n, need_kwh=20.0, leaves_h=3.0) for n in (3, 4, 5)]
    here = {"need_kwh": 20.0, "leaves_h": 3.0, "delivered_kwh": 6.0}
    data = stored(*(full(n, **here) for n in range(3)), *others)
    sated, rest = plan_site(data, TARIFF).entries[:3], plan_site(data, TARIFF).entries[3:]
    assert {step.limit_kw for entry in sated for step in entry.steps} == {2.0}
    assert sated[0].shortfall_kwh == pytest.approx(14.0)
    assert sated[0].explanation["en"].startswith("Your car has 6.0 kWh and takes no more now")
    hungry = replace(data, sessions=(*(session(n, **here) for n in range(3)), *others))
    before = plan_site(hungry, TARIFF).entries[3:]
    assert sum(e.shortfall_kwh for e in rest) < sum(e.shortfall_kwh for e in before) - 5.0
    assert worst_case_kw(data, (*sated, *rest)) <= 30.0 + 1e-6


@pytest.mark.parametrize(("minutes", "power_kw"), [(1.9, 0.0), (0.9, 2.3)])
def test_a_car_that_may_only_just_begin_is_given_time(minutes, power_kw):
    """Its last readings are of the first minutes after a pause, or of a limit that has just risen."""
    beginner = full(0, need_kwh=9.0, leaves_h=6.0)
    since = beginner.measured_at - timedelta(minutes=minutes)
    (entry,) = plan_site(stored(replace(beginner, power_kw=power_kw, free_since=since)), TARIFF).entries
    assert max(step.limit_kw for step in entry.steps) > 3.0
    assert entry.shortfall_kwh == 0.0


def test_a_car_that_took_nothing_an_hour_ago_is_planned_as_any_other():
    at = NOW - timedelta(hours=1)
    stale = replace(full(0, need_kwh=12.0), measured_at=at, free_since=at - timedelta(minutes=5))
    (entry,) = plan_site(stored(stale), TARIFF).entries
    assert entry.shortfall_kwh == 0.0


def test_a_battery_that_fills_is_offered_a_little_more_than_it_takes():
    fading = replace(full(0, need_kwh=9.0, leaves_h=6.0), power_kw=2.3)
    (entry,) = plan_site(stored(fading), TARIFF).entries
    assert max(step.limit_kw for step in entry.steps) == 3.0


def test_the_later_session_is_the_one_on_the_evse():
    early, late = session(0, need_kwh=5.0, started_h=-5.0), session(0, need_kwh=7.0, started_h=-0.5)
    outcome = plan_site(stored(replace(early, session_id="old"), late), TARIFF)
    assert [entry.session_id for entry in outcome.entries] == ["S0"]
    assert "left out" in outcome.reason


def test_changing_a_departure_changes_the_plan():
    before = plan_site(stored(session(0, need_kwh=12.0, leaves_h=3.0)), TARIFF)
    after = plan_site(stored(session(0, need_kwh=12.0, leaves_h=14.0)), TARIFF)
    assert before.entries[0].steps != after.entries[0].steps


@pytest.mark.invariant("I-5")
def test_an_evse_that_is_not_heard_of_counts_at_nameplate_and_its_driver_is_told():
    data = stored(
        *(session(n, need_kwh=30.0, leaves_h=5.0) for n in range(4)),
        at=site(5, limit_kw=24.0),
        not_following=["E1", "E2"],
    )
    outcome = plan_site(replace(data, silent=(EvseId("E1"),)), TARIFF)
    assert worst_case_kw(data, outcome.entries) <= 24.0 + 1e-6
    said = {entry.evse_id: entry.explanation["en"] for entry in outcome.entries}
    assert "no word" in said["E1"]
    assert "does not follow" in said["E2"]
    assert "1 not following, 1 not heard of" in outcome.reason


@pytest.mark.parametrize(("every_min", "is_sated"), [(1, False), (15, True)])
def test_a_reading_says_something_for_as_long_as_meters_let_wait(every_min, is_sated):
    full = replace(
        session(0, need_kwh=20.0),
        power_kw=0.0,
        measured_at=NOW - timedelta(minutes=20),
        free_since=NOW - timedelta(minutes=40),
    )
    data = replace(stored(full), meter_every=timedelta(minutes=every_min))
    assert bool(cast(data).sated) is is_sated
