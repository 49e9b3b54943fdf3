"""Without an answer of the solver, or after an error of ours, a safe plan goes out and says so."""

import json

import pytest

from readyby.planning import facade
from readyby.planning.facade import FALLBACK, LAST_PLAN, plan_site
from readyby.planning.optimize import NoAnswer
from tests.planning.test_facade import delivered_kwh
from tests.support.planning import hours, limit_at, sce, session, site, stored, worst_case_kw

TARIFF = sce()


@pytest.mark.invariant("I-8", "I-32")
def test_a_solver_that_fails_is_replaced_and_says_so(monkeypatch):
    def broken(*_: object) -> None:
        raise NoAnswer("iteration limit")

    monkeypatch.setattr(facade, "optimize", broken)
    data = stored(*(session(n, need_kwh=12.0, leaves_h=5.0) for n in range(4)), at=site(4, limit_kw=16.0))
    outcome = plan_site(data, TARIFF)
    assert outcome.method == FALLBACK
    assert "least laxity" in outcome.reason
    assert worst_case_kw(data, outcome.entries) <= 16.0 + 1e-6
    assert any(step.limit_kw > 0 for entry in outcome.entries for step in entry.steps)


@pytest.mark.invariant("I-8")
def test_a_solver_that_fails_after_a_good_plan_keeps_that_within_the_new_limit(monkeypatch):
    def broken(*_: object) -> None:
        raise NoAnswer("iteration limit")

    people = [session(n, need_kwh=12.0, leaves_h=5.0) for n in range(4)]
    before = plan_site(stored(*people, at=site(4, limit_kw=22.0)), TARIFF)
    monkeypatch.setattr(facade, "optimize", broken)
    data = stored(*people, at=site(4, limit_kw=16.0), last_plan=before.entries)
    outcome = plan_site(data, TARIFF)
    assert outcome.method == LAST_PLAN
    assert "the last plan, trimmed" in outcome.reason
    assert worst_case_kw(data, outcome.entries) <= 16.0 + 1e-6
    same = {entry.session_id: entry for entry in before.entries}
    for entry in outcome.entries:
        held = same[entry.session_id]
        assert all(s.limit_kw <= limit_at(held, s.start_at, 2.0) + 1e-9 for s in entry.steps)
    assert delivered_kwh(outcome.entries[0], hours(5.0)) > 5.0


def test_what_the_solver_refuses_is_no_error_of_ours(monkeypatch):
    def refuses(*_: object) -> None:
        raise NoAnswer("iteration limit")

    monkeypatch.setattr(facade, "optimize", refuses)
    outcome = plan_site(stored(session(0, need_kwh=12.0)), TARIFF)
    assert (outcome.method, outcome.error) == (FALLBACK, "")
    assert "the solver gave no answer (iteration limit)" in outcome.reason


def an_error(*_: object, **__: object) -> None:
    raise KeyError("S0")


def test_an_error_of_ours_never_keeps_a_plan_back_and_is_named(monkeypatch):
    monkeypatch.setattr(facade, "STRICT", False)
    monkeypatch.setattr(facade, "make_executable", an_error)
    outcome = plan_site(stored(session(0, need_kwh=12.0)), TARIFF)
    assert outcome.method == FALLBACK
    assert any(step.limit_kw > 0 for step in outcome.entries[0].steps)
    assert outcome.error.startswith("KeyError at test_fallback.py:")
    assert outcome.error.endswith(": a session")
    assert json.loads(outcome.plan_json)["error"] == outcome.error
    assert "KeyError" in outcome.reason


def test_an_error_of_ours_is_raised_where_the_planner_is_strict(monkeypatch):
    monkeypatch.setattr(facade, "make_executable", an_error)
    with pytest.raises(KeyError):
        plan_site(stored(session(0, need_kwh=12.0)), TARIFF)
