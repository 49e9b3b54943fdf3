"""Load does not leap: EVSEs take a rise of the same instant one after the other (I-7)."""

from datetime import timedelta

import pytest

from tests.exchange.desk import NOW, Desk


@pytest.mark.invariant("I-7")
def test_a_tariffs_edge_does_not_start_all_cars_in_one_second():
    desk = Desk(limit_kw=40)
    desk.plan(**{f"E{n}": [(0, 0.0), (15, 6.24)] for n in range(4)})
    starts = {setpoint.evse_id: setpoint.steps[1].start_at - NOW for setpoint in desk.sent}
    assert len(set(starts.values())) == 4
    assert min(starts.values()) >= timedelta(minutes=15, seconds=30)
    assert max(starts.values()) <= timedelta(minutes=16)


@pytest.mark.invariant("I-7")
def test_a_plan_at_the_edge_leaves_those_alone_who_are_about_to_start():
    desk = Desk(limit_kw=40)
    desk.plan(**{f"E{n}": [(0, 0.0), (15, 5.0)] for n in range(4)})
    desk.let(15)
    desk.sent.clear()
    desk.plan(E0=5.0, E1=6.24, E2=2.0, E3=0.0, lease_min=105)
    first = {setpoint.evse_id: setpoint.steps[0] for setpoint in desk.sent}
    assert "E0" not in first
    assert {evse_id: step.limit_kw for evse_id, step in first.items()} == {"E1": 0.0, "E2": 0.0, "E3": 0.0}
    assert all(
        setpoint.steps[1].start_at > desk.now for setpoint in desk.sent if setpoint.evse_id in ("E1", "E2")
    )


def test_who_is_to_have_much_more_than_planned_does_not_wait_for_the_edge():
    desk = Desk(limit_kw=40)
    desk.plan(E0=[(0, 0.0), (15, 2.0)])
    desk.let(15)
    desk.sent.clear()
    desk.plan(E0=6.24)
    (setpoint,) = (setpoint for setpoint in desk.sent if setpoint.evse_id == "E0")
    assert setpoint.steps[0].limit_kw == 6.24
