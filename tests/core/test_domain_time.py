"""A scaled clock runs only as far as it was granted, and never goes back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from readyby.clocks import ClockReading
from readyby.core.domain_time import BRAKE, LEASE_S, GrantedClock

START = datetime(2019, 7, 24, 12, tzinfo=UTC)


def test_time_stands_still_until_it_is_granted() -> None:
    assert GrantedClock(START, speed=300.0).now() == START


def test_a_grant_is_a_lease_ahead() -> None:
    clock = GrantedClock(START, speed=60.0)
    assert clock.wish(None) - START >= timedelta(seconds=LEASE_S * 60)


def test_unhandled_work_brakes_the_clock() -> None:
    clock = GrantedClock(START, speed=600.0)
    assert clock.wish(START - timedelta(minutes=2)) == START + timedelta(minutes=3)
    assert clock.wish(START) == START + BRAKE


def test_what_was_granted_is_not_taken_back() -> None:
    clock = GrantedClock(START, speed=600.0)
    clock.extend(START + timedelta(minutes=8))
    assert clock.wish(START - timedelta(hours=1)) == START + timedelta(minutes=8)
    clock.extend(START)
    assert clock.reading().not_beyond == START + timedelta(minutes=8)


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 60_000), st.integers(0, 3_600)).map(
            lambda s: (s[0], timedelta(seconds=s[1]))
        ),
        max_size=30,
    ),
    speed=st.floats(0.5, 900),
)
def test_readings_never_go_back_and_never_pass_their_grant(
    steps: list[tuple[int, timedelta]], speed: float
) -> None:
    reading = ClockReading(domain_at=START, machine_ms=0, speed=speed, not_beyond=START)
    at_ms, last = 0, START
    for wait_ms, more in steps:
        at_ms += wait_ms
        now = reading.at(at_ms)
        assert last <= now <= reading.not_beyond
        reading = ClockReading(
            domain_at=now, machine_ms=at_ms, speed=speed, not_beyond=reading.not_beyond + more
        )
        last = now
