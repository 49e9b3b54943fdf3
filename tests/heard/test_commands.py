"""Words of command in all their ways, STOP in many tongues, and talk that asks for nothing."""

import pytest

from readyby.replies import Aside, Command, Word, understand
from tests.support.hearing import NOW, ZONE, said

COMMANDS = {
    Word.STOP: (
        "STOP", "stop", "Stop.", "STOPALL", "stop all", "unsubscribe", "END", "Quit", "cancel", "REVOKE",
        "opt out",
        "OPTOUT", "ALTO", "baja", "Cancelar", "No más mensajes", "stop texting me",
        "please stop sending me texts",
        "don't text me again", "Dejen de mandarme mensajes", "no me manden mensajes", "wrong number",
        "numero equivocado", "STOP!!!", "  stop  ", "stop 🛑", "leave me alone",
    ),
    Word.START: (
        "START", "unstop", "alta", "sign me back up for the texts", "quiero recibir los mensajes otra vez",
    ),
    Word.HELP: (
        "HELP", "info", "Ayuda", "?", "help!", "who is this", "how does this work??",
        "no entiendo, qué es esto?", "what am i supposed to reply?",
    ),
    Word.YES: ("Y", "yes", "Si", "sí", "ok", "OK 👍", "same", "igual", "lo mismo"),
    Word.NO: ("no", "NO", "undo"),
    Word.NOW: (
        "NOW", "charge now", "charge now please", "AHORA", "cargar ya", "asap", "Now!",
        "charge it asap, something came up", "charge now, im at 5%", "que cargue ahorita mismo",
    ),
    Word.STATUS: ("STATUS", "status?", "estado", "¿estado?", "how much?", "¿cuánto falta?"),
    Word.LINK: (
        "LINK", "enlace", "send link", "where's the web page for this, can u send it",
        "quiero ver la página",
    ),
    Word.OFF: (
        "OFF", "apagar", "charge as usual", "stop controlling my car",
        "changed my mind, just charge it the regular way",
        "no quiero carga inteligente, cárgalo como siempre",
        "leave my car alone tonight", "don't mess with my charging",
    ),
}  # fmt: skip

UNCLEAR = ("", "hi there", "🚗", "my name is Dana", "stop charging my car", "thanks for nothing", "....")
THANKS = (
    "thanks", "Gracias!", "thank you so much", "lol", "good night", "🙏", "❤️", "have a great day",
    "muchas gracias",
    'Liked "ReadyBy: got it, 40 mi by Wed 5:30 PM."',
    "I'm driving with Do Not Disturb While Driving turned on.",
)  # fmt: skip
NOTED = ("got it", "noted 👍", "entendido", "noted, got it")
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
    ("text", "mild"),
    [
        ("ok thanks", True),
        ("sounds good", True),
        ("👍🏽", True),
        ("Great!", True),
        ("Y", False),
        ("ok same", False),
    ],
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


@pytest.mark.parametrize("text", ["nver text me again", "dno't text me again", "i can not get texts again"])
def test_no_slip_of_a_finger_gives_consent_again(text: str) -> None:
    assert said(text) != "START"
