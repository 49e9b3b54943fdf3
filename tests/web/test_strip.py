"""The plan strip: power where the plan has it, prices where they hold, all on the site's clock."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from readyby.interval import Interval
from readyby.model import Step
from readyby.tariff import Rate
from readyby.web.strip import HEIGHT, LONGEST, WIDTH, Strip, blocks, describe_in_words, draw, window_of
from readyby.web.texts import translator

ZONE = ZoneInfo("America/Los_Angeles")
NOW = datetime(2019, 7, 24, 16, 40, tzinfo=UTC)  # 9:40 AM on site
ENGLISH = translator("en")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2019-07-24T{text}-07:00").astimezone(UTC)


def strip(**changes: object) -> Strip:
    window = Interval(at("09:00"), at("18:00"))
    given: dict[str, object] = {
        "window": window,
        "steps": (Step(at("09:00"), 6.656), Step(at("11:00"), 0.0), Step(at("17:00"), 2.5)),
        "rates": (
            Rate(interval=Interval(at("09:00"), at("12:00")), price_usd_per_kwh=0.09),
            Rate(interval=Interval(at("12:00"), at("18:00")), price_usd_per_kwh=0.27),
        ),
        "max_kw": 6.656,
        "now": NOW,
        "departure_at": at("17:30"),
    }
    return Strip(**{**given, **changes})  # type: ignore[arg-type]


def test_power_is_drawn_where_the_plan_has_it() -> None:
    assert blocks(strip()) == (
        (Interval(at("09:00"), at("11:00")), 6.656),
        (Interval(at("17:00"), at("17:30")), 2.5),
    )


def test_equal_neighbors_are_one_span_and_nothing_is_planned_after_departure() -> None:
    steps = (Step(at("09:00"), 3.0), Step(at("10:00"), 3.0), Step(at("17:45"), 2.5))
    assert blocks(strip(steps=steps)) == ((Interval(at("09:00"), at("17:30")), 3.0),)


def test_hours_are_the_sites() -> None:
    svg = draw(strip(), ZONE, "en", ENGLISH)
    assert re.findall(r'class="hour"[^>]*>([^<]+)<', svg) == ["10 AM", "12 PM", "2 PM", "4 PM"]


def test_prices_are_written_in_cents() -> None:
    assert re.findall(r'class="cents"[^>]*>([^<]+)<', draw(strip(), ZONE, "en", ENGLISH)) == ["9¢", "27¢"]


def test_now_and_departure_are_marked() -> None:
    svg = draw(strip(), ZONE, "es", translator("es"))
    assert ">ahora<" in svg
    assert ">salida<" in svg
    assert ">leave<" not in draw(strip(departure_at=None), ZONE, "en", ENGLISH)


def test_what_is_past_is_paler() -> None:
    assert draw(strip(), ZONE, "en", ENGLISH).count('class="power past"') == 1


def test_those_who_do_not_see_it_are_told() -> None:
    assert describe_in_words(strip(), ZONE, "en", ENGLISH) == (
        "Charging plan: Wed 9:00 AM to 11:00 AM at up to 6.7 kW; Wed 5:00 PM to 5:30 PM at up to 2.5 kW"
    )
    assert "no power planned" in describe_in_words(
        strip(steps=(Step(at("09:00"), 0.0),)), ZONE, "en", ENGLISH
    )


def test_without_prices_power_is_still_drawn() -> None:
    svg = draw(strip(rates=()), ZONE, "en", ENGLISH)
    assert 'class="power"' in svg
    assert 'class="price"' not in svg


def test_the_window_holds_now_and_the_departure_and_stays_readable() -> None:
    steps = (Step(NOW - timedelta(hours=5), 1.0),)
    window = window_of(NOW, steps, at("17:30"))
    assert window.start == at("08:30")
    assert at("17:30") in window
    assert window_of(NOW, (), NOW + timedelta(minutes=5)).duration >= timedelta(hours=2)
    assert window_of(NOW, (), NOW + timedelta(days=9)).duration <= LONGEST + timedelta(minutes=15)


STEPS = st.lists(st.tuples(st.integers(-300, 2000), st.floats(0, 7)), min_size=1, max_size=30)


@settings(deadline=None)
@given(STEPS, st.one_of(st.none(), st.integers(-60, 3000)))
def test_nothing_is_drawn_outside(raw: list[tuple[int, float]], departure_min: int | None) -> None:
    steps = tuple(Step(NOW + timedelta(minutes=minute), kw) for minute, kw in sorted(set(raw)))
    departure_at = None if departure_min is None else NOW + timedelta(minutes=departure_min)
    window = window_of(NOW, steps, departure_at)
    svg = draw(strip(window=window, steps=steps, departure_at=departure_at), ZONE, "en", ENGLISH)
    assert NOW in window
    for x, y, width, height in re.findall(
        r'x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)" height="([-\d.]+)"', svg
    ):
        assert -0.1 <= float(x) <= WIDTH + 0.1
        assert float(x) + float(width) <= WIDTH + 1.1
        assert -8 <= float(y) <= HEIGHT
        assert float(height) >= 0


TEXT = re.compile(r'class="(cents|nowword|leaveword)" x="([-\d.]+)" y="([-\d.]+)">([^<]+)<')


def boxes(svg: str) -> list[tuple[str, float, float, float]]:
    """Every word at the top as (what, from x, to x, y), at 6 px a letter."""
    found = []
    for name, x, y, text in TEXT.findall(svg):
        width = 6.0 * len(text)
        start = float(x) - width if name == "leaveword" else float(x)
        found.append((text, start, start + width, float(y)))
    return found


@settings(deadline=None)
@given(st.integers(0, 8 * 60), st.integers(1, 8 * 60), st.sampled_from(["en", "es"]))
def test_no_word_lies_on_another(change_min: int, stay_min: int, language: str) -> None:
    change = at("09:00") + timedelta(minutes=change_min)
    rates = (
        Rate(interval=Interval(at("08:30"), change), price_usd_per_kwh=0.09),
        Rate(interval=Interval(change, at("18:00")), price_usd_per_kwh=0.27),
    )
    leave = NOW + timedelta(minutes=stay_min)
    svg = draw(strip(rates=rates, departure_at=leave), ZONE, language, translator(language))
    words = boxes(svg)
    for index, (_, start, end, y) in enumerate(words):
        for _, other_start, other_end, other_y in words[index + 1 :]:
            assert end <= other_start or other_end <= start or abs(y - other_y) > 8, words


def test_the_price_that_begins_now_stands_beside_the_word_now() -> None:
    rates = (
        Rate(interval=Interval(at("09:00"), NOW), price_usd_per_kwh=0.09),
        Rate(interval=Interval(NOW, at("18:00")), price_usd_per_kwh=0.27),
    )
    texts = [text for text, *_ in boxes(draw(strip(rates=rates), ZONE, "en", ENGLISH))]
    assert {"now", "27¢", "leave"} <= set(texts)


def test_a_price_is_written_behind_the_word_at_the_departure() -> None:
    svg = draw(strip(departure_at=at("12:20")), ZONE, "en", ENGLISH)
    (leave,) = [box for box in boxes(svg) if box[0] == "leave"]
    (price,) = [box for box in boxes(svg) if box[0] == "27¢"]
    assert price[1] > leave[2]
