"""Finds the command in a driver's text: as all of it, in a sentence, or beside talk. Pure.

Withdrawing consent must work by any reasonable means, so STOP is heard in sentences and in other languages
too; every other command only where the rest of the text adds nothing, and nothing in it speaks against it.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Final

from readyby.heard import asking, clauses, stopping, talk
from readyby.heard.command import Command, Word, as_command
from readyby.heard.phrases import any_of
from readyby.heard.plain import figures
from readyby.heard.spelling import respell

_HELP_ELSEWHERE: Final = frozenset(("帮助", "幫助", "помощь", "도움", "도움말", "ヘルプ", "مساعدة", "मदद"))
_SIGNS_OF_NO: Final = frozenset("👎❌")
_SKINS: Final = frozenset(" 🏻🏼🏽🏾🏿\ufe0f")
_BREAKS: Final = re.compile(r"[.,:'\"\-+/]+")
_HANDS_OFF: Final = any_of("hands_off")
_URGENT_ONLY: Final = re.compile(r"(?:right )?(?:now|rn|asap|ahora|ahorita|ya)(?: mismo)?")
_THIS_MINUTE: Final = re.compile(r"\b(?:right )?this (?:very )?(?:minute|second|instant)\b|\bya de ya\b")
_WAITING: Final = re.compile(
    r"\b(?:don'?t|dont|do not|no|without|sin) (?:make me )?(?:wait\w*|delays?|scheduling|esper\w+|tard\w+)\b"
    r"(?: for (?:the )?(?:cheap\w* )?(?:power|rates?|prices?|hours|energy))?|"
    r"\b(?:i )?(?:can'?t|cant|cannot|no puedo) (?:wait|esper\w+)\b"
)
"""Who does not want to wait is in a hurry: this denies nothing."""
_AGAINST: Final = {
    Word.NOW: any_of("not_now"),
    Word.STOP: any_of("not_stop"),
    Word.OFF: any_of("not_off"),
    Word.YES: any_of("not_yes"),
    Word.NO: any_of("not_no"),
    Word.STATUS: any_of("not_status"),
    Word.LINK: any_of("not_link"),
}
_NEVER_MIND: Final = re.compile(
    r"^(?:(?:nvm|never ?mind)(?: all)?(?: that| this| it)?[ ,.]+|(?:actually|hey|look|listen|ok so|so|"
    r"um+)[ ,.]+)+"
)
_ADDS_NOTHING: Final = any_of("adds_nothing")
"""What refuses or repeats beside a command that says the same."""


def find_command(text: str, said: str) -> Command | None:
    """The command that a text is, if it is one, and nothing in it speaks against that.

    Args:
        text: as it came.
        said: the same made plain.
    """
    raw = " ".join(unicodedata.normalize("NFKC", text).casefold().strip(" \t\n.!?。！¡¿'\"").split())
    by_signs = _by_signs(raw, text)
    if by_signs:
        return by_signs
    asked = text.rstrip(" \t\n.!").endswith(("?", "？"))
    alone = as_command(_words_of(_WAITING.sub(" ", _at_once(said))))
    if alone and (alone.by_carrier or not _speaks_against(alone.word, said, asked=asked)):
        return alone
    ways = (_by_sentence, partial(_by_question, asked=asked), _among_talk, _by_plea)
    found = (word for way in ways if (word := way(said)))
    heard = next((word for word in found if not _speaks_against(word, said, asked=asked)), None)
    return Command(word=heard) if heard else None


def _speaks_against(word: Word, said: str, *, asked: bool) -> bool:
    """Whether a text denies the command that its words make, or asks for something else."""
    if word is Word.YES and asked and " " in said.strip(" ."):
        return True
    against = _AGAINST.get(word)
    return bool(against and against.search(figures(_WAITING.sub(" ", said)).strip(" .")))


def _by_sentence(said: str) -> Word | None:
    return next((word for says, word in _SENTENCES if says(said)), None)


def _by_question(said: str, *, asked: bool) -> Word | None:
    return Word.STATUS if asking.asks_for_status(respell(said), asked=asked) else None


def _by_plea(said: str) -> Word | None:
    return Word.HELP if asking.asks_for_help(said) else None


def _by_signs(raw: str, text: str) -> Command | None:
    """STOP and HELP in other scripts, and signs that say one thing."""
    if stopping.says_stop_elsewhere(raw) or stopping.is_stop_sign(raw):
        return Command(word=Word.STOP)
    signs = set(raw) - _SKINS
    if signs and signs <= _SIGNS_OF_NO:
        return Command(word=Word.NO)
    asks = raw in _HELP_ELSEWHERE or (text.strip() and not text.strip(" ?"))
    return Command(word=Word.HELP) if asks else None


def _at_once(said: str) -> str:
    """A plain text with `now` for "right this minute" and its like."""
    return _THIS_MINUTE.sub("now", said)


def _words_of(said: str) -> str:
    return " ".join(_BREAKS.sub(" ", said.replace("'s", "s")).split())


def _asks_for_hands_off(said: str) -> bool:
    return bool(_HANDS_OFF.search(said)) and not re.search(r"\d", said)


_SENTENCES: Final[tuple[tuple[Callable[[str], bool], Word], ...]] = (
    (stopping.says_start, Word.START),
    (stopping.says_stop, Word.STOP),
    (_asks_for_hands_off, Word.OFF),
    (asking.asks_for_link, Word.LINK),
)


def _among_talk(said: str) -> Word | None:
    """The one command of a text whose other clauses are talk: "charge it asap, something came up"."""
    said = _WAITING.sub(" ", _NEVER_MIND.sub("", _at_once(said)))
    parts = [part for part in clauses.clauses(said) if not clauses.is_level(part)]
    if asking.is_thankful(said) or any(re.search(r"\d", figures(part)) for part in parts):
        return None
    heard = [(part, _in_clause(part)) for part in parts]
    rest = [part for part, word in heard if not word]
    words = {word for part, word in heard if word and not _runs_on(part, said)}
    if words <= {Word.YES, Word.NO}:
        return words.pop() if len(words) == 1 and not rest else None
    refuses_first = heard[0][1] is Word.NO or Word.OFF in words
    words -= {Word.YES, Word.NO} if refuses_first else {Word.YES}
    words = {Word.NOW} if words == {Word.NOW, Word.OFF} else words
    return words.pop() if len(words) == 1 and all(map(_adds_nothing, rest)) else None


def _runs_on(part: str, said: str) -> bool:
    """Whether a clause of urgent words only goes on without a stop, as in "right now im in a meeting"."""
    return bool(_URGENT_ONLY.fullmatch(part)) and bool(re.search(rf"{re.escape(part)} [a-z]", said))


def _in_clause(part: str) -> Word | None:
    """A clause's command; to stop or start texts takes a whole text."""
    found = as_command(_words_of(part))
    if found:
        return None if found.word in (Word.STOP, Word.START) else found.word
    if asking.asks_for_status(respell(part), asked=False):
        return Word.STATUS
    return Word.HELP if asking.asks_for_help(part) else None


def _adds_nothing(part: str) -> bool:
    return talk.is_talk_beside_a_command(part) or bool(_ADDS_NOTHING.fullmatch(part))
