"""A driver's question about how far the car is, which its status answers. Pure."""

import re
from typing import Final

from readyby.heard.phrases import any_of

_STATUS: Final = any_of("status")
_AT_LEVEL: Final = re.compile(
    r"is (?:it|she|my car|the car) (?:at|to|above|over|past) \d+ ?(?:%|percent|miles)?(?: yet|"
    r" already)?[ .]*$"
)
_OR_NOT: Final = re.compile(
    r" or (?:nah|waiting|idle|paused|did|is|has|was|not|no|what|done)\b.*| o (?:que|no|todavia no)\b.*"
)
_ELSE: Final = re.compile(
    r"\d|\b(?:why|not|isn'?t|aren'?t|no|or|cost|price|per|fee|cents?|dollars|cuesta|precio|pay|por que|"
    r"tomorrow|manana|noon|midnight|tonight|mediodia|if|si)\b"
)


_HELLO: Final = re.compile(
    r"^(?:(?:hey|hi|hello|hola|que onda|oye|oiga|disculp[ea]|buenas|so|ok|um+)[ ,.]+)+"
)
_THANKING: Final = re.compile(
    r"(?:muchas |mil |ok )?(?:gracias|thanks|thank you|thx|ty)\b(?!.*\b(?:when|how|cuando|que hora|cuanto)\b)"
)


_HELP: Final = any_of("help")


_LINK: Final = re.compile(
    r"\b(?:send|resend|resending|text|das|dan|dame|mand|reenv|envi|pas[ae]|where|give|get|need|lost|lose|"
    r"perdi|find|find|"
    r"share|donde|have)\w*\b.*\b(?:link|url|web ?page|website|web ?site|enlace|liga|pagina|url)\b"
    r"|\b(?:web ?page|website|web ?site|web address|pagina|url)\b|\bsee (?:my session|it online|"
    r"this online)\b|"
    r"\b(?:send|text|give|gimme|get|need)\b.*\b(?:page|site)\b"
    r"|\b(?:link|url|enlace|liga)\b.*\b(?:again|isn'?t|doesn'?t|won'?t|broken|dead|expired|resend|otra vez|"
    r"no (?:abre|sirve|funciona|jala))\b"
)


def asks_for_link(said: str) -> bool:
    """Whether a plain text without a figure asks for the link, whatever else it says of it."""
    return bool(_LINK.search(said)) and not re.search(r"\d", said)


def asks_for_help(said: str) -> bool:
    """Whether a plain text without a figure asks what this is, how it works or what to text."""
    return bool(_HELP.search(said.strip(" .,"))) and not re.search(r"\d", said)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONE: Final = _words("""
    sigue todavia aun
    still
    ya mi my the la el all esta is are se es you u it she he car ev we i vehicle ride tesla leaf bolt
    truck suv battery charge charging bateria auto carro coche done ready charged full finished complete
    fully good to go yet now mero casi listo lista cargado cargada terminado terminada termino acabo
    cargo quedo completo completa
""")


def is_thankful(said: str) -> bool:
    """Whether a plain text begins with thanks and asks nothing."""
    return bool(_THANKING.match(said))


def asks_for_status(said: str, *, asked: bool) -> bool:
    """Whether a plain text asks how far the car is or when it will be ready, without naming a time.

    Args:
        said: the plain text.
        asked: it ended in a question mark, as in "done?"; "full?" may as well ask for a full charge.
    """
    said = _HELLO.sub("", said)
    if _AT_LEVEL.match(said):
        return True
    asked = asked or bool(_OR_NOT.search(said))
    words = re.findall(r"[^ .,]+", _OR_NOT.sub("", said))
    if asked and words and _LONE.issuperset(words) and words not in (["full"], ["car"], ["charge"]):
        return True
    if is_thankful(said):
        return False
    said = _OR_NOT.sub("", said)
    return bool(_STATUS.search(said.strip(" .,")) and not _ELSE.search(said))
