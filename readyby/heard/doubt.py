"""What makes a text too doubtful to act on, however well its figures read. Pure.

A misread wish is worse than a question. So negations, comparisons with what was said before, conditions,
appointments elsewhere, money, shares and multiples are asked about; and a figure counts only among words
that are known.
"""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from readyby.heard.phrases import any_of
from readyby.heard.plain import NUMBER_WORDS
from readyby.heard.spelling import is_near_meaning
from readyby.heard.vocabulary import BESIDE_A_HALF, BESIDE_A_SPAN, HARMLESS, MEANINGFUL

_CARRYING: Final = MEANINGFUL - HARMLESS
_DOUBTFUL: Final = any_of("doubts")
"""What is left of a text beside its day, time and amount must hold none of this."""

_EVENT: Final = (
    r"(?:meetings?|appointments?|appts?|flights?|class(?:es)?|clases?|reservations?|concerts?|games?|movies?|"
    r"citas?|vuelos?|reunion(?:es)?|juntas?|meet|practice|recital|party|fiesta|dinner|cena|wedding|boda|"
    r"interview|entrevista|exam(?:en)?|dentist\w*|doctor|lesson|lecture|session|gym|yoga|church|misa|closes|"
    r"opens|"
    r"cierran?|abren?|surgery|visiting)"
)
_ELSEWHERE: Final = re.compile(
    rf"\b{_EVENT}\b"
    r"|\b(?:trains?|bus|ferry|plane|tren|autobus|avion|show|zoom|call|tee time|bbq|boarding|landing|"
    r"check ?in|soccer|tennis|football|baseball|basketball|hockey|golf|partido|llamada|visit)(?: is| starts|"
    r" leaves|"
    r" sale)? (?:at |a las? )?;"
    r"|\b(?:home|(?<!in )there|airport|casa|aeropuerto) (?:by|before|at|antes|a las)\b|\b(?:be|get|getting|"
    r"arrive) (?:to|in|at|there|home)\b[^,.]*;"
    r"|\bllegar\b|\b(?:reach|made? it to)\b"
)
"""Appointments and arrivals: their times are no departure unless a word of leaving stands before them."""
_TO_LEAVE: Final = (
    r"leav\w*|tak(?:e|ing) off|gone|(?<!gets )(?<!lets )out|depart\w*|head(?:ing)?(?: out| home)?|bounc\w*|"
    r"until|till|til|salgo|salir|saldre|salimos|saliendo|me (?:voy|boy|pelo|lanzo|jalo|largo|retiro|marcho)|"
    r"irme|hasta"
)
_BEFORE_A_FIGURE: Final = r"at|by|around|about|like|a|as|como|tipo|sobre|eso|de|las?|work|here|just"
_LEAVING: Final = re.compile(
    rf"\b(?:{_TO_LEAVE}|go(?:ing)? home)(?: (?:{_BEFORE_A_FIGURE}|right))* ;"
    r"|\bdriv\w* (?:; )?home (?:at |by |around )?;|\b(?:leav\w*|go(?:ing)?|out) then\b|"
    r"\b(?:out|off|salgo|salimos) (?:of|from|de|del) (?:\w+ ){1,2}(?:at |by |around |a las? )?;|"
    r"\bsalgo al? [a-z]+ ;|; (?:me voy|salgo|nos vamos|salimos)\b|\bleav\w* (?:the |my |"
    r"this )?(?:\w+ ){1,2}(?:at|by|around) (?:like |about )?;|\b(?:paso|vengo|voy|vuelvo|regreso) (?:por|"
    r"a recoger) (?:el |mi )?(?:carro|coche|auto) (?:a las? )?;|\b(?:me voy|nos vamos|irme) (?:del?|"
    r"de la) (?:\w+ ){1,2}a las? ;|\b(?:grab|get|take|move|collect|pick up|back at|back to) (?:it|the car|"
    r"my car|car) (?:up )?(?:(?:at|"
    r"by|around) )?;|; (?:departure|leaving|pickup)\b|\bregres\w*(?: a (?:la |mi )?casa)? a las? ;|"
    r"\b(?:leav\w*|head\w*|driv\w*) (?:out |"
    r"off |over )?(?:to|for) (?:\w+ ){1,3}(?:(?:at|around|by) )?;"
)

