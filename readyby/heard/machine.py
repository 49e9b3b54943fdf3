"""What phones add to texts, or write by themselves: quotes, signatures, reactions. Pure."""

import re
import unicodedata
from typing import Final

_SIGNATURE: Final = re.compile(
    r"(?:^|\n|[.!] )\W*(?:sent (?:from|via|with|by) (?:my )?|get outlook for |enviado (?:desde|con) (?:mi )?)"
    r"(?:i ?phone|i ?pad|android|samsung|galaxy|pixel|motorola|apple|watch|ios|outlook|gmail|movil|celular|"
    r"telefono)[^\n]*"
)
_QUOTED_LINE: Final = re.compile(r"^[ \t]*(?:>|on .{4,60} wrote:|el .{4,60} escribio:).*$", re.MULTILINE)
_REACTION: Final = re.compile(
    r"^\W*(?:\w+\W+)?(?:(?:you |ha )?(?:liked|loved|disliked|emphasi[sz]ed|questioned|laughed at|reacted|"
    r"removed)|(?:no )?(?:le|te|me) (?:gusto|encanto|dio risa)|(?:a .{1,30} )?(?:no )?le (?:gusta|encanta|"
    r"gusto|"
    r"encanto)|(?:se )?(?:rio|reacciono|enfatizo|exclamo|pregunto|cuestiono|destaco|elimino|quito))"
    r"\b[^\"\n]{0,40}\""
)
_QUOTE: Final = re.compile(r"^[^\"]{1,30}\"[^\"]{20,}")
_ABSENCE: Final = re.compile(
    r"\b(?:(?:with|mode|modo(?: de)?|con(?: el modo)?) (?:do not disturb|no molestar)|(?:do not disturb|"
    r"no molestar)(?=\W+(?!please|pls|thank|por favor|gracias)\w)|driving focus|not receiving notifications|"
    r"notifications silenced|auto ?-?(?:reply|response|respond\w*)|"
    r"automat(?:ic|ed) (?:reply|response|message|text)|out of (?:the )?office|"
    r"see your (?:message|text) when|can'?t (?:talk|answer|text|chat)(?: right)? now|"
    r"call (?:me |you )?(?:back )?later|"
    r"respuesta automatica|mensaje automatico|fuera de la oficina|no puedo (?:hablar|contestar)|"
    r"te (?:llamo|marco) (?:luego|despues|mas tarde))\b"
)
_BLANK_LINES: Final = re.compile(r"\s*\n\s*")
_QUOTES: Final = str.maketrans(dict.fromkeys("“”„«»‟″", '"') | {"’": "'", "‘": "'"})


def is_automatic(text: str) -> bool:
    """Whether a phone wrote the text by itself: a reaction to a message of ours, an answer of absence."""
    told = _folded(_BLANK_LINES.sub("\n", text))
    return bool(_REACTION.search(" ".join(told.split())) or _ABSENCE.search(told))


def by_hand(text: str) -> str | None:
    """The part of a text that its writer wrote; None where no person wrote it to us.

    A reaction to a message of ours quotes it, with its times and its word STOP; an answer of absence speaks
    of not disturbing. Neither is a wish or a word of command.
    """
    text = _BLANK_LINES.sub("\n", text)
    told = _folded(text)
    if is_automatic(text) or _QUOTE.search(" ".join(told.split())):
        return None
    cut = _SIGNATURE.search(told)
    written = text if cut is None or len(told) != len(text) else text[: cut.start()]
    return _QUOTED_LINE.sub("", written) if ">" in written or "\n" in written.strip() else written


def _folded(text: str) -> str:
    """Lower case without accents, sign for sign where that is possible."""
    letters = (unicodedata.normalize("NFD", letter)[:1] for letter in text.translate(_QUOTES))
    return "".join(letters).lower()
