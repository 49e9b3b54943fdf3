"""What drivers text, as people write it, and what it means on a Wednesday at 9:40 AM."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readyby.heard.moment import LEAST_AHEAD
from readyby.replies import Aside, Command, Question, Request, Unclear, Word, understand

ZONE = ZoneInfo("America/Los_Angeles")
NOW = datetime(2019, 7, 24, 9, 40, tzinfo=ZONE)


def said(text: str, now: datetime = NOW) -> str:
    """The meaning of a text, in short."""
    reply = understand(text, now, ZONE)
    if isinstance(reply, Command):
        return reply.word.upper()
    if isinstance(reply, Question):
        return f"? {reply.about}"
    if isinstance(reply, Unclear):
        return "unclear"
    when = f"{reply.departure.at.astimezone(ZONE):%a %H:%M}" if reply.departure else "-"
    rolled = " rolled" if reply.departure and reply.departure.rolled else ""
    amount = "-"
    if reply.amount:
        amount = "full" if reply.amount.unit == "full" else f"{reply.amount.value:g} {reply.amount.unit}"
    return f"{when}{rolled} / {amount}"


REQUESTS = {
    # time and need, either way round
    "leaving 530 need 40mi": "Wed 17:30 / 40 mi",
    "5:30pm 40 miles": "Wed 17:30 / 40 mi",
    "5:30 PM 40mi": "Wed 17:30 / 40 mi",
    "40 mi by 5:30": "Wed 17:30 / 40 mi",
    "40mi 530p": "Wed 17:30 / 40 mi",
    "1730 12kwh": "Wed 17:30 / 12 kwh",
    "17:30, 12.5 kWh": "Wed 17:30 / 12.5 kwh",
    "17h30 20 kwh": "Wed 17:30 / 20 kwh",
    "1730h 20mi": "Wed 17:30 / 20 mi",
    "5p 30mi": "Wed 17:00 / 30 mi",
    "4.30 pm 20mi": "Wed 16:30 / 20 mi",
    "need 40 by 6": "Wed 18:00 / 40 mi",
    "Need 35 miles, out at 4": "Wed 16:00 / 35 mi",
    "I'll be leaving around 4:15 p.m. and need about 35 miles": "Wed 16:15 / 35 mi",
    "heading out at 3 and want 25 miles": "Wed 15:00 / 25 mi",
    "gonna leave @ 4 🚗 need 25 mi 👍": "Wed 16:00 / 25 mi",
    "noon 20 mi": "Wed 12:00 / 20 mi",
    "20 miles by noon pls": "Wed 12:00 / 20 mi",
    "midnight 11,5 kwh": "Thu 00:00 / 11.5 kwh",
    "5 o'clock 30 miles": "Wed 17:00 / 30 mi",
    "half past five 10kwh": "Wed 17:30 / 10 kwh",
    "quarter to 6, 15 miles": "Wed 17:45 / 15 mi",
    "quarter past four 15 mi": "Wed 16:15 / 15 mi",
    "five thirty forty miles": "Wed 17:30 / 40 mi",
    "five thirty, forty-two miles": "Wed 17:30 / 42 mi",
    "50 km by 18:00": "Wed 18:00 / 50 km",
    "+30mi 5pm": "Wed 17:00 / 30 mi",
    "until 6 pm, 10 kwh": "Wed 18:00 / 10 kwh",
    "6pm. 10 kWh.": "Wed 18:00 / 10 kwh",
    "depart 16:45 energy 9kwh": "Wed 16:45 / 9 kwh",
    "this afternoon at 4, 30 mi": "Wed 16:00 / 30 mi",
    "10 in the evening 30 mi": "Wed 22:00 / 30 mi",
    "１７：３０ ４０ mi": "Wed 17:30 / 40 mi",
    # days
    "tmrw 7am full": "Thu 07:00 / full",
    "tomorrow 7:15 30mi": "Thu 07:15 / 30 mi",
    "tomorrow at 3, 30mi": "Thu 15:00 / 30 mi",
    "tomorrow noon 20mi": "Thu 12:00 / 20 mi",
    "tomorow morning 8 30mi": "Thu 08:00 / 30 mi",
    "thursday 6 a.m. 60 miles": "Thu 06:00 / 60 mi",
    "fri 4pm 25 mi": "Fri 16:00 / 25 mi",
    "friday at 16:00, 25 miles": "Fri 16:00 / 25 mi",
    "day after tomorrow 8am 20mi": "Fri 08:00 / 20 mi",
    "tonight 8 40 mi": "Wed 20:00 / 40 mi",
    "tonight 11:30pm 40 mi": "Wed 23:30 / 40 mi",
    "tonight at 1 20mi": "Thu 01:00 / 20 mi",
    "today 6pm 20mi": "Wed 18:00 / 20 mi",
    "today at 5 20mi": "Wed 17:00 / 20 mi",
    "wed 5 10mi": "Wed 17:00 / 10 mi",
    "8am 20 mi": "Thu 08:00 rolled / 20 mi",
    "07:00 20mi": "Thu 07:00 rolled / 20 mi",
    # spans
    "in 5 hours 30 miles": "Wed 14:40 / 30 mi",
    "in 2.5 hours, 20 mi": "Wed 12:10 / 20 mi",
    "in 2 hours and 30 minutes 20mi": "Wed 12:10 / 20 mi",
    "in an hour 10 mi": "Wed 10:40 / 10 mi",
    "in 90 min 10mi": "Wed 11:10 / 10 mi",
    "in half an hour 5 mi": "Wed 10:10 / 5 mi",
    "here for 3 hours, need 20 miles": "Wed 12:40 / 20 mi",
    "be here 3 hrs need 20 miles": "Wed 12:40 / 20 mi",
    "a couple of hours, 15mi": "Wed 11:40 / 15 mi",
    # one of both
    "by 5": "Wed 17:00 / -",
    "530": "Wed 17:30 / -",
    "6": "Wed 18:00 / -",
    "5:30": "Wed 17:30 / -",
    "need it by 6": "Wed 18:00 / -",
    "actually leaving at 4": "Wed 16:00 / -",
    "make it 3:30": "Wed 15:30 / -",
    "40 miles": "- / 40 mi",
    "40": "- / 40 mi",
    "12 kwh": "- / 12 kwh",
    "need 40": "- / 40 mi",
    "fill it up": "- / full",
    "full": "- / full",
    "1,5 kwh": "- / 1.5 kwh",
    "full by 5pm": "Wed 17:00 / full",
    # Spanish
    "hasta las 6 de la tarde, 15 kwh": "Wed 18:00 / 15 kwh",
    "salgo a las 5 con 40 millas": "Wed 17:00 / 40 mi",
    "a las cinco y media, 40 millas": "Wed 17:30 / 40 mi",
    "6 menos cuarto 20 millas": "Wed 17:45 / 20 mi",
    "cinco y cuarto, quince kwh": "Wed 17:15 / 15 kwh",
    "mañana a las 7 de la mañana 30 millas": "Thu 07:00 / 30 mi",
    "MAÑANA 7AM LLENO": "Thu 07:00 / full",
    "pasado mañana a las 8, 20 millas": "Fri 08:00 / 20 mi",
    "jueves 8am 20 millas": "Thu 08:00 / 20 mi",
    "me voy a las 17:45, ocupo 30 millas": "Wed 17:45 / 30 mi",
    "necesito 25 millas para las 4": "Wed 16:00 / 25 mi",
    "en 2 horas 20 millas": "Wed 11:40 / 20 mi",
    "en media hora 5 millas": "Wed 10:10 / 5 mi",
    "lleno para las 5 pm": "Wed 17:00 / full",
    "esta noche a las 8, 30 kilometros": "Wed 20:00 / 30 km",
    "al mediodía, 10 kwh": "Wed 12:00 / 10 kwh",
    "hoy 18:00 veinticinco millas": "Wed 18:00 / 25 mi",
}

QUESTIONS = {
    "6 40": "? two_times",
    "5-6pm 20mi": "? two_times",
    "between 5 and 6": "? two_times",
    "15": "? two_times",
    "today 8am 20mi": "? past",
    "hoy a las 8am": "? past",
    "9:45 20mi": "? too_soon",
    "in 10 minutes 5 mi": "? too_soon",
    "tomorrow morning 30 mi": "? which_hour",
    "mañana": "? which_hour",
    "need 80% by 5": "? percent",
    "10,000 miles by 5": "? absurd",
    "900 kwh 5pm": "? absurd",
    "0 miles 5pm": "? absurd",
    "40 mi 12 kwh 5pm": "? two_amounts",
    "25:99 40 mi": "? unclear",
}

COMMANDS = {
    Word.STOP: (
        "STOP", "stop", "Stop.", "STOPALL", "stop all", "unsubscribe", "END", "Quit", "cancel", "REVOKE",
        "opt out",
        "OPTOUT", "ALTO", "baja", "Cancelar", "No más mensajes", "stop texting me",
        "please stop sending me texts",
        "don't text me again", "Dejen de mandarme mensajes", "no me manden mensajes", "wrong number",
        "numero equivocado", "STOP!!!", "  stop  ", "stop 🛑", "leave me alone",
    ),
    Word.START: ("START", "unstop", "alta"),
    Word.HELP: ("HELP", "info", "Ayuda", "?", "help!"),
    Word.YES: ("Y", "yes", "Si", "sí", "ok", "OK 👍", "same", "igual", "lo mismo"),
    Word.NO: ("no", "NO", "undo"),
    Word.NOW: ("NOW", "charge now", "charge now please", "AHORA", "cargar ya", "asap", "Now!"),
    Word.STATUS: ("STATUS", "status?", "estado", "¿estado?", "how much?", "¿cuánto falta?"),
    Word.LINK: ("LINK", "enlace", "send link"),
    Word.OFF: ("OFF", "apagar", "charge as usual", "stop controlling my car"),
}  # fmt: skip

UNCLEAR = ("", "hi there", "🚗", "who is this", "stop charging my car", "thanks for nothing", "....")
THANKS = (
    "thanks", "Gracias!", "thank you so much", "lol", "good night", "🙏", "❤️", "have a great day",
    "muchas gracias",
    'Liked "ReadyBy: got it, 40 mi by Wed 5:30 PM."',
    "I'm driving with Do Not Disturb While Driving turned on.",
)  # fmt: skip
NOTED = ("cool", "got it", "👍🏽", "Great!", "entendido", "ok cool", "nice 👍")
STOPPING = (
    "ストップ", "ｽﾄｯﾌﾟ", "no molestar", "NO MOLESTAR", "Do not disturb", "Halt", "halt!", "annuler",
    "Annuler svp", "cancelar suscripción", "cancel my subscription", "TERMINATE", "terminate this service",
    "やめて", "请不要再发",
    "больше не пишите", "Хватит", "그만 보내세요", "aufhören", "Abbestellen bitte", "exit",
    "stop. I told you already",
)  # fmt: skip
NO_STOP = (
    "stop charging at 5", "stop charging my car at 5pm", "stop, I meant 6pm",
    "cancel, 6pm instead", "stop at 5pm",
    "sorry wrong number, 6pm", "cancel my service appointment, 6pm", "halt charging",
    "quick stop, 5pm 20 miles",
    "停止充电", "5点停止", "остановите зарядку", "my shift ends at 5, 20 miles", "para las 5", "end at 5",
    "basta con 20 millas a las 5", "I'm at the bus stop", "dont stop till its full, 7pm",
)  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), REQUESTS.items())
def test_requests(text: str, meaning: str) -> None:
    assert said(text) == meaning


@pytest.mark.parametrize(("text", "meaning"), QUESTIONS.items())
def test_what_is_doubtful_is_asked_again(text: str, meaning: str) -> None:
    assert said(text) == meaning


@pytest.mark.parametrize(
    ("word", "text"), [(word, text) for word, texts in COMMANDS.items() for text in texts]
)
def test_words_of_command(word: Word, text: str) -> None:
    assert said(text) == word.upper()


@pytest.mark.parametrize("text", UNCLEAR)
def test_other_talk_is_not_guessed_at(text: str) -> None:
    assert said(text) == "unclear"


@pytest.mark.parametrize("text", THANKS)
def test_thanks_and_what_phones_write_ask_for_nothing(text: str) -> None:
    assert understand(text, NOW, ZONE) == Aside()


@pytest.mark.parametrize("text", NOTED)
def test_taking_note_is_told_from_agreeing(text: str) -> None:
    assert understand(text, NOW, ZONE) == Aside(agrees=True)


@pytest.mark.parametrize(
    ("text", "mild"), [("ok thanks", True), ("sounds good", True), ("Y", False), ("ok same", False)]
)
def test_an_ok_is_a_mild_yes(text: str, mild: bool) -> None:
    assert understand(text, NOW, ZONE) == Command(word=Word.YES, mild=mild)


@pytest.mark.invariant("I-18")
@pytest.mark.parametrize("text", STOPPING)
def test_stop_is_heard_in_many_tongues_and_words(text: str) -> None:
    assert understand(text, NOW, ZONE) == Command(word=Word.STOP)


@pytest.mark.parametrize("text", NO_STOP)
def test_what_stops_the_car_does_not_stop_the_texts(text: str) -> None:
    assert understand(text, NOW, ZONE) != Command(word=Word.STOP)


@pytest.mark.parametrize("text", ["STOP", "Stop.", "stop!!", "UNSUBSCRIBE", "s t o p", "cancel"])
def test_what_the_carrier_hears_itself_is_left_to_it(text: str) -> None:
    assert understand(text, NOW, ZONE) == Command(word=Word.STOP, by_carrier=True)


def test_the_carriers_own_words_are_marked() -> None:
    by_carrier = {text: understand(text, NOW, ZONE) for text in ("STOP", "help", "alto", "ayuda")}
    assert [reply.by_carrier for reply in by_carrier.values() if isinstance(reply, Command)] == [
        True,
        True,
        False,
        False,
    ]


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
