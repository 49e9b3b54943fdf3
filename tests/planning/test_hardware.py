"""What a site's file says of its hardware: steps, pauses, runs and ramp hold in the loop's plans."""

from dataclasses import replace
from itertools import pairwise

import pytest

from readyby.model import Evse, RequestKind, Site
from readyby.planning.facade import OPTIMAL, plan_site
from readyby.store.api import PlannedSession
from tests.support.planning import NOW, hours, limit_at, sce, session, site, stored

STEPS_KW = (1.664, 3.328, 4.992, 6.656)


def with_evses(site: Site, **facts: object) -> Site:
    evses: tuple[Evse, ...] = tuple(replace(evse, **facts) for evse in site.evses)
    return replace(site, evses=evses)


def powers_kw(entries: tuple[PlannedSession, ...]) -> set[float]:
    return {step.limit_kw for entry in entries for step in entry.steps}


@pytest.mark.parametrize("learned_max_kw", [None, 3.0])
def test_an_evse_with_steps_is_told_its_steps_alone(learned_max_kw):
    stepped = with_evses(site(6, limit_kw=28.0, cap_kw=1.664), steps_kw=STEPS_KW)
    data = stored(
        *(session(n, need_kwh=9.0 + n, leaves_h=5.0, learned_max_kw=learned_max_kw) for n in range(4)),
        session(4),
        session(5, kind=RequestKind.CHARGE_NOW),
        at=stepped,
    )
    outcome = plan_site(data, sce())
    assert outcome.method == OPTIMAL, outcome.reason
    assert powers_kw(outcome.entries) <= {0.0, *STEPS_KW}
    planned = [entry for entry in outcome.entries if entry.controlled]
    most = max(step.limit_kw for entry in planned for step in entry.steps)
    assert most == (6.656 if learned_max_kw is None else 3.328), "the step that lets a car of 3 kW have them"


def test_without_steps_other_powers_are_told():
    data = stored(session(0, need_kwh=9.0), session(4), at=site(6, limit_kw=28.0, cap_kw=1.664))
    assert not powers_kw(plan_site(data, sce()).entries) <= {0.0, *STEPS_KW}


def runs(entry: PlannedSession, last_h: float) -> list[tuple[bool, int]]:
    """Quarters of an hour on and off in turn, of the whole slots from the next on until a car leaves."""
    quarters = [limit_at(entry, hours(0.2 + quarter / 4), 0.0) > 0 for quarter in range(int(4 * last_h))]
    edges = [0, *(k + 1 for k, (a, b) in enumerate(pairwise(quarters)) if a != b), len(quarters)]
    return [(quarters[start], end - start) for start, end in pairwise(edges)]


def inner(told: list[tuple[bool, int]]) -> list[tuple[bool, int]]:
    """The runs and rests between first and last run: those may be cut off by now and by the departure."""
    on = [place for place, (is_on, _) in enumerate(told) if is_on]
    return told[on[0] + 1 : on[-1]] if on else []


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ({"max_pauses": 0}, lambda told: sum(on for on, _ in told) <= 1),
        ({"min_on_min": 60.0}, lambda told: all(long >= 4 for on, long in inner(told) if on)),
        ({"min_off_min": 120.0}, lambda told: all(long >= 8 for on, long in inner(told) if not on)),
    ],
)
def test_pauses_and_runs_are_as_the_hardware_allows(facts, holds):
    """A tight limit, with cars that come and go, makes plans pause where they may."""
    told = {}
    for name, given in (("free", {}), ("held", facts)):
        tight = with_evses(site(6, limit_kw=13.0, cap_kw=0.0), **given)
        cars = [session(n, need_kwh=4.0 + 1.5 * n, leaves_h=2.0 + 1.5 * n) for n in range(6)]
        outcome = plan_site(stored(*cars, at=tight), sce())
        assert outcome.method == OPTIMAL, outcome.reason
        told[name] = [runs(entry, 2.0 + 1.5 * n) for n, entry in enumerate(outcome.entries)]
    assert all(holds(each) for each in told["held"]), told["held"]
    assert not all(holds(each) for each in told["free"]), told["free"]


def test_the_planned_load_rises_by_the_ramp_from_what_cars_draw():
    ramped = replace(site(6, limit_kw=60.0, cap_kw=0.0), ramp_kw=5.0)
    drawing = replace(session(0, need_kwh=20.0, leaves_h=4.0), power_kw=4.0, measured_at=NOW)
    cars = [drawing, *(session(n, need_kwh=20.0, leaves_h=4.0) for n in range(1, 6))]
    for at, ramp_kw in ((ramped, 5.0), (replace(ramped, ramp_kw=None), None)):
        entries = plan_site(stored(*cars, at=at), sce()).entries
        quarters = [
            sum(limit_at(e, hours(h), 0.0) for e in entries) for h in (0.0, *(0.2 + k / 4 for k in range(12)))
        ]
        rises = [after - before for before, after in pairwise((4.0, *quarters))]
        assert (max(rises) <= 5.0 + 1e-6) == (ramp_kw is not None), rises
