"""A text's clauses: those about leaving and needing, and those about the rest of a driver's day. Pure.

"Class till 12:15, leaving 1:30" has one departure: where one clause tells when they leave, the hour of
another that is about something else is left out, as are what the car has now, where it stands, and talk.
"""

import re
from typing import Final

from readyby.heard.amount import find_amounts
from readyby.heard.doubt import casts_doubt, is_stated
from readyby.heard.phrases import any_of
from readyby.heard.talk import FIGURE, TO_LEAVE, is_about_the_wish, is_background, is_talk, without_weak_words

_NEED_VERB: Final = r"(?:need|gimme|give me|necesito|ocupo|quiero)"
_ASKING: Final = "can could should may will would do did if when before after until til till that unless once"
_NOT_ASKED: Final = "".join(rf"(?<!\b{word})" for word in _ASKING.split())
"""`can i leave at 4` is one clause."""
_BREAK: Final = re.compile(
    r" ?[,.](?!\d)(?:[ ,]|\.(?!\d))*| - "
    r"| (?:so|but|pero|asi que|entonces|then|because|bc|cuz|coz|porque|xq|ya que|since(?= (?:i|we|"
    r"my)\b))(?= )"
    rf"| (?:and|y|e)(?= (?:then |i |i'm |im |i'll |we |we're |will |gonna |luego |ya |me )*{TO_LEAVE}\b)"
    r"| (?:and|y) (?=(?:just |solo )?(?:charg|let\b|carg|dej))"
    rf"|{_NOT_ASKED} (?=i (?:don'?t|dont|do not|got|have|gotta) )"
    r"| (?=(?:please |plz |pls )?(?:just (?:normal|regular|plain)|(?:fill|top|llen\w+) (?:it|me|her|up|"
    r"lo)\b))"
    r"| (?=(?:pick|tak|grabb|gett|collect)ing (?:it|the car|my car|car)\b)"
    rf"|(?<!\bto)(?<!ll)(?<!\bwill)(?<!don't)(?<!dont)(?<!\bnot)(?<!\bno)(?<!\bi)(?<!\bwe) (?=(?:i |"
    rf"we )?{_NEED_VERB}\b)"
    r"| (?=(?:just|solo|nomas) (?:start|charg|let|carg|dej|empie))| (?=it'?s )| (?=no puedo )|"
    r" (?=my [a-z]+ (?:is|are|was) )|"
    r" (?=(?:cargal[oa]|carguel[oa]|ponl[oa] a cargar)\b)|"
    r" (?=(?:i )?(?:can'?t|cant) (?!you|u|i))"
    rf"|{_NOT_ASKED} (?=(?:we|i) leave\b)"
    r"|(?<!\bwas)(?<!\bwere) (?=(?:i'?m|im|i am|i'?ll|we'?re|we'?ll|gonna|tryna|ando|estoy)\b)"
)
_LEAD: Final = (
    r"(?:at|by|around|about|like|before|between|from|here|work|of|the \w+|my \w+|this \w+|home|from \w+|"
    r"at \w+|la \w+|el \w+|de \w+|del \w+|for \w+|to \w+|school|campus|town|a|las?|como|tipo|sobre|eso|de|"
    r"hasta|"
    r"antes|today|tonight|hoy|tomorrow|manana|\w+day|is|es|time|right|it|then|en|to)"
)
_TIME: Final = (
    r"(?:\d{1,4}(?:[:.]\d\d)?(?![\d.]| ?(?:mi|km|kw|mile|milla|%))|noon|midnight|mediodia|medianoche)"
)
_LEAVES_AT: Final = re.compile(
    rf"\b(?:{TO_LEAVE}|(?<!gets )back|return\w*|regres\w*|vuelv\w*)(?: {_LEAD}){{0,4}} {_TIME}|"
    rf"\b(?:departure|salida|dep|etd)\b.*\d"
)
_NOT_SO: Final = re.compile(
    r"\b(?:wanted|supposed|hoped|wish|could|might|may|ain'?t|not|never|no|won'?t|wont|don'?t|dont|can'?t|"
    r"cant)\b|\bgets? (?:out|off)\b(?<!i get out)(?<!i get off)"
    r"|\b(?:flight|train|bus|ferry|plane|vuelo|tren) out of\b"
)
"""A leaving that is denied, wished for, or somebody else's."""
_OTHERS_LEAVE: Final = re.compile(
    r"\b(?:she|he|they|my (?!car|ev|tesla|shift|flight|meeting|class)[a-z]+|mi (?!carro|coche|turno)[a-z]+)"
    r"(?:'s| is| are| will| va a| se)? (?:leav\w*|goes|sale|va)\b"
)
_OWN_LEAVING: Final = re.compile(
    r"\b(?:i leave|i'?m|im|i'?ll|i go|yo|me voy|salgo|we leave|we'?re|"
    r"nos vamos)\b"
)
_TIME_TOLD: Final = re.compile(
    r"\b(?:at|by|till?|until|around|before|after|from|since|starts?|ends?|is|turns|turning|las?|hasta|desde|"
    r"a|get|"
    r"gets|got|have|has) "
    r"(?:about |around )?\d|\d[:.]\d\d|\d ?[ap]\.?m\b|\d ?(?:hours?|hrs?|horas?|h|min\w*|days?|dias?)\b|"
    r"\b(?:noon|midnight|mediodia|"
    r"medianoche)\b"
)
_OF_OTHERS: Final = re.compile(
    r"\b(?:kids?|child|children|son|daughter|class|school|movie|show|game|church|husband|wife|boss|she|he|"
    r"they) gets? (?:out|off)\b"
    r"|\b(?:flight|train|bus|ferry|plane|vuelo|tren) out of\b"
)
"""Who or what else gets out at a time."""
_ONLY_A_TIME: Final = re.compile(
    r"(?:at|by|around|about|like|or|a|an|the|las?|maybe|and|y|o|is|es|it'?s|its|am|pm|for|in|on|en|de|el|"
    r"today|tonight|hoy|ish|to|time|min\w*|hours?|hrs?|horas?|latest|just|please|ok|yes|no|otherwise|else|"
    r"possibly|worst|best|case|prob\w*|hopefully|then|later|[ap]|st|nd|rd|th|;)"
)
_ENDS_OR_BEGINS: Final = re.compile(
    r"\b(?:until|till?|hasta|before|after|antes|despues|back|late|early|finish\w*|done|start\w*) "
)
_TIME_SAID: Final = re.compile(r"\d[\d:.,]* ?(?:hours?|hrs?|horas?|hr)?(?: ?[ap]\.?m\b)?")
_LEVEL: Final = any_of("levels")
"""What the car has, which is no need."""
_VAGUE: Final = re.compile(
    r"\b(?:end|close|closing|sun(?:set|rise|down|up)|dusk|dawn|lunch\w*|breakfast|brunch|dinner|bedtime|"
    r"rush|school|work\w*|shift|class\w*|meeting\w*|game|show|movie|appointment|fin|cierre|almuerzo|cena|"
    r"desayuno|"
    r"escuela|trabajo|clase|junta|turno)\b"
)
"""What may tell a departure without a clock, where none is told by it."""
_PLACE: Final = any_of("places")
"""Where the car stands, the road, its year, a phone number: "stall 14" is neither hour nor distance."""


