"""Drivers are seeded: the same in every run, and as mixed as people are."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from readyby.phones.manner import AT_LEAST, as_text, first_ask, manner_of, second_ask
from readyby.phones.people import Stay, read_stays
from readyby.replies import Request, understand
from readyby.sites import load_site

ZONE = ZoneInfo("America/Los_Angeles")
DAY = date(2019, 7, 24)


@pytest.fixture(scope="module")
def stays(repository: Path) -> tuple[Stay, ...]:
    site = load_site(repository / "data", "jpl")
    return read_stays(repository / "data", site, DAY)


def test_the_day_has_its_people(stays: tuple[Stay, ...]) -> None:
    assert len(stays) > 70
    assert all(stay.phone.startswith("+1") and stay.arrives_at < stay.leaves_at for stay in stays)
    assert {stay.language for stay in stays} == {"en", "es"}


def test_a_manner_belongs_to_a_session_and_a_seed() -> None:
    assert manner_of("s1", 7) == manner_of("s1", 7)
    assert len({manner_of(f"s{n}", 7) for n in range(50)}) > 40
    assert [manner_of(f"s{n}", 7) for n in range(9)] != [manner_of(f"s{n}", 8) for n in range(9)]


def test_people_are_mixed() -> None:
    manners = [manner_of(f"s{n}", 1) for n in range(4000)]
    channels = Counter(manner.channel for manner in manners)
    assert channels["never"] == pytest.approx(320, abs=80)
    assert channels["sms"] == pytest.approx(600, abs=100)
    assert sum(manner.changes_after is not None for manner in manners) == pytest.approx(200, abs=60)
    assert all(timedelta(seconds=30) <= manner.delay <= timedelta(minutes=8) for manner in manners)


def test_the_request_is_the_recorded_one(stays: tuple[Stay, ...]) -> None:
    stay = stays[0]
    for in_kwh in (True, False):
        ask = first_ask(stay, replace(manner_of(stay.session_id, 1), in_kwh=in_kwh), stay.arrives_at)
        assert ask
        assert ask.departure_at == stay.departure_at.replace(second=0)
        kwh = ask.amount if in_kwh else ask.amount * stay.wh_per_mi / 1000
        assert kwh == pytest.approx(stay.need_kwh, abs=0.2)


def test_who_is_about_to_leave_asks_for_nothing(stays: tuple[Stay, ...]) -> None:
    stay, late = stays[0], max(stays[0].departure_at, stays[0].leaves_at)
    assert first_ask(stay, manner_of(stay.session_id, 1), late - AT_LEAST + timedelta(seconds=1)) is None
    assert second_ask(stay, manner_of(stay.session_id, 1), stay.leaves_at) is None


def test_a_second_thought_is_another_request(stays: tuple[Stay, ...]) -> None:
    stay, now = stays[0], stays[0].arrives_at + timedelta(minutes=30)
    manner = manner_of(stay.session_id, 1)
    first, second = first_ask(stay, manner, now), second_ask(stay, manner, now)
    assert first
    assert second
    assert first.departure_at != second.departure_at
    assert first.amount != second.amount


@pytest.mark.parametrize("wording", range(12))
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    "departure", ["2019-07-24T15:54-07:00", "2019-07-25T06:05-07:00", "2019-07-24T12:00-07:00"]
)
def test_every_text_is_understood_as_it_was_meant(
    stays: tuple[Stay, ...], wording: int, language: str, departure: str
) -> None:
    now = datetime.fromisoformat("2019-07-24T09:40-07:00")
    stay = replace(stays[0], departure_at=datetime.fromisoformat(departure), language=language)
    manner = replace(manner_of(stay.session_id, 1), wording=wording)
    ask = first_ask(stay, manner, now)
    assert ask
    heard = understand(as_text(ask, manner, language, ZONE, now), now, ZONE)
    assert isinstance(heard, Request)
    assert heard.departure
    assert heard.departure.at == ask.departure_at
    assert heard.amount
    assert (heard.amount.value, heard.amount.unit) == (ask.amount, ask.unit)
