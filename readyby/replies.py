"""What a driver's text message means: a word of command, a wish, or something to ask back. Pure.

Quantities are taken out before times are read, so that "530 need 40mi" is neither 40 o'clock nor 530
miles. Nothing doubtful is guessed: it becomes a question.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from readyby.heard.amount import Amount, find_amounts
from readyby.heard.aside import is_agreement, is_approval, is_thanks
from readyby.heard.clauses import about_the_car, without_places
from readyby.heard.command import Command, Word
from readyby.heard.correction import without_withdrawn
from readyby.heard.doubt import (
    in_other_zone,
    is_doubtful,
    is_relative,
    is_span_of_else,
    is_stated,
)
from readyby.heard.finding import find_command
from readyby.heard.machine import by_hand, is_automatic
from readyby.heard.manner import without_greeting, without_phrases
from readyby.heard.moment import Departure, Doubt, FoundTime, find_departure
from readyby.heard.plain import figures, plain
from readyby.heard.showing import find_showing
from readyby.heard.spelling import respell
from readyby.model import KM_PER_MI
from readyby.requests import MOST_KWH, MOST_MI


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A departure, a need, or both; what is None was not said."""

    departure: Departure | None = None
    amount: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something must be asked again: a `Doubt`'s word, or `absurd`, `percent`, `two_amounts`, `need_or_time`.

    `figure` is the one figure that was all of the text: who was just asked for the need has given it.
    """

    about: str
    figure: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """Nothing of it was understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Thanks, a farewell, or what a phone writes by itself: nobody waits for an answer.

    `agrees` where it takes note of what was said, which says something while nothing is agreed.
    """

    agrees: bool = False


Reply = Command | Request | Question | Unclear | Aside

__all__ = ["Aside", "Command", "Question", "Reply", "Request", "Unclear", "Word", "understand"]

_MOST_SIGNS: Final = 1600
"""The longest text that a carrier hands over."""
_NEW: Final = (
    r"[ .,]*(?:(?:actually|just|only|solo|solamente|nomas|no mas|nada mas|make it|make that|"
    r"change(?: it)? to|set(?: it)? to|ponle|mejor) )*"
)
_EITHER: Final = re.compile(_NEW + r"(?:1[3-9]|2[0-4]|1\d\d|200)[ .,]*")
_EITHER_IN_WORDS: Final = re.compile(
    r"(?:[a-z']+[ ,.]+)*(?<!at )(?<!by )(?<!las )(?<!til )(?<!till )(?<!until )(?<!hasta )(?<!around )"
    r"(?:1[3-9]|2[0-4])(?:[ ,.]+(?:then|entonces|please|porfa|instead|is (?:fine|ok|enough)))*[ .,]*"
)
"""A lone figure that may be a time as well as a distance."""
_LEAVING_SOMETIME: Final = re.compile(
    r"\b(?:leav\w*|out|back|done|head(?:ing)? (?:out|home)) (?:at|by|around|before|after|when|once) (?:the |"
    r"my )?[a-z]+"
    r"|\b(?:salgo|salir|me voy|irme) (?:cuando|despues|antes|al |a la hora)"
)
"""A time of leaving that no clock tells, such as "at lunch time" or "after work"."""
_SENTENCE: Final = re.compile(r"[^.!?\n]*(?:[.](?=\d)[^.!?\n]*)*[.!?\n]*")
_TELLS: Final = re.compile(
    r"\d|\b(?:noon|midnight|mediodia|medianoche|full|llen[oa]|max\w*|half|mitad|today|tonight|tomorrow|hoy|"
    r"manana|now|ahora|cancel\w*|change|cambi\w+|instead|[a-z]*day|lunes|martes|miercoles|jueves|viernes|"
    r"sabado|"
    r"domingo)\b"
)
"""What a sentence must not hold to be left out."""
_WHETHER: Final = re.compile(
    r"(?:will |is )?(?:it |mi carro |el carro )?(?:be |esta |estara )?(?:ready|done|charged|list[oa]|"
    r"cargad[oa]) (?:by|at|for|a las?|para las?) [\d:]+ ?(?:[ap]\.? ?m)?[ .]*"
)
"""What may ask whether the car will be ready then."""
_LEAST_EITHER, _MOST_EITHER = 13, 200
_LEAST_BARE: Final = 13
"""A figure below this, given as a need without unit or time, may as well be an hour."""


def understand(text: str, now: datetime, zone: ZoneInfo) -> Reply:
    """The meaning of a text that arrived at `now`, times read on the site's wall clock."""
    text = text[:_MOST_SIGNS]
    written = by_hand(text)
    if written is None:
        return Aside() if is_automatic(text) else Unclear()
    said = plain(written)
    command = find_command(written, said)
    if command:
        return command
    words = re.findall(r"[a-z0-9']+", said)
    if is_thanks(words, written):
        return Aside()
    if is_agreement(words, written):
        return Command(word=Word.YES, mild=True) if is_approval(words, written) else Aside(agrees=True)
    wish = figures(without_greeting(respell(plain(_without_questions(written)))))
    figure = _only_figure(wish)
    if figure is not None:
        return Question(about="need_or_time", figure=figure)
    if written.rstrip().endswith(("?", "？")) and _WHETHER.fullmatch(wish):
        return Question(about="unclear")
    return _wish(wish, now, zone)


