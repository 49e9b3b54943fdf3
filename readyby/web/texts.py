"""The words of the pages in the driver's language: English in the code, others by catalog.

A catalog is `readyby/locale/<language>/LC_MESSAGES/readyby.po`; to add a language, add one.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from readyby.words import spoken_language

LOCALES = Path(__file__).resolve().parent.parent / "locale"


@cache
def catalog(language: str) -> Mapping[str, str]:
    """English text -> its translation, of those that are translated; empty for English itself."""
    path = LOCALES / language / "LC_MESSAGES" / "readyby.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        messages = read_po(file, locale=language)
    return {
        message.id: message.string
        for message in messages
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
    }


def translator(language: str) -> Callable[[str], str]:
    """Gives each English text in a language; what its catalog lacks stays English."""
    words = catalog(spoken_language(language))
    return lambda text: words.get(text, text)
