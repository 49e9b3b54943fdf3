"""The site's circuits in the running loop: plan, grants and what is beside them keep each limit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from readyby.circuits import Leaf, lay_rows
from readyby.model import Circuit, RequestKind, Site
from readyby.planning.facade import OPTIMAL, plan_site
from readyby.planning.grid import lay_grid
from readyby.planning.intake import PlanSettings, cast, situate
from readyby.planning.network import lay_network
from readyby.store.api import SessionView
from tests.support.planning import hours, limit_at, sce, session, site, stored, worst_case_kw

LAWS = settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
CAP_KW = 1.25
FEEDERS = (Circuit(name="F0", limit_kw=17.0), Circuit(name="F1", limit_kw=18.0, reserved_kw=1.5))


def two_feeders(*, limit_kw: float = 60.0, circuits: tuple[Circuit, ...] = FEEDERS) -> Site:
    """Eight outlets, every other one on each feeder."""
    plain = site(8, limit_kw=limit_kw, cap_kw=CAP_KW)
    evses = tuple(replace(evse, circuit=f"F{n % 2}") for n, evse in enumerate(plain.evses))
    return replace(plain, circuits=circuits, evses=evses)


@st.composite
def who_is_there(draw: st.DrawFn) -> list[SessionView]:
    there = []
    for n in range(8):
        part = draw(st.sampled_from(("away", "need", "need", "usual", "now")))
        if part == "need":
            need, leaves = draw(st.floats(1, 25)), draw(st.floats(0.3, 9))
            there.append(session(n, need_kwh=need, leaves_h=leaves))
        elif part != "away":
            kind = RequestKind.NEED if part == "usual" else RequestKind.CHARGE_NOW
            there.append(session(n, kind=kind))
    return there


@LAWS
@given(who_is_there(), st.sampled_from(((), ("E0",), ("E3",))), st.sampled_from((24.0, 30.0, 60.0)))
def test_every_circuit_keeps_its_limit_at_worst(sessions, not_following, limit_kw):
    data = stored(*sessions, at=two_feeders(limit_kw=limit_kw), not_following=not_following)
    outcome = plan_site(data, sce())
    assert outcome.method == OPTIMAL, outcome.reason
    for circuit in FEEDERS:
        worst_kw = worst_case_kw(data, outcome.entries, circuit.name) + circuit.reserved_kw
        assert worst_kw <= circuit.limit_kw + 1e-6, (circuit.name, outcome.reason)
    assert worst_case_kw(data, outcome.entries) + 1.5 <= limit_kw + 1e-6


def test_a_full_feeder_does_not_hold_up_the_other():
    """As usual: the cars of the narrow feeder stay at its level, those of the wide one rise on."""
    circuits = (Circuit(name="F0", limit_kw=12.0), Circuit(name="F1", limit_kw=40.0))
    data = stored(*(session(n) for n in range(8)), at=two_feeders(circuits=circuits))
    entries = {entry.evse_id: entry for entry in plan_site(data, sce()).entries}
    # 12 kW less four caps and one surge of 5.406 kW leave 1.594 kW for four cars: 1.6 kW each.
    assert [limit_at(entries[f"E{n}"], data.now, CAP_KW) for n in (0, 2, 4, 6)] == pytest.approx([1.6] * 4)
    assert [limit_at(entries[f"E{n}"], data.now, CAP_KW) for n in (1, 3, 5, 7)] == pytest.approx([6.656] * 4)


def test_a_binding_feeder_moves_energy_in_time_and_none_is_short():
    narrow = (Circuit(name="F0", limit_kw=14.0), Circuit(name="F1", limit_kw=40.0))
    sessions = [session(n, need_kwh=10.0, leaves_h=8.0) for n in (0, 2, 4)]
    for circuits, is_together in (
        ((*FEEDERS[1:], Circuit(name="F0", limit_kw=60.0)), True),
        (narrow, False),
    ):
        data = stored(*sessions, at=two_feeders(circuits=circuits), billing_peak_kw=60.0)
        outcome = plan_site(data, sce())
        assert all(entry.shortfall_kwh == 0 for entry in outcome.entries)
        instants = [hours(h / 4) for h in range(32)]
        most_kw = max(sum(limit_at(e, at, CAP_KW) for e in outcome.entries) for at in instants)
        assert (most_kw > 14.0 - 5.406 + 1e-6) == is_together


def test_a_bystander_counts_on_its_own_lines():
    """An idle outlet loads the lines that it hangs on, and keeps room for its own disobedience there."""
    plain = two_feeders(circuits=(Circuit(name="F0", limit_a=100.0), Circuit(name="F1", limit_kw=40.0)))
    wires = dict(zip(("E0", "E2", "E4", "E6"), ("AB", "AB", "BC", "CA"), strict=True))
    evses = tuple(replace(evse, connection=wires.get(evse.evse_id, "")) for evse in plain.evses)
    data = stored(session(0, need_kwh=9.0), at=replace(plain, evses=evses))
    network = lay_network(lay_grid(situate(data, cast(data), sce(), PlanSettings())))
    leaves = [Leaf(name=e, circuit="F0", connection=wires[e]) for e in ("E2", "E4", "E6")]
    rows = lay_rows(plain.circuits, leaves, 208.0)
    ours = [name.startswith("circuit.F0") for name in network.names]
    assert network.reserved[ours] == pytest.approx(rows.weights[ours] @ np.full(3, CAP_KW))
    assert network.surge[ours] == pytest.approx((rows.weights[ours] * (6.656 - CAP_KW)).max(axis=1))
    assert set(network.beside[ours]) == {2}, "each line has two of the three"


def test_a_circuit_of_its_own_keeps_nobody_from_charging_now():
    plain = site(3, limit_kw=15.4, cap_kw=2.0)
    alone = tuple(replace(evse, circuit="F0" if evse.evse_id == "E1" else "") for evse in plain.evses)
    at = replace(plain, circuits=(Circuit(name="F0", limit_kw=5.0),), evses=alone)
    people = [session(n, need_kwh=12.0, leaves_h=9.0) for n in (1, 2)]
    entries = plan_site(stored(session(0, kind=RequestKind.CHARGE_NOW), *people, at=at), sce()).entries
    assert entries[0].steps[0].limit_kw == 6.656
