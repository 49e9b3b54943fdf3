"""Slips of the finger in the words that carry the meaning: units, days, parts of a day. Pure.

A word that is not known is read as a known one only where one slip (a letter too many, too few, another,
or two swapped) leads to exactly one of them.
"""

import re
from functools import lru_cache
from typing import Final

from readyby.heard.plain import NUMBER_WORDS
from readyby.heard.real_words import REAL
from readyby.heard.vocabulary import HARMLESS, MEANINGFUL, TELLING

_REMEMBERED: Final = 4096
LEAST_LETTERS: Final = 4
KNOWN: Final = HARMLESS | MEANINGFUL | TELLING | NUMBER_WORDS | REAL
_MILES: Final = frozenset(("mile", "miles", "milla", "millas"))
_COURTEOUS: Final = frozenset(("please", "thanks", "gracias", "leaving", "oclock"))
_LONG_ONES: Final = tuple(known for known in MEANINGFUL if len(known) > 5 and known not in _COURTEOUS)
_LIKE_TOMORROW: Final = re.compile(
    r"t[a-z]*m[a-z]*r[a-z]*w[a-z]?|tom[a-z]+|t[a-z]?mo[rz][a-z]*|tmr[a-z]*|tm+[a-z]*w|t[mo]{2,}z"
)
_NEEDS: Final = (
    "llenalo", "llenala", "llenar", "lleno", "llena", "completo", "completa", "cargado", "charged", "filled",
    "maxed", "topped", "battery", "bateria", "everything", "possible", "maximo",
)  # fmt: skip
_SHOWINGS: Final = frozenset(("second", "segunda"))
"""Which showing of an hour is meant must not be lost by a slip."""
_WORD: Final = re.compile(r"[a-z]{4,}")


def respell(text: str) -> str:
    """A plain text with its slips in meaningful words put right."""
    return _WORD.sub(lambda found: _nearest(found[0]), text)


@lru_cache(maxsize=_REMEMBERED)
def _nearest(word: str) -> str:
    if word in KNOWN:
        return word
    near = _near(word, MEANINGFUL | TELLING | _SHOWINGS) or {
        known for known in NUMBER_WORDS if _swapped(word, known)
    }
    if near and near <= _MILES:
        return "miles"
    return near.pop() if len(near) == 1 else word


@lru_cache(maxsize=_REMEMBERED)
def is_near_meaning(word: str) -> bool:
    """Whether an unknown word may be a mistyped one that counts: what stands around it would be misread."""
    return word not in KNOWN and (
        bool(_near(word, MEANINGFUL | TELLING | NUMBER_WORDS))
        or any(two_slips(word, known) for known in _LONG_ONES)
        or _substituted(word, "full")
        or bool(_LIKE_TOMORROW.fullmatch(word))
    )


def may_be_need(word: str) -> bool:
    """Whether an unknown word may be a slip of one that says how much: `llnealo`."""
    return any(one_slip(word, need) for need in _NEEDS)


def _swapped(word: str, known: str) -> bool:
    """Whether two letters of a number word changed places: `thrity`."""
    return len(known) > LEAST_LETTERS and any(
        word == known[:i] + known[i + 1] + known[i] + known[i + 2 :] for i in range(1, len(known) - 1)
    )


def _near(word: str, words: frozenset[str]) -> set[str]:
    return {known for known in words if len(known) >= LEAST_LETTERS and one_slip(word, known)}


def two_slips(word: str, known: str) -> bool:
    """Whether a long word may have become this one by two slips, not in its first letter."""
    if word[0] != known[0] or abs(len(word) - len(known)) > 2:
        return False
    rows = list(range(len(known) + 1))
    before: list[int] = []
    for i, letter in enumerate(word, start=1):
        row = [i]
        for j, other in enumerate(known, start=1):
            cost = min(rows[j] + 1, row[j - 1] + 1, rows[j - 1] + (letter != other))
            if before and i > 1 < j and letter == known[j - 2] and word[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, rows = rows, row
    return rows[-1] <= 2


def _substituted(word: str, known: str) -> bool:
    return len(word) == len(known) and sum(a != b for a, b in zip(word, known, strict=True)) == 1


def one_slip(word: str, known: str) -> bool:
    """Whether a known word of five letters or more became this word by one slip, not in its first letter.

    Words of four letters allow swapped letters only: too many of them are one letter apart.
    """
    if word == known or word[0] != known[0] or abs(len(word) - len(known)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), None)
    if start is None:
        return len(known) > LEAST_LETTERS or len(word) > LEAST_LETTERS
    ours, theirs = word[start:], known[start:]
    if ours[:2] == theirs[1::-1] and ours[2:] == theirs[2:]:
        return True
    if len(known) <= LEAST_LETTERS:
        return False
    return ours[1:] == theirs[1:] or ours[1:] == theirs or ours == theirs[1:]
