"""Who is silent, and when it is heard of again: without flapping."""

from readyby.exchange.hearing import Hearing

HERE = {"E0": "S0", "E1": "S1"}


def kinds(hearing: Hearing, unheard: dict[str, str | None], *read: str, here: dict[str, str | None] = HERE):
    return [(remark.kind, remark.evse_id, remark.alarm) for remark in hearing.look(unheard, here, read)]


def test_a_silence_is_told_once_and_ends_with_two_readings() -> None:
    hearing = Hearing()
    assert kinds(hearing, {"E0": "S0"}) == [("silent_evse", "E0", True)]
    assert kinds(hearing, {"E0": "S0"}) == []
    assert kinds(hearing, {}, "E0") == []
    assert hearing.silent == ("E0",)
    assert kinds(hearing, {}, "E1") == []
    assert kinds(hearing, {}, "E0") == [("heard_again", "E0", False)]
    assert hearing.silent == ()


def test_a_meter_that_is_always_a_little_late_does_not_flap() -> None:
    hearing = Hearing()
    told = []
    for _ in range(10):
        told += kinds(hearing, {"E0": "S0"})
        told += kinds(hearing, {}, "E0")
    assert told == [("silent_evse", "E0", True)]
    assert hearing.silent == ("E0",)


def test_two_readings_told_at_once_count_as_two() -> None:
    hearing = Hearing()
    kinds(hearing, {"E0": "S0"})
    assert kinds(hearing, {}, "E0", "E0") == [("heard_again", "E0", False)]


def test_a_car_that_leaves_ends_its_silence() -> None:
    hearing = Hearing()
    kinds(hearing, {"E0": "S0", "E1": "S1"})
    assert kinds(hearing, {"E1": "S1"}, here={"E0": None, "E1": "S1"}) == [("heard_again", "E0", False)]
    assert kinds(hearing, {"E1": "S2"}, here={"E0": None, "E1": "S2"}) == []
    assert hearing.silent == ("E1",)
