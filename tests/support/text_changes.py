"""What fingers, keyboards and manners do to a text: seeded changes that leave its meaning."""

import random
import re
import unicodedata
from collections.abc import Callable

from readyby.heard.plain import NUMBER_WORDS

Change = Callable[[str, random.Random], str]

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def _cased(text: str, chance: random.Random) -> str:
    return chance.choice((text.upper(), text.lower(), text.title(), text.swapcase()))


def _spaced(text: str, chance: random.Random) -> str:
    return (
        chance.choice(("  ", " ", ""))
        + text.replace(" ", chance.choice((" ", "  ")))
        + chance.choice((" ", "\n", ""))
    )


def _with_emoji(text: str, chance: random.Random) -> str:
    emoji = chance.choice(("🚗", "🔋", "👍", "🙏", "⚡", "😀", "👋🏽", "❤️"))
    return chance.choice((f"{emoji} {text}", f"{text} {emoji}", f"{text}{emoji}"))


def _polite(text: str, chance: random.Random) -> str:
    return chance.choice(
        (f"{text} please", f"{text}, thanks", f"please {text}", f"{text} pls", f"{text} por favor")
    )


def _greeted(text: str, chance: random.Random) -> str:
    return chance.choice(("hi ", "Hey, ", "hello! ", "Hola ", "Hola, ")) + text


def _without_accents(text: str, _: random.Random) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )


def _ended(text: str, chance: random.Random) -> str:
    return text.rstrip(".!? ") + chance.choice((".", "!", "!!", " .", ""))


def _wide(text: str, _: random.Random) -> str:
    return text.translate(_WIDE)


def _unit_gap(text: str, _: random.Random) -> str:
    glued = re.sub(r"(\d) (mi|miles|km|kwh|millas|pm|am)\b", r"\1\2", text)
    return glued if glued != text else re.sub(r"(\d)(mi|miles|km|kwh|millas|pm|am)\b", r"\1 \2", text)


KEEPING: tuple[Change, ...] = (
    _cased, _spaced, _with_emoji, _polite, _greeted, _without_accents, _ended, _wide, _unit_gap,
)  # fmt: skip
"""Changes after which the text still means the same."""


def slip(text: str, chance: random.Random) -> str:
    """One slip of the finger in a longer word: the text may then be asked back, but never misread."""
    words = list(re.finditer(r"[a-zA-Z]{5,}", text))
    if not words:
        return text
    word = chance.choice(words)
    at = word.start() + chance.randrange(1, len(word[0]) - 1)
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    dropped = text[:at] + text[at + 1 :]
    doubled = text[:at] + text[at] + text[at:]
    other = text[:at] + chance.choice("abcdefghijklmnopqrstuvwxyz") + text[at + 1 :]
    slipped = chance.choice((swapped, dropped, doubled, other))
    # "three" for "there" says something else, whoever reads it
    new = set(re.findall(r"[a-z]+", slipped.lower())) - set(re.findall(r"[a-z]+", text.lower()))
    return text if new & NUMBER_WORDS else slipped


def mutate(text: str, chance: random.Random, changes: int) -> str:
    """A text after some meaning-keeping changes."""
    for change in chance.sample(KEEPING, changes):
        text = change(text, chance)
    return text
