"""Texts on the nights when clocks and years change, and bare hours at any time."""

from datetime import UTC, datetime, timedelta

import pytest

from readyby.replies import Request, understand
from tests.support.hearing import ZONE, said


@pytest.mark.invariant("I-26")
@pytest.mark.parametrize(
    ("now", "text", "instant"),
    [
        # 2026-03-08: clocks jump from 2 to 3; 2026-11-01: the hour from 1 to 2 comes twice
        ("2026-03-07T22:00-08:00", "in 5 hours 20mi", "2026-03-08T04:00-07:00"),
        ("2026-10-31T22:00-07:00", "in 5 hours 20mi", "2026-11-01T02:00-08:00"),
        ("2026-10-31T22:00-07:00", "tomorrow 1:30am 20mi", "2026-11-01T01:30-07:00"),
        ("2026-11-01T00:30-07:00", "6am 20mi", "2026-11-01T06:00-08:00"),
        ("2019-12-31T20:00-08:00", "tomorrow 7am 20mi", "2020-01-01T07:00-08:00"),
        ("2028-02-28T20:00-08:00", "tomorrow 7am 20mi", "2028-02-29T07:00-08:00"),
    ],
)
def test_the_nights_when_clocks_and_years_change(now: str, text: str, instant: str) -> None:
    reply = understand(text, datetime.fromisoformat(now), ZONE)
    assert isinstance(reply, Request)
    assert reply.departure
    assert reply.departure.at == datetime.fromisoformat(instant)


@pytest.mark.invariant("I-26")
@pytest.mark.parametrize(
    ("text", "fold"),
    [
        ("1:30am 20mi", 0),
        ("1:30 AM PST, 20mi", 1),
        ("1:30am PDT 20mi", 0),
        ("1:30 am but the second one, 20mi", 1),
        ("the second 1:30 am, after the clocks go back. 20mi", 1),
        ("1:15 the 2nd time around, not the first, 20mi", 1),
        ("1:30am before the clocks change, 20mi", 0),
        ("a la 1:30 después de que se atrase el reloj, 20 millas", 1),
        ("a la 1:30 antes de que cambie la hora, 20 millas", 0),
        ("7am new time, 20mi", 0),
    ],
)
def test_which_showing_of_an_hour_shown_twice_is_meant(text: str, fold: int) -> None:
    for evening in ("2026-10-31T21:00-07:00", "2026-11-01T00:40-07:00"):
        reply = understand(text, datetime.fromisoformat(evening), ZONE)
        assert isinstance(reply, Request)
        assert reply.departure
        assert reply.departure.at.astimezone(ZONE).fold == fold


def test_the_second_showing_is_ahead_when_the_first_is_over() -> None:
    now = datetime(2026, 11, 1, 1, 40, tzinfo=ZONE)
    reply = understand("1:30 pst 20mi", now, ZONE)
    assert isinstance(reply, Request)
    assert reply.departure
    assert reply.departure.at == datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZONE).astimezone(UTC)


def test_a_time_that_the_clock_skips_is_asked_again() -> None:
    assert said("tomorrow 2:30am 20mi", datetime.fromisoformat("2026-03-07T22:00-08:00")) == "? skipped"


def test_spans_are_right_whatever_the_zone_of_now() -> None:
    now = datetime(2026, 3, 7, 22, 0, tzinfo=ZONE)
    reply = understand("in 5 hours 20mi", now, ZONE)
    assert isinstance(reply, Request)
    assert reply.departure
    assert reply.departure.at - now.astimezone(UTC) == timedelta(hours=5)


@pytest.mark.parametrize(
    ("now", "meaning"),
    [
        ("2019-07-24T16:00-07:00", "Wed 17:30 / -"),
        ("2019-07-24T17:15-07:00", "? too_soon"),
        ("2019-07-24T17:30-07:00", "Thu 05:30 / -"),
        ("2019-07-24T04:00-07:00", "Wed 05:30 / -"),
    ],
)
def test_a_bare_hour_is_its_next_occurrence(now: str, meaning: str) -> None:
    assert said("530", datetime.fromisoformat(now)) == meaning