def _without_questions(written: str) -> str:
    """The text without sentences that ask and tell no figure: "does this work? 6pm 30 miles" is a wish."""
    sentences = _SENTENCE.findall(written)
    rest = "".join(one for one in sentences if not one.rstrip().endswith("?") or _tells(one))
    return rest if _tells(rest) else written


def _tells(sentence: str) -> bool:
    said = figures(plain(sentence))
    return bool(_TELLS.search(said) or find_amounts(said).amounts)


def _wish(said: str, now: datetime, zone: ZoneInfo) -> Reply:
    """The wish in a text as it stands, or else in what is left when all that is not of it is left out."""
    if in_other_zone(said, now, zone):
        return Question(about="unclear")
    showing = find_showing(without_places(said), now, zone)
    departure = partial(find_departure, now=now, zone=zone, shown_again=showing.is_second)
    reply = _read(showing.rest, departure)
    meant = without_withdrawn(showing.rest)
    for told in dict.fromkeys((about_the_car(meant), about_the_car(without_phrases(meant)))):
        narrowed = _read(told, departure) if told != showing.rest else reply
        if isinstance(narrowed, Request) and isinstance(reply, Request) and not _agree(narrowed, reply):
            return Question(about="unclear")
        reply = narrowed if isinstance(narrowed, Request) and not isinstance(reply, Request) else reply
    return reply


def _agree(one: Request, other: Request) -> bool:
    """Whether two readings of a text are the same wish."""
    same_time = (one.departure and one.departure.at) == (other.departure and other.departure.at)
    return same_time and one.amount == other.amount


def _read(said: str, departure: Callable[[str], FoundTime]) -> Reply:
    stated = is_stated(said)
    found = find_amounts(without_phrases(said))
    if not found.amounts and (_EITHER.fullmatch(found.rest) or _EITHER_IN_WORDS.fullmatch(found.rest)):
        return Question(about="two_times")
    when = departure(found.rest)
    lone = _lone_amount(found.rest) if not found.amounts else None
    if lone:
        return Request(amount=lone)
    if isinstance(when.departure, Doubt):
        return Question(about=when.departure.about)
    reply = _request(when.departure, found.amounts)
    if not isinstance(reply, Request):
        return reply
    if reply.departure is None and _LEAVING_SOMETIME.search(said):
        return Question(about="which_hour")
    complete = reply.departure is not None and reply.amount is not None
    relative = not complete and (is_relative(said) or (found.bare and _is_small(reply)))
    of_else = when.by_span and is_span_of_else(departure(found.rest.replace(";", "")).rest)
    doubtful = stated or relative or of_else or is_doubtful(when.rest, complete=complete)
    return Question(about="unclear") if doubtful else reply


def _is_small(reply: Request) -> bool:
    return reply.amount is not None and reply.amount.value < _LEAST_BARE


def _request(departure: Departure | None, amounts: tuple[Amount, ...]) -> Reply:
    if len(amounts) > 1:
        return Question(about="two_amounts")
    amount = amounts[0] if amounts else None
    if amount and amount.unit == "percent":
        return Question(about="percent")
    if amount and not _believable(amount):
        return Question(about="absurd")
    if departure is None and amount is None:
        return Unclear()
    return Request(departure=departure, amount=amount)


def _only_figure(rest: str) -> float | None:
    found = re.fullmatch(r"[ .,]*(\d{2,3})[ .,]*", rest)
    return float(found[1]) if found and _LEAST_EITHER <= float(found[1]) <= _MOST_EITHER else None


def _lone_amount(rest: str) -> Amount | None:
    """A change to one figure that is too great for an hour is one of the distance."""
    found = re.fullmatch(_NEW + r"(\d\d)[ .,]*", rest)
    return Amount(value=float(found[1]), unit="mi") if found and float(found[1]) >= _LEAST_BARE else None


def _believable(amount: Amount) -> bool:
    if amount.unit == "full":
        return True
    most = {"mi": MOST_MI, "km": MOST_MI * KM_PER_MI, "kwh": MOST_KWH}[amount.unit]
    return 0 < amount.value <= most
