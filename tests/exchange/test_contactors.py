"""Flapping inputs do not flap contactors."""

from datetime import timedelta

import pytest

from tests.exchange.desk import NOW, Desk


def switched(desk: Desk, evse_id: str) -> list[tuple[timedelta, bool]]:
    """When an EVSE was told to start or stop its car, and which of both."""
    found: list[tuple[timedelta, bool]] = []
    for at, setpoint in desk.sent_at:
        runs = setpoint.is_release or setpoint.steps[0].limit_kw > 0
        if setpoint.evse_id == evse_id and (not found or found[-1][1] is not runs):
            found.append((at - NOW, runs))
    return found


def test_flapping_plans_do_not_flap_a_contactor():
    """A car that is wanted on and off every two minutes, for two hours."""
    desk = Desk(limit_kw=40)
    for number in range(60):
        desk.plan(E0=6.24 if number % 2 == 0 else 0.0, E1=3.12)
        desk.let(2, E0=0.0, E1=3.0)
    told = switched(desk, "E0")
    starts = [at for at, runs in told if runs]
    assert len(starts) >= 4
    for first, fourth in zip(starts, starts[3:], strict=False):
        assert fourth - first >= timedelta(minutes=11)
    assert len(starts) <= 26
    assert len(switched(desk, "E1")) == 1


def test_a_stop_is_never_put_off_and_a_start_comes_when_the_rest_is_over():
    desk = Desk()
    for _ in range(3):
        desk.plan(E0=6.24)
        desk.let(1, E0=6.2)
        desk.plan(E0=0.0)
        assert desk.sent[-1].steps[0].limit_kw == 0.0
        desk.let(1, E0=0.0)
    desk.plan(E0=6.24)
    assert desk.states["7.E0.1"] == ["planned"]
    assert desk.progress[7].first_wave_accepted_machine_ms is not None, "nobody waits for a car that rests"
    assert desk.progress[7].complete_machine_ms is None
    desk.let(15, E0=0.0)
    assert desk.states["7.E0.1"][1] == "sent"


@pytest.mark.invariant("I-15")
def test_a_driver_who_says_now_is_not_held_up():
    desk = Desk()
    for _ in range(3):
        desk.plan(E0=6.24)
        desk.let(1, E0=6.2)
        desk.plan(E0=0.0)
        desk.let(1, E0=0.0)
    desk.plan(E0=6.24, controlled=False)
    assert desk.sent[-1].steps[0].limit_kw == 6.24


def test_another_car_need_not_rest():
    desk = Desk()
    for _ in range(3):
        desk.plan(E0=6.24)
        desk.plan(E0=0.0)
    assert len(desk.executor.controls["E0"].stopped_at) == 3
    desk.session("S9", "E0", started_at=desk.now + timedelta(seconds=1))
    assert desk.executor.controls["E0"].stopped_at == ()


def test_flapping_words_of_a_session_send_nothing():
    """The same session told again, older, as ended long ago, with another state: nothing is sent for it."""
    desk = Desk()
    desk.plan(E0=3.12)
    desk.let(3, E0=3.1)
    sent = len(desk.sent)
    for number in range(30):
        desk.session("S0", "E0")
        desk.session("S-old", "E0", started_at=NOW - timedelta(hours=number + 1))
    assert len(desk.sent) == sent