def clauses(text: str) -> list[str]:
    """The clauses of a plain text, in order; points and commas within figures part nothing."""
    return [clause for clause in (part.strip() for part in _BREAK.split(text)) if clause]


def without_places(text: str) -> str:
    """The text without the figures of stalls, roads, model years and telephones."""
    return " ".join(_PLACE.sub(" ", text).split())


def about_the_car(text: str) -> str:
    """The text without the clauses that are about something else than leaving and needing."""
    parts = clauses(text)
    timed = [part for part in parts if FIGURE.search(find_amounts(part).rest)]
    others = [part for part in timed if _OTHERS_LEAVE.search(part)]
    if others and len(timed) > len(others):
        own = [part for part in timed if part not in others]
        if not all(_OWN_LEAVING.search(part) for part in own):
            return text  # "she leaves at 4, me at 5" has two who leave
        parts = [part for part in parts if part not in others]
    leaves = [part for part in parts if _LEAVES_AT.search(part) and not _NOT_SO.search(part)]
    needs = [part for part in parts if find_amounts(part).amounts and not is_level(part)]

    def is_of_it(part: str) -> bool:
        if part in leaves or part in needs:
            return True
        if (needs and is_level(part)) or (leaves and _tells_of_else(part)):
            return False
        return not is_talk(part) or (not timed and bool(_VAGUE.search(part)))

    return ", ".join(filter(is_of_it, parts))


def is_level(clause: str) -> bool:
    """Whether an amount is what the car has: "down to 8 miles", "battery's at 30%"."""
    return is_stated(clause) or bool(_LEVEL.search(clause))


def _tells_of_else(clause: str) -> bool:
    return bool(_OF_OTHERS.search(clause)) or _is_elsewhere(clause) or is_background(clause)


def _is_elsewhere(clause: str) -> bool:
    """Whether a clause tells a time of something else: "my train gets back around 6:20"."""
    if (
        not _TIME_TOLD.search(clause)
        or is_level(clause)
        or is_about_the_wish(_ENDS_OR_BEGINS.sub("", clause))
    ):
        return False
    words = re.findall(r"[a-z']+", clause)
    return any(not _ONLY_A_TIME.fullmatch(word) for word in words) and not casts_doubt(
        without_weak_words(_TIME_SAID.sub(" ", clause))
    )
