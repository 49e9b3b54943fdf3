"""Every text message that ReadyBy sends, as pure functions of what it says.

A message is one SMS where it can be: at most 160 characters of the GSM-7 alphabet. Letters outside it
are written with their plain sisters (`á` becomes `a`), since one of them would more than halve the room.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Final

from readyby.errors import BadInput
from readyby.words import spoken_language

KINDS: Final = ("welcome", "accepted", "cannot_meet", "ready", "summary", "link", "code")

_GSM7_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENDED: Final = frozenset("^{}\\[~]|€")
_PLAIN: Final = {
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
    "\u2026": "...", "\u00a0": " ", "\u202f": " ", "\u00b7": "-", "\u2248": "~",
}  # fmt: skip

SINGLE_SEPTETS: Final = 160
PART_SEPTETS: Final = 153

_WORDINGS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "welcome": {
        "en": (
            "{brand} at {evse_id}: reply Y = {same}, or a new time and miles. {link} STOP to opt out",
            "{brand}: reply Y = {same}, or a new time and miles. {link} STOP to opt out",
            (
                '{brand} at {evse_id}: when do you leave, how much do you need? {link} or text "5:30pm 40mi".'
                " STOP to opt out"
            ),
            '{brand}: when do you leave, how much do you need? {link} or text "5:30pm 40mi". STOP to opt out',
            "{brand}: when do you leave, how much do you need? {link} STOP to opt out",
            "{brand}: {link} STOP to opt out",
        ),
        "es": (
            "{brand} en {evse_id}: responda S = {same}, u otra hora y millas. {link} STOP para baja",
            "{brand}: responda S = {same}, u otra hora y millas. {link} STOP para baja",
            (
                '{brand} en {evse_id}: ¿cuándo sale y cuánto necesita? {link} o responda "5:30pm 40mi".'
                " STOP para baja"
            ),
            '{brand}: ¿cuándo sale y cuánto necesita? {link} o responda "5:30pm 40mi". STOP para baja',
            "{brand}: ¿cuándo sale y cuánto necesita? {link} STOP para baja",
            "{brand}: {link} STOP para baja",
        ),
    },
    "accepted": {
        "en": (
            "{brand}: got it, {amount} by {departure}. {note} Text again to change it, NOW to charge now.",
            "{brand}: got it, {amount} by {departure}. Text again to change it, NOW to charge at once.",
        ),
        "es": (
            "{brand}: anotado, {amount} para el {departure}. {note} Escriba para cambiarlo, AHORA para ya.",
            "{brand}: anotado, {amount} para el {departure}. Escriba para cambiarlo, AHORA para cargar ya.",
        ),
    },
    "cannot_meet": {
        "en": (
            (
                "{brand}: by {departure} we can add {possible} of {amount}, all by {all_by}. Reply a later"
                " time or less. {link}"
            ),
            "{brand}: by {departure} we can add {possible} of {amount}, all of it by {all_by}. {link}",
            "{brand}: by {departure} we can add {possible} of {amount}, all of it by {all_by}.",
            "{brand}: by {departure} we can add {possible} of {amount}.",
        ),
        "es": (
            (
                "{brand}: para el {departure} podemos cargar {possible} de {amount}, todo para el {all_by}."
                " Responda otra hora o menos. {link}"
            ),
            "{brand}: para el {departure} hay {possible} de {amount}, todo para el {all_by}. {link}",
            "{brand}: para el {departure} hay {possible} de {amount}, todo para el {all_by}.",
            "{brand}: para el {departure} podemos cargar {possible} de {amount}.",
        ),
    },
    "ready": {
        "en": ("{brand}: ready. Your car has the {amount} you asked for.",),
        "es": ("{brand}: listo. Su auto ya tiene los {amount} que pidió.",),
    },
    "summary": {
        "en": (
            "{brand}: unplugged with {energy} added, {saved} cheaper than charging at once. Safe travels!",
            "{brand}: unplugged with {energy} added. Safe travels!",
        ),
        "es": (
            "{brand}: desconectado con {energy}, {saved} menos que cargando de inmediato. ¡Buen viaje!",
            "{brand}: desconectado con {energy} cargados. ¡Buen viaje!",
        ),
    },
    "code": {
        "en": (
            (
                "{brand}: your code is {code}. Enter it, or reply YES, to get texts when you plug in. Not"
                " you? Ignore this. Msg&data rates may apply. STOP to opt out"
            ),
            "{brand}: your code is {code}. Enter it, or reply YES, to get texts. STOP to opt out",
        ),
        "es": (
            (
                "{brand}: su código es {code}. Escríbalo, o responda SI, para recibir mensajes al enchufar."
                " ¿No es usted? No haga nada. STOP para baja"
            ),
            "{brand}: su código es {code}. Escríbalo, o responda SI, para recibir mensajes. STOP para baja",
        ),
    },
    "link": {
        "en": ("{brand}: your charging page: {link}",),
        "es": ("{brand}: su página de carga: {link}",),
    },
}
"""Wordings of each kind, the fullest first; one is used only where all that it names is known."""


def render(kind: str, language: str, arguments: Mapping[str, str], link: str | None = None) -> str:
    """The text of a message: the fullest wording that is known in all its parts and fits one SMS.

    Args:
        kind: one of `KINDS`.
        language: any tag; what is not spoken becomes English.
        arguments: what the wording names, such as `brand`, `evse_id`, `amount`, `departure`.
        link: the driver's link, where the kind has one.

    Raises:
        BadInput: an unknown kind, or an argument that every wording needs is missing.
    """
    if kind not in _WORDINGS:
        raise BadInput("kind", kind, f"use one of {', '.join(KINDS)}")
    values = {"brand": "ReadyBy", **arguments, **({"link": link} if link else {})}
    wordings = _WORDINGS[kind][spoken_language(language)]
    known = [wording for wording in wordings if names(wording) <= values.keys()]
    if not known:
        missing = ", ".join(sorted(names(wordings[-1]) - values.keys()))
        raise BadInput("arguments", sorted(values), f"a {kind} message needs {missing} too")
    return fullest(wording.format_map(values) for wording in known)


def names(wording: str) -> set[str]:
    """The arguments that a wording names."""
    return {field for _, field, _, _ in Formatter().parse(wording) if field}


def fullest(candidates: Iterable[str]) -> str:
    """The first of these texts, written in GSM-7, that fits one SMS; the last where none does."""
    text = ""
    for candidate in candidates:
        text = gsm7(candidate)
        if septets(text) <= SINGLE_SEPTETS:
            break
    return text


def gsm7(text: str) -> str:
    """The text in the GSM-7 alphabet: accents that it lacks are dropped, other signs become `?`."""
    return "".join(_in_gsm7(letter) for letter in unicodedata.normalize("NFC", text))


def _in_gsm7(letter: str) -> str:
    if letter in _GSM7_BASIC or letter in _GSM7_EXTENDED:
        return letter
    if letter in _PLAIN:
        return _PLAIN[letter]
    plain = unicodedata.normalize("NFD", letter)[0]
    return plain if plain in _GSM7_BASIC else "?"


def septets(text: str) -> int:
    """The room that a GSM-7 text takes: signs of the extension table count twice.

    Raises:
        BadInput: a sign is not in GSM-7.
    """
    foreign = sorted({letter for letter in text if letter not in _GSM7_BASIC | _GSM7_EXTENDED})
    if foreign:
        raise BadInput("text", "".join(foreign), "write it with gsm7() first")
    return len(text) + sum(letter in _GSM7_EXTENDED for letter in text)


def parts(text: str) -> int:
    """How many SMS a GSM-7 text is sent and charged as."""
    size = septets(text)
    return 1 if size <= SINGLE_SEPTETS else -(-size // PART_SEPTETS)
