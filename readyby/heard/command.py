"""The words of command, and texts that are one: politely wrapped, mistyped, or in other words. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from readyby.heard import stopping, word_sets
from readyby.heard.aside import is_agreement
from readyby.heard.spelling import one_slip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Word(StrEnum):
    """Words of command."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    YES = "yes"
    NO = "no"
    NOW = "now"
    STATUS = "status"
    LINK = "link"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One word of command.

    `by_carrier` for those that the carrier acts on and answers by itself; `mild` for an ok, which agrees to
    an offer, and where nothing is offered takes note.
    """

    word: Word
    by_carrier: bool = False
    mild: bool = False


_CARRIER_STOP: Final = frozenset(
    ("stop", "stopall", "unsubscribe", "end", "quit", "cancel", "revoke", "optout"),
)
_CARRIER_OTHERS: Final = frozenset(("help", "info", "start", "unstop"))
_PHRASES: Final[Mapping[Word, str]] = {
    Word.STOP: stopping.ALONE,
    Word.START: """
        start, unstop, optin, opt in, resume texts, start texts, start texting, alta, reanudar,
        iniciar, inicio, comenzar, empezar""",
    Word.HELP: """
        help, info, commands, comandos, aide, hilfe, ajuda, menu, options, opciones""",
    Word.YES: """
        looks good, looks great, looks right, se ve bien, lo de siempre, como la ultima vez, como la vez
        pasada, as before, as
        last time, like last time, sounds good,
        sounds great, works, claro que si, por supuesto, asi es, si senor, de acuerdo, va, oui, ja,
        sure thing, simon""",
    Word.NO: """
        undo that, thats not what i said, not what i said, not what i meant, that is not what i said, no
        dije eso,
        eso no dije, undo it, undo last, take back, go back, asi no, eso no""",
    Word.NOW: """
        faster, charge at full power, charge at full speed, full speed, full power, max power, boost, start
        charging, fast, fast charge,
        charge fast, as soon as you can, as soon as u can,
        charge car, charge car fast, start charging car, need it now, ya mismo, rapido, carga
        rapida, de inmediato, cuanto antes, lo mas pronto posible, lo mas pronto que se pueda, lo antes que
        se pueda,
        tan pronto como se pueda, lo mas rapido posible, lo mas rapido que se pueda, lo antes posible,
        right away, at once, as soon as
        possible, empieza a cargar, ponlo a cargar""",
    Word.STATUS: """
        how much, how far, como va, como va carga, cuanto falta, cuanto lleva, cuanto lleva cargado,
        how is charging""",
    Word.LINK: """
        link""",
    Word.OFF: """
        release, charge as usual, charge normally, charge normal, manual, let go of car, let go, let
        charge normally, charge like normal, carga como siempre, liberar, carga normal,
        pass, hard pass, pass this time, pass today, pass for today, ill pass, i'll pass, ill pass today,
        i'll pass today, ill pass this time, i'll pass this time, gonna pass, im gonna pass, ll pass, ll
        pass today, ll pass for today, ll pass this time, m gonna pass,
        ll skip, ll skip it, ll skip today, ll skip this time, ll skip this one,
        hoy no eso, no eso hoy, no thanks not today, skip, skip it,
        skip me, skip today, skip this time, skip this one, not today, not this time, not for me,
        hoy no, esta vez no, por hoy no, paso, paso hoy, hoy paso, paso por hoy, paso esta vez, por ahora no,
        no por ahora""",
}  # fmt: skip
_COMMANDS: Final = {
    " ".join(phrase.split()): word for word, phrases in _PHRASES.items() for phrase in phrases.split(",")
}
_WRAPPING: Final = _words("""
    please pls plz plis por favor porfa porfavor porfis xfa muchas muchisimas mil many thanks thank you thx
    ty gracias hi hey hello
    hola the my a an me it mi el la un lol haha just can could would kindly i want need necesito to like
    u quiero quisiera puedes puede pueden deme dame get bro man dude sir fam bruh homie boss bitte svp
    prego po mo
