"""Whatever is texted, nothing breaks, and no departure is past."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from readyby.heard.moment import LEAST_AHEAD
from readyby.replies import Question, Request, understand
from tests.support.hearing import NOW, ZONE


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_grammar(text: str) -> None:
    reply = understand(text, NOW, ZONE)
    if isinstance(reply, Request) and reply.departure:
        assert reply.departure.at >= NOW + LEAST_AHEAD


PIECES = st.sampled_from(
    [
        "5",
        "6",
        "40",
        "530",
        "1730",
        "25",
        ":",
        ".",
        "pm",
        "am",
        "mi",
        "miles",
        "kwh",
        "%",
        "tomorrow",
        "mon",
        "in",
        "hours",
        "min",
        "need",
        "by",
        "leaving",
        "a",
        "las",
        "de",
        "la",
        "tarde",
        "manana",
        "y",
        "media",
        "noon",
        "full",
        "to",
        "quarter",
        "half",
        "past",
        "11,5",
        "1,000",
        "-",
        "/",
        "@",
        "12",
        "00",
        "y",
        "'",
        "h",
    ]
)


@given(
    st.lists(PIECES, max_size=10),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - wall times of no zone yet
)
@settings(max_examples=300, deadline=None)
def test_a_departure_is_always_ahead_and_a_need_believable(pieces: list[str], now: datetime) -> None:
    moment = now.replace(tzinfo=UTC)
    reply = understand(" ".join(pieces), moment, ZONE)
    if isinstance(reply, Request):
        if reply.departure:
            assert moment + LEAST_AHEAD <= reply.departure.at
        if reply.amount and reply.amount.unit != "full":
            assert 0 < reply.amount.value <= 1000


@given(st.integers(0, 23), st.integers(0, 59), st.integers(1, 199))
@settings(deadline=None)
def test_a_plain_answer_is_always_understood(hour: int, minute: int, kwh: int) -> None:
    half = "am" if hour < 12 else "pm"
    reply = understand(f"{hour % 12 or 12}:{minute:02d}{half} {kwh}kwh", NOW, ZONE)
    ahead = NOW.replace(hour=hour, minute=minute) - NOW
    if timedelta(0) < ahead < LEAST_AHEAD:
        assert reply == Question(about="too_soon")
        return
    assert isinstance(reply, Request)
    assert reply.departure
    local = reply.departure.at.astimezone(ZONE)
    assert (local.hour, local.minute) == (hour, minute)
    assert reply.amount
    assert (reply.amount.value, reply.amount.unit) == (kwh, "kwh")
