"""Sentences against plans: what is said must be borne out by the numbers, and only by its own plan's."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.planning.explain import find_facts
from readyby.planning.facade import solve
from readyby.planning.grid import lay_grid
from readyby.planning.sentences import Facts, Why, say
from tests.support.planning import NOW, hours, situation, stay
from tests.support.sayings import bears_out

LANGUAGES = ("en", "es")


def said_of(solved, index=0, language="en", delivered_kwh=0.0):
    departure = solved.grid.stays[index].departure_at
    facts = find_facts(
        solved.grid,
        solved.limits,
        solved.power_kw,
        index,
        departure_at=departure,
        delivered_kwh=delivered_kwh,
    )
    return say(facts, language, "UTC", NOW)


ASKED = st.tuples(
    st.floats(0.0, 30.0),
    st.floats(0.5, 9.0),
    st.floats(4.0, 20.0),
    st.floats(0.02, 0.5),
    st.floats(0.02, 0.5),
)


def planned(asked):
    need, leaves, limit, before, after = asked
    stays = (stay("a", need, leaves, min_kw=1.248), stay("b", 12.0, 6.0, min_kw=1.248))
    prices = [(0, before), (2, after)]
    return solve(lay_grid(situation(*stays, limit_kw=limit, prices=prices, demand_usd_per_kw=3.0)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ASKED)
def test_every_sentence_is_true_of_its_plan(asked):
    solved = planned(asked)
    for index in range(solved.grid.n):
        for language in LANGUAGES:
            text = said_of(solved, index, language)
            assert bears_out(text, solved, index, language=language), text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ASKED, ASKED)
def test_sentences_of_one_plan_do_not_stand_under_another(asked, other):
    first, second = planned(asked), planned(other)
    for language in LANGUAGES:
        texts = said_of(first, 0, language), said_of(second, 0, language)
        if texts[0] != texts[1] and abs(asked[0] - other[0]) > 1.0:
            assert not bears_out(texts[0], second, language=language), texts
            assert not bears_out(texts[1], first, language=language), texts


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ASKED)
def test_both_languages_say_the_same_figures(asked):
    solved = planned(asked)
    figures = [re.findall(r"\d+(?:\.\d+)?", said_of(solved, 0, language)) for language in ("en", "es")]
    assert figures[0] == figures[1]


def test_waiting_for_a_cheaper_price_is_said():
    solved = solve(lay_grid(situation(stay("a", 10.0, 8.0), prices=[(0, 0.30), (2 - 7 / 60, 0.09)])))
    assert said_of(solved).startswith("Waits until 5:00 PM because power is $0.21/kWh cheaper then.")
    assert "porque entonces la energía cuesta $0.21/kWh menos" in said_of(solved, 0, "es")


def test_waiting_for_room_is_said():
    busy = [stay(f"b{i}", 6.656, 1.0, min_kw=1.248) for i in range(2)]
    solved = solve(lay_grid(situation(*busy, stay("z", 6.0, 6.0, min_kw=1.248), limit_kw=13.312)))
    assert "all of the site's power goes to other cars" in said_of(solved, 2)
    for language in LANGUAGES:
        text = said_of(solved, 2, language)
        assert bears_out(text, solved, 2, language=language), text
        alone = solve(lay_grid(situation(stay("z", 6.0, 6.0, min_kw=1.248), limit_kw=13.312)))
        assert not bears_out(text, alone, language=language)


def test_a_car_that_draws_now_is_told_that_it_pauses():
    solved = solve(lay_grid(situation(stay("a", 10.0, 8.0), prices=[(0, 0.30), (2 - 7 / 60, 0.09)])))
    facts = find_facts(
        solved.grid,
        solved.limits,
        solved.power_kw,
        0,
        departure_at=hours(8.0),
        delivered_kwh=0.0,
        drawing=True,
    )
    text = say(facts, "en", "UTC", NOW)
    assert text.startswith("Pauses until 5:00 PM because power is $0.21/kWh cheaper then.")
    assert bears_out(text, solved)
    spanish = say(facts, "es", "UTC", NOW)
    assert spanish.startswith("Pausa hasta las 5:00 PM")
    assert bears_out(spanish, solved, language="es")


def test_who_charges_slowly_now_is_told_when_it_goes_faster():
    solved = solve(lay_grid(situation(stay("a", 12.0, 4.0, min_kw=1.248))))
    power = np.full(len(solved.power_kw), 5.0)
    power[:3] = 1.248
    slow = replace(solved, power_kw=power)
    text = said_of(slow)
    assert text.startswith("Charging slowly now, at up to 1.2 kW; from 3:45 PM on at up to 5.0 kW.")
    assert bears_out(text, slow), text
    assert not bears_out(text.replace("5.0 kW", "6.0 kW"), slow)
    assert not bears_out(text, solved)
    spanish = said_of(slow, 0, "es")
    assert "despacio" in spanish
    assert bears_out(spanish, slow, language="es"), spanish
    assert not bears_out(spanish, solved, language="es")


def test_what_is_missed_and_when_it_could_be_there():
    solved = solve(lay_grid(situation(stay("a", 20.0, 2.0))))
    text = said_of(solved)
    assert "13.3 of 20.0 kWh" in text
    assert "6:08 PM at best" in text
    for language in LANGUAGES:
        assert bears_out(said_of(solved, 0, language), solved, language=language)
    assert not bears_out(text.replace("6:08 PM", "5:38 PM"), solved)


def test_who_has_all_is_told_so():
    solved = solve(lay_grid(situation(stay("a", 0.0, 2.0))))
    assert said_of(solved, delivered_kwh=9.0) == "You already have the 9.0 kWh you asked for."
    for language in LANGUAGES:
        text = said_of(solved, 0, language, 9.0)
        assert bears_out(text, solved, language=language, delivered_kwh=9.0)
        assert not bears_out(text, solved, language=language, delivered_kwh=8.0)


FALSE = [
    ("en", "10.0 kWh", "9.8 kWh"),
    ("en", "by 4:45 PM", "by 4:20 PM"),
    ("en", "by 4:45 PM", "by 5:20 PM"),
    ("en", "by 4:45 PM", "by Thu 4:45 PM"),
    ("en", "6 h 22 min", "5 h 22 min"),
    ("en", "up to 6.7 kW", "up to 6.5 kW"),
    ("en", "Charging now, at up to 6.7 kW.", "Waits until 4:00 PM so that the site sets no higher peak."),
    ("en", "Charging now", "It takes 3 minutes. Charging now"),
    ("es", "10.0 kWh", "9.8 kWh"),
    ("es", "a las 4:45 PM", "a las 4:20 PM"),
    ("es", "a las 4:45 PM", "el jue a las 4:45 PM"),
    ("es", "a las 4:45 PM", "el Thu a las 4:45 PM"),
    ("es", "6 h 22 min", "6 h 12 min"),
    ("es", "hasta 6.7 kW", "hasta 6.5 kW"),
    (
        "es",
        "Cargando ahora, hasta 6.7 kW.",
        "Espera hasta las 3:07 PM para que el sitio no fije un pico más alto.",
    ),
]


@pytest.mark.parametrize(("language", "true", "false"), FALSE)
def test_the_checker_rejects_false_figures(language, true, false):
    solved = solve(lay_grid(situation(stay("a", 10.0, 8.0))))
    text = said_of(solved, 0, language)
    assert bears_out(text, solved, language=language), text
    assert true in text
    assert not bears_out(text.replace(true, false), solved, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_is_read_as_the_other(language):
    solved = solve(lay_grid(situation(stay("a", 10.0, 8.0))))
    (other,) = set(LANGUAGES) - {language}
    assert not bears_out(said_of(solved, 0, other), solved, language=language)


def test_another_day_is_named():
    later = replace(stay("a", 6.0, 20.0), arrival_at=hours(15.0))
    assert "Thu" in said_of(solve(lay_grid(situation(later))))


@pytest.mark.parametrize(
    ("ahead_h", "said"),
    [
        (9, "hasta las 5:00 PM"),
        (5, "hasta la 1:00 PM"),
        (33, "hasta el jue a las 5:00 PM"),
    ],
)
def test_spanish_times_have_their_article(ahead_h, said):
    eight = datetime(2026, 9, 2, 8, tzinfo=UTC)
    facts = Facts(
        why=Why.CHEAPER,
        need_kwh=10.0,
        energy_kwh=10.0,
        starts_at=eight + timedelta(hours=ahead_h),
        power_kw=6.6,
        saves_usd_per_kwh=0.2,
        ready_at=eight + timedelta(hours=ahead_h + 2),
        departure_at=eight + timedelta(hours=ahead_h + 3),
        earliest_at=None,
    )
    text = say(facts, "es", "UTC", eight)
    assert f"Espera {said} porque" in text
    assert " a el" not in text
    assert "a las el" not in text