_TO_BE: Final = re.compile(
    r"\band have\b(?=.*\bready\b)|\b(?:ensure|make sure|please|so|until|till|once)\b(?: \w+){0,4} (?:has|"
    r"have)\b|^have\b(?=.*\bby\b)"
    r"|\b(?:can|could|may|might) (?:i|we|you|u) (?:please |pls )?have\b|\blet me have\b|\bi'?ll have\b"
)
_STATEMENT: Final = re.compile(
    r"(?<!you )(?<!to )(?<!should )(?<!must )\b(?:have|has|got|i'?m at|im at|it'?s at|is at|tengo|tiene|"
    r"quedan?|traigo|ando con|vengo con|range is|range of|shows?|showing|reads|says|marca)"
    r"(?: only| about| like| still| just| como| unas| solo)* \d+(?:[.,]\d+)? ?(?:mi|miles?|millas?|kms?|"
    r"kilom\w+|kwh|%|percent)(?![a-z]| to)"
)
_SHOWN: Final = re.compile(
    r"\b(?:running on|pulled in with|just drove|it added|metieron|cargaron) (?:only |about )?\d+ ?(?:mi|km|"
    r"kwh)"
    r"|\d ?(?:mi|miles?|millas|km|kwh) (?:on the dash|is all i(?: have|'ve)|es (?:muy )?po(?:co|quito))\b"
    r"|\b(?:estacionamiento|parking|lot|garage|dia|agenda)(?: is|'s| esta)? (?:llen[oa]|full)\b|"
    r"\b(?:down to|sitting at|trae|app (?:says|shows|dice)|gave me|(?:battery|bateria|pila|charger|cargador|"
    r"car|carro|range|"
    r"autonomia)(?: has| is| es| tiene| trae)(?: de)?) (?:only |about |like |just |unas |"
    r"como )?\d+(?:[.,]\d+)? ?"
    r"(?:mi|mile|milla|km|kwh?|%|percent)"
)
_RANGE_IS: Final = re.compile(
    r"\b(?:range|battery|bateria|pila|autonomia|dash\w*|gauge) (?:says|shows|is|reads|marca|dice|"
    r"esta en) (?:only |about |like )?\d"
)
_CHARGE_LEVEL: Final = re.compile(
    r"\b(?:charge|charged|fill|up|car|cargar|carga|cargalo|llenar)(?: (?:it|up|me))* (?:to|hasta|al|"
    r"until) (?:el )?(?!100\b)(\d{2,3})\b(?! ?(?:mi|km|kw|kilo|:|am|pm|h))"
)
_IS_FULL: Final = re.compile(
    r"(?:^|[,.] )(?:it'?s|its|(?:the |my )?(?:car|battery) is|(?:ya )?esta|ya) (?:already |now )?(?:full|"
    r"llen[oa])(?= ?[,.]|$)|"
    r"\b(?:says|shows|reads|i'?m at|it'?s at|still have|ya esta|marca) full\b|\bfull left\b"
)
_UP_TO: Final = re.compile(
    r"\bup to (?:about |around )?\d+ ?(?:mi|km)\w* (?:of \w+|range|total|autonomia)|"
    r"\b(?:charge|charged|charging|fill|filled) (?:it |her |my car )?up to (?:about |around )?\d+ ?(?:mi|km)"
)
_AT_POWER: Final = re.compile(r"\b(?:at|a|limit|max) \d+(?:[.,]\d+)? ?kws?\b(?!h)")
_ZONE_WORD: Final = re.compile(
    r"\b([ecmp][sd]t|utc|gmt)\b|\d ?(?:[ap]\.?m\.? ?)?(?:\b([ecmp]t)\b|(z)\b)|"
    r"(?:\d ?|\d ?[ap]\.? ?m\.? )(eastern|central|mountain|pacific)\b|\b(eastern|central|mountain|"
    r"pacific) time\b"
)
_HALF_SAID: Final = re.compile(
    r"\b(?:asap|maybe|perhaps|could be|quizas?|tal vez|a lo mejor|right (?:away|now)|immediately|ya mismo|"
    r"ahora|ahorita)\b"
)
_HABIT: Final = re.compile(r"\b(?:i|we) (?:usually |normally )?(?:drive|commute|live) ;")
_ANCHOR: Final = re.compile(
    rf"\b(?:{_TO_LEAVE}|go(?:ing)?|roll(?:ing)?|dip(?:ping)?|sale|voy|"
    r"make it|made it|change(?: it)? to|move(?: it)? to|reschedul\w* (?:for|to)|amount to|time|"
    r"need(?:s|ed)?|want|gimme|give me|get me|necesit\w*|nesesito|nececito|quier\w*|ocupo|dame|deme|pon\w*|"
    r"echale|mejor)"
    rf"(?: (?:{_BEFORE_A_FIGURE}|unas?|unos?|only|solo|it|to|home))* ?;"
)
"""Words of leaving or needing right before a figure."""
_LEFT: Final = re.compile(
    r"\d ?(?:mi|miles?|millas?|kms?|kwh|%) (?:left|remaining|now|already|so far|restantes?)\b"
    r"|\b(?:bump|raise|increase|lower|reduce|cut|drop|extend)\w* (?:\w+ )?by (?:about )?\d"
)
_MOVED_TO: Final = re.compile(
    r"\b(?:change|mov|switch|adjust|extend|push|delay|postpon|bump|rais|increas|lower|reduc|cut|drop|bring|"
    r"set|reschedul|updat|aument|baj|sub|cambi)\w*(?: (?!to)\w+){0,3} (?:to|for|a|para)(?: las?)? (?=;)"
)
"""Words that set a new time or amount, whatever held before."""
_MINUS: Final = re.compile(r"(?:^|[ ,.;])-\d")
_ONLY_MORE: Final = re.compile(
    r"^(?:please )?(?:\+ ?(?=\d)|(?:add|plus|and|y|agrega|another|otras|pon otras)\b)"
)