""")


def _core(words: list[str]) -> list[str]:
    """The words without politeness; "por" is polite in "por favor" only."""
    wrapping = _WRAPPING if "favor" in words else _WRAPPING - {"por"}
    return [word for word in words if word not in wrapping]


_CORES: Final = {" ".join(_core(phrase.split())): command for phrase, command in _COMMANDS.items()}
_SETS: Final = (
    (Word.NOW, word_sets.NOW),
    (Word.YES, word_sets.YES),
    (Word.NO, word_sets.NO),
    (Word.STATUS, word_sets.STATUS),
    (Word.LINK, word_sets.LINK),
    (Word.OFF, word_sets.OFF),
    (Word.HELP, word_sets.HELP),
)
_LONE_SLIPS: Final = (
    "stop", "status", "unsubscribe", "help", "link", "cancel", "estado", "ayuda", "enlace", "ahora",
    "cancelar", "parar", "apagar",
)  # fmt: skip
_URGED: Final = re.compile(
    r"(?:l[oa] )?(?:necesito|ocupo|quiero|urge) (?:ya|ahora|ahorita)|"
    r"(?:(?:i )?need it )?(?:charg\w*|start) (?:it |my car |the car )?(?:right )?this (?:minute|second|"
    r"instant)|"
    r"(?:dale|dele|andale) ya|(?:que )?carg\w+ (?:lo )?mas (?:rapido|pronto) (?:posible|"
    r"que (?:se )?pued\w+)(?: ya)?|"
    r"(?:cargal[oa]|carguel[oa]|ponl[oa] a cargar|que cargue|carga) en este (?:momento|instante)"
)
_POLITE: Final = _words("""
    please pls plz plis por favor porfa porfavor porfis xfa muchas mil many thanks thank you thx ty
    gracias hi hey
    hello hola just it lol haha man dude sir fam bruh boss bitte svp prego
""")
"""What may stand around a word of consent: "necesito salir" is no STOP."""
_OTHER_SENSES: Final = (["salir"], ["fin"], ["para"], ["remove"], ["baja"], ["exit"], ["dejar"], ["terminar"])
_AFTER_NO: Final = (Word.STOP, Word.NO, Word.OFF)
_NOES: Final = frozenset(("no", "nope", "nah"))
_ANSWERS: Final = _NOES | {"ok", "okay", "yes", "yeah", "si"}
_YES_OR_NO: Final = _words("y yes yep yeah yup sure ok okay k same si s claro n no nope nah")
_SHORT: Final = 5
_LONG: Final = re.compile(r"([a-z])\1+$")


def as_command(words: str) -> Command | None:
    """The command that a plain text without its points is: politely wrapped, mistyped, or in other words."""
    if _URGED.fullmatch(words):
        return Command(word=Word.NOW)
    found = _exact(words) or _wrapped(words)
    if found and found.word is Word.YES:
        return Command(word=Word.YES, mild=is_agreement(words.split(), ""))
    return found


def _exact(words: str) -> Command | None:
    joined = words.replace(" ", "").replace("0", "o")
    if joined in _CARRIER_STOP:
        return Command(word=Word.STOP, by_carrier=True)
    once = " ".join(dict.fromkeys(words.split()))
    for said in (words, once):
        if said in _COMMANDS:
            return Command(word=_COMMANDS[said], by_carrier=said in _CARRIER_OTHERS | _CARRIER_STOP)
        if said in _CARRIER_STOP:
            return Command(word=Word.STOP, by_carrier=True)
    return None


def _wrapped(words: str) -> Command | None:
    """A command within polite words, after a yes or an ok, or alone with one slip of the finger."""
    said = words.split()
    core = _core(said)
    if not core:
        return None
    found = _of_core(core)
    unclear = found is not None and (found.word is Word.START or core in _OTHER_SENSES)
    return None if unclear and not set(said) - set(core) <= _POLITE else found


def _of_core(core: list[str]) -> Command | None:
    answers = core[0] in _ANSWERS and len(core) > 1 and (core[0] in _NOES or core[1] not in _YES_OR_NO)
    tail = _known(core[1:]) if answers else None
    if tail and tail.word is not Word.START and (core[0] not in _NOES or tail.word in _AFTER_NO):
        return tail
    return _known(core) or _known([_LONG.sub(r"\1", word) for word in core]) or _with_slip(core)


def _known(core: list[str]) -> Command | None:
    """The command that these words are as they stand, or in any order."""
    said = " ".join(core)
    found = _exact(said)
    if found or said in _CORES:
        return found or Command(word=_CORES[said])
    by_words = next((word for word, sets in _SETS if any(each.makes(core) for each in sets)), None)
    return Command(word=by_words) if by_words else None


def _with_slip(core: list[str]) -> Command | None:
    near = [known for known in _LONE_SLIPS if len(core) == 1 and _slipped(core[0], known)]
    return _known(near) if len(near) == 1 else None


def _slipped(word: str, known: str) -> bool:
    """Two letters swapped, or one typed twice; in longer words any one slip."""
    if len(known) > _SHORT:
        return one_slip(word, known)
    if len(word) == len(known) + 1:
        return re.sub(r"(.)\1", r"\1", word) == known
    return any(word == known[:i] + known[i + 1] + known[i] + known[i + 2 :] for i in range(len(known) - 1))
