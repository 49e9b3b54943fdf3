"""Text messages: one SMS of GSM-7 in both languages, whatever stands in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby import links
from readyby.errors import BadInput
from readyby.messages import KINDS, fullest, gsm7, parts, render, septets
from readyby.words import LANGUAGES

KEY = "k" * 22
FULL = {
    "evse_id": "AG-1F11",
    "site_name": "JPL employee garage (sample)",
    "amount": "40 mi (11.6 kWh)",
    "departure": "Wed 5:30 PM",
    "note": "That is tomorrow.",
    "possible": "31 mi",
    "all_by": "Wed 6:10 PM",
    "energy": "14.2 kWh",
    "saved": "$1.20",
    "code": "123456",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_one_sms(kind: str, language: str) -> None:
    text = render(kind, language, FULL, links.link("https://readyby.example.org", KEY))
    assert septets(text) <= 160
    assert parts(text) == 1
    assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8501", "https://ev.example", f"https://{'a' * 60}.example"]
)
@pytest.mark.parametrize("evse_id", ["AG-1F11", "Caltech North Garage, level 4, space CA-319", "E" * 128])
def test_the_welcome_is_one_sms_with_link_and_stop(language: str, url: str, evse_id: str) -> None:
    link = links.link(url, KEY)
    text = render("welcome", language, {"evse_id": evse_id}, link)
    assert septets(text) <= 160
    assert link in text
    assert "STOP" in text
    assert text.startswith("ReadyBy")


def test_the_welcome_names_the_evse_and_says_how_to_answer() -> None:
    text = render("welcome", "en", {"evse_id": "AG-1F11"}, links.link("http://127.0.0.1:8501", KEY))
    assert "AG-1F11" in text
    assert '"5:30pm 40mi"' in text


def test_the_brand_can_be_another() -> None:
    assert render("ready", "en", {**FULL, "brand": "Volta"}).startswith("Volta: ")


def test_what_is_not_known_is_left_out() -> None:
    short = {name: value for name, value in FULL.items() if name not in ("all_by", "saved")}
    assert render("cannot_meet", "en", short) == (
        "ReadyBy: by Wed 5:30 PM we can add 31 mi of 40 mi (11.6 kWh)."
    )
    assert "cheaper" not in render("summary", "en", short)


@pytest.mark.parametrize(("kind", "arguments"), [("ready", {}), ("welcome", {"evse_id": "E1"})])
def test_what_is_needed_must_be_there(kind: str, arguments: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=f"a {kind} message needs"):
        render(kind, "en", arguments)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BadInput, match="kind: 'hello' is refused"):
        render("hello", "en", FULL)


def test_an_unknown_language_is_english() -> None:
    assert render("ready", "de", FULL) == render("ready", "en", FULL)


def test_spanish_keeps_what_gsm7_has_and_drops_other_accents() -> None:
    assert (
        gsm7("¿Cuándo sale? Mañana, según el año: él, aquí") == "¿Cuando sale? Mañana, segun el año: él, aqui"
    )


@pytest.mark.parametrize(("text", "size"), [("abc", 3), ("", 0), ("[x]", 5), ("5 €", 4), ("¿ñ", 2)])
def test_septets(text: str, size: int) -> None:
    assert septets(text) == size


def test_what_is_not_gsm7_has_no_size() -> None:
    with pytest.raises(BadInput, match="gsm7"):
        septets("á")


@pytest.mark.parametrize(("length", "count"), [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3)])
def test_parts(length: int, count: int) -> None:
    assert parts("x" * length) == count


def test_signs_that_count_twice_are_counted_twice() -> None:
    assert fullest(["[" * 81, "short"]) == "short"
    assert fullest(["[" * 80, "short"]) == "[" * 80


@given(st.text())
def test_any_text_becomes_gsm7_and_stays_so(text: str) -> None:
    plain = gsm7(text)
    septets(plain)
    assert gsm7(plain) == plain


@given(st.lists(st.text(max_size=300), min_size=1, max_size=5))
def test_the_fullest_that_fits_is_taken(candidates: list[str]) -> None:
    chosen = fullest(candidates)
    fitting = [gsm7(text) for text in candidates if septets(gsm7(text)) <= 160]
    assert chosen == (fitting[0] if fitting else gsm7(candidates[-1]))
