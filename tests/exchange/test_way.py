"""The way to a network: its rate, its rests, and who goes first."""

import pytest

from readyby.errors import Busy, Misconfigured, Unreachable
from readyby.exchange.way import Way, WayRules

RULES = WayRules(calls_per_minute=60, burst=8, reserve=0.5, failures=3, rest_s=2, rest_max_s=16, jitter=0.5)


class Hand:
    """A machine clock in the test's hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def hand() -> Hand:
    return Hand()


def way(hand: Hand, rules: WayRules = RULES) -> Way:
    return Way("acme", rules, monotonic_s=hand, chance=lambda: 0.0)


def go(made: Way, *, command: bool = False, most: int = 100) -> int:
    """How many calls may leave at once."""
    for number in range(most):
        if made.wait_s(command=command):
            return number
    return most


def test_a_burst_leaves_at_once_and_then_the_rate_holds(hand):
    made = way(hand)
    assert go(made, command=True) == 8
    assert made.wait_s(command=True) == pytest.approx(1.0)
    hand.now_s += 3
    assert go(made, command=True) == 3


def test_the_last_calls_are_kept_for_commands(hand):
    made = way(hand)
    polls = go(made)
    assert polls == 4
    assert go(made, command=True) == 4
    assert made.wait_s() == pytest.approx(4.5)


def test_failures_in_a_row_rest_longer_each_time_and_one_call_tries(hand):
    made = way(hand)
    rests = []
    for _ in range(3):
        made.failed(Unreachable("x"))
    for _ in range(4):
        with pytest.raises(Busy) as caught:
            made.wait_s()
        rests.append(caught.value.retry_after_s)
        hand.now_s += caught.value.retry_after_s
        assert made.wait_s() == 0
        with pytest.raises(Busy, match="tries"):
            made.wait_s(command=True)
        made.failed(Unreachable("x"))
    assert rests == pytest.approx([2, 4, 8, 16])


def test_jitter_shortens_a_rest_at_most_by_its_share(hand):
    made = Way("acme", RULES, monotonic_s=hand, chance=lambda: 1.0)
    for _ in range(3):
        made.failed(Unreachable("x"))
    with pytest.raises(Busy) as caught:
        made.wait_s()
    assert caught.value.retry_after_s == pytest.approx(1.0)


def test_one_answer_ends_the_rest(hand):
    made = way(hand)
    for _ in range(3):
        made.failed(Unreachable("x"))
    hand.now_s += 2
    assert made.wait_s() == 0
    made.succeeded()
    assert go(made, command=True) == 7


def test_a_call_that_tries_and_is_never_heard_of_does_not_block_for_ever(hand):
    made = way(hand)
    for _ in range(3):
        made.failed(Unreachable("x"))
    hand.now_s += 2
    assert made.wait_s() == 0
    hand.now_s += 31
    assert made.wait_s() == 0


def test_a_wish_to_wait_holds_for_the_whole_account(hand):
    made = way(hand)
    made.failed(Busy("429", 7.0))
    for command in (False, True):
        with pytest.raises(Busy) as caught:
            made.wait_s(command=command)
        assert caught.value.retry_after_s == pytest.approx(7.0)
    hand.now_s += 7
    assert made.wait_s() == 0


def test_an_absurd_wish_is_bounded(hand):
    made = way(hand)
    made.failed(Busy("429", 1e12))
    with pytest.raises(Busy) as caught:
        made.wait_s()
    assert caught.value.retry_after_s == pytest.approx(600.0)


def test_an_answer_that_refuses_is_an_answer(hand):
    made = way(hand)
    for _ in range(20):
        made.failed(Misconfigured("no"))
    assert made.wait_s() == 0