def in_other_zone(text: str, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a time is told on the clock of a zone that is not the site's."""
    ours = (now.astimezone(zone).tzname() or "").lower()
    told = {
        found[1] or found[2] or found[3] or f"{(found[4] or found[5])[0]}t"
        for found in _ZONE_WORD.finditer(text)
    }
    return any(name[0] + name[-1] != ours[:1] + ours[-1:] for name in told)


def is_stated(text: str) -> bool:
    """Whether figures tell what is, a level to charge to, a power or something below zero: not a need."""
    return bool(
        _IS_FULL.search(text)
        or _LEFT.search(text)
        or _STATEMENT.search(_TO_BE.sub("", text))
        or _CHARGE_LEVEL.search(text)
        or _RANGE_IS.search(text)
        or _SHOWN.search(text)
        or _AT_POWER.search(text)
        or _UP_TO.search(text)
        or _MINUS.search(text)
    )


def is_relative(text: str) -> bool:
    """Whether an amount alone is meant on top of what was asked before."""
    return bool(_ONLY_MORE.match(text))


def is_doubtful(rest: str, *, complete: bool) -> bool:
    """Whether what is left of a text casts doubt on its figures.

    Args:
        rest: the text without day, time and amount, `;` where they stood.
        complete: both a departure and an amount were found; if not, an unknown word may be the other half.
    """
    rest = _MOVED_TO.sub("make it ", rest)
    if re.search(r"\d", rest) or casts_doubt(rest) or carries_meaning(rest):
        return True
    if any(_ELSEWHERE.search(part) for part in re.split("[,.]", rest) if ";" in part) and not _LEAVING.search(
        rest
    ):
        return True
    if not complete and (_HALF_SAID.search(rest) or _HABIT.search(rest)):
        return True
    unknown = unknown_words(rest)
    if not complete and unknown and not _is_anchored(rest, unknown):
        return True
    return not complete and not all(_is_bare(part, BESIDE_A_HALF) for part in _parts_told(rest))


def is_span_of_else(rest: str) -> bool:
    """Whether a span, `;` in what is left of a text, may be how long something else takes."""
    return not all(_is_bare(part, BESIDE_A_SPAN) for part in _parts_told(rest))


def _parts_told(rest: str) -> list[str]:
    return [part for part in re.split(r"[,.]| so | but | pero ", rest) if ";" in part]


def _is_bare(part: str, beside: frozenset[str]) -> bool:
    """Whether half a wish stands alone, or by a word of leaving: "picking up my kid at 3" does not."""
    words = re.findall(r"[a-z']+", part)
    return all(word in beside for word in words) or bool(_LEAVING.search(part) or _ANCHOR.search(part))


def casts_doubt(text: str) -> bool:
    """Whether words that deny, choose, compare or make conditions stand in a text."""
    return bool(_DOUBTFUL.search(text))


def carries_meaning(text: str) -> bool:
    """Whether a word of days, units or parts of a day stands in a text, or what may be one mistyped."""
    return any(word in _CARRYING or is_near_meaning(word) for word in re.findall(r"[a-z]+", text))


_LEAVING_A_PLACE: Final = re.compile(
    r"\b(?:leav\w*|out of|off from|salgo (?:del?|al?)|me voy del?) (?:the |my |this |el |la |mi )?([a-z]+) "
    r"(?:(?:at|by|around|a las?) )?(?:like |about )?;"
)


def _is_anchored(rest: str, unknown: list[str]) -> bool:
    """Whether a word of leaving or needing stands right before the figure, and no unknown word may be one."""
    if re.search(
        rf"\b(?:at|by|until|till|til|las|hasta|in|en) (?:{'|'.join(map(re.escape, unknown))})\b", rest
    ):
        return False
    place = _LEAVING_A_PLACE.search(rest)
    return bool(_ANCHOR.search(rest)) or (place is not None and unknown == [place[1]])


def unknown_words(text: str) -> list[str]:
    """The words of a text that are in no list."""
    return [
        word
        for word in re.findall(r"[a-z']+", text)
        if not is_known(word.strip("'")) and word.strip("'") not in NUMBER_WORDS
    ]


def is_known(word: str) -> bool:
    return word in HARMLESS or word in MEANINGFUL
