"""Wall time to instants, also on the nights when clocks change."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.wall import instant_of, local_date

ZONE = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("day", "at", "instant"),
    [
        ("2019-07-24", "17:30", "2019-07-25T00:30"),
        ("2026-03-08", "01:59", "2026-03-08T09:59"),
        ("2026-03-08", "02:30", "2026-03-08T10:30"),  # skipped: 3:30 on the new clock
        ("2026-11-01", "01:30", "2026-11-01T08:30"),  # shown twice: the first
    ],
)
def test_wall_time_becomes_an_instant(day: str, at: str, instant: str) -> None:
    assert instant_of(date.fromisoformat(day), time.fromisoformat(at), ZONE) == datetime.fromisoformat(
        instant
    ).replace(tzinfo=UTC)


@pytest.mark.invariant("I-26")
@given(st.dates(date(2000, 1, 1), date(2037, 1, 1)), st.times())
def test_the_clock_shows_that_time_again_unless_it_skips_it(day: date, at: time) -> None:
    shown = instant_of(day, at, ZONE).astimezone(ZONE)
    skipped = shown.replace(tzinfo=None) != datetime.combine(day, at)
    assert not skipped or (day.month == 3 and at.hour == 2)


def test_the_date_is_the_sites() -> None:
    assert local_date(datetime(2019, 7, 25, 3, tzinfo=UTC), ZONE) == date(2019, 7, 24)
