"""Times and amounts as drivers read them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from readyby import words

ZONE = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("en", "en"), ("es", "es"), ("es-MX", "es"), ("ES_us", "es"), ("de", "en"), ("", "en")],
)
def test_the_nearest_language_is_spoken(language: str, spoken: str) -> None:
    assert words.spoken_language(language) == spoken


@pytest.mark.parametrize(
    ("local", "english", "spanish"),
    [
        ("2019-07-24T17:30", "Wed 5:30 PM", "mié 5:30 PM"),
        ("2019-07-25T00:05", "Thu 12:05 AM", "jue 12:05 AM"),
        ("2019-07-28T12:00", "Sun 12:00 PM", "dom 12:00 PM"),
    ],
)
def test_a_time_names_its_weekday_and_half(local: str, english: str, spanish: str) -> None:
    instant = datetime.fromisoformat(local).replace(tzinfo=ZONE)
    assert words.when(instant, ZONE, "en") == english
    assert words.when(instant, ZONE, "es") == spanish


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(8, "8 s"), (-3, "0 s"), (60, "1 min"), (3599, "59 min"), (7500, "2 h 05 min")],
)
def test_spans(seconds: float, said: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(("value", "said"), [(11.6, "11.6"), (40.0, "40"), (0.04, "0"), (100.0, "100")])
def test_figures_have_no_needless_zeros(value: float, said: str) -> None:
    assert words.number(value) == said


def test_miles_are_whole_from_ten_on() -> None:
    assert words.distance(40.4) == "40 mi"
    assert words.distance(7.25) == "7.2 mi"
