"""What a driver takes back in the same breath: "5:30 not 4:30", "forget the 40, do 60 miles". Pure.

Only a figure of the same kind as one that stays is taken back, so nothing is lost that was not said anew.
"""

import re
from typing import Final

_UNIT: Final = (
    r"(?:mi|miles?|millas?|mls?|kms?|kilometers?|kilometros?|kwhs?|kilowatt hours?|%|percent|"
    r"por ?ciento)(?![a-z])"
)
_HALF: Final = r"(?: ?[ap]\.? ?m\b\.?|[ap]\b| o'?clock\b)"
_CLOCK: Final = rf"(?:\d{{1,2}}[:.]\d\d{_HALF}?|\d{{1,4}}{_HALF}|noon\b|midnight\b|mediodia\b|medianoche\b)"
_AMOUNT: Final = (
    rf"(?:\d+(?:[.,]\d+)? ?-?{_UNIT}|(?:a )?full(?: charge)?\b|llen(?:[oae]|es|arl[oa])\b|fill it(?: up)?\b|"
    r"carga completa\b)"
)
_BARE: Final = r"(?:\d{1,4}(?![\d:/]|[.,]\d)(?! ?(?:hours?|hrs?|h|horas?|min\w*)\b))"
_CLOCK_OR_BARE: Final = rf"(?:{_CLOCK}|\d{{1,2}}(?![\d:.]))"
_LEAD: Final = (
    r"(?:(?:at|by|around|about|like|the|for|an?|las?|los|el|al|para|de|of|only|just|need|to|be|son|solo|lo|"
    r"it|"
    r"need a|the full|a|por) ){0,3}"
)


def _figure(name: str) -> str:
    return rf"(?P<{name}_lead>{_LEAD})(?P<{name}>{_CLOCK}|{_AMOUNT}|{_BARE})"


_KEPT: Final = rf"(?:(?:till?|until|hasta) )?{_figure('kept')}"
_GONE: Final = _figure("gone")
_NO_MORE: Final = (
    r"(?:instead of|rather than|en (?:vez|lugar) de|no longer|ya no|(?:siempre )?no (?:salgo|me voy)|(?:not|"
    r"no longer) leaving|(?:i )?(?:do not|don'?t|dont) (?:really )?(?:need|want)|"
    r"no (?:necesito|quiero|ocupo)|no need (?:to|for)|forget(?: about| what i said about)?|scratch|skip|drop|"
    r"ignore|nvm|never ?mind|cancel|olvida\w*|not|no)"
)
_ANEW: Final = (
    r"(?:but|pero|sino|do|make (?:it|that)|it'?s|its|es|son|just|only|solo|con|que sea|sea|mejor|ponle|"
    r"i meant|"
    r"i mean|i need|need|gonna be|going to be|more like|should be|now|ahora|i'?m|im|leaving|salgo|me voy|"
    r"gimme|"
    r"give me)"
)
_SAID_ANEW: Final = rf"(?:{_ANEW} )*"
_OOPS: Final = (
    r"(?:(?:no[ ,.]+)?(?:wait|sorry|i mean(?:t)?|actually|make (?:it|that)|digo|perdon|oops|whoops|"
    r"correction|mejor|scratch that)(?:[ ,.]+no)?)"
)
_TAKEN_BACK: Final = (
    re.compile(
        rf"{_KEPT}(?: now| then| instead| ahora| mejor| today| tonight| hoy)?[ ,.]+(?:and |y |but |"
        rf"pero )?(?P<no>{_NO_MORE}) {_GONE}"
    ),
    re.compile(
        rf"(?:^|(?<=[ ,.])){_NO_MORE} {_GONE}(?: (?:thing|one|plan|time))?(?: ?[,.][ ,.]*(?:{_ANEW} )*|"
        rf" (?:{_ANEW} )+){_KEPT}"
    ),
    re.compile(
        rf"\b(?:i (?:said|told you|was (?:gonna|going to|supposed to) (?:leave|go)|thought|planned|put|"
        rf"asked for|wrote|"
        rf"meant to leave)|(?:te |les )?dije|puse|pensaba salir) {_GONE},? (?:but|pero) {_SAID_ANEW}{_KEPT}"
    ),
    re.compile(
        rf"\b(?P<before>(?:change|switch|mov|push|bump|updat|cambi|pas)\w*(?: (?:it|that|my \w+|the \w+|"
        rf"la \w+|el \w+))? )(?:from |de )?(?!to ){_GONE} {_KEPT}"
    ),
    re.compile(rf"{_GONE} no ?[,.] ?{_SAID_ANEW}{_KEPT}"),
    re.compile(
        rf"{_GONE}(?P<day> (?:today|tonight|tomorrow|hoy|"
        rf"manana))?[ ,.]+{_OOPS}[ ,.]+(?:no )?{_SAID_ANEW}{_KEPT}"
    ),
)
_DAY: Final = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|wed|thur?s?|fri|sat|sun|lunes|martes|"
    r"miercoles|jueves|viernes|sabado|domingo|today|tomorrow|tmrw|tonight|hoy|manana)"
)
_OTHER_DAY: Final = re.compile(
    rf"(\b{_DAY}\b[^.]{{0,16}}?)[ ,.]+(?:not|no|instead of|rather than|en (?:vez|lugar) del?) (?:on |el |"
    rf"the )?{_DAY}\b"
)
_OTHER_DATE: Final = re.compile(
    r"\bnot (?:on )?(?:the )?\d{1,2}(?:st|nd|rd|th)[ ,.]+(?=(?:but |it's )?(?:on )?(?:the )?\d{1,2}(?:st|nd|"
    r"rd|th))"
)
_OTHER_HALF: Final = re.compile(r"(\d ?[ap]\.?m\b\.?)[ ,.]+(?:not|no|y no|instead of) [ap]\.?m\b\.?")
_HALF_LATER: Final = re.compile(
    r"(\d)[ ,.]+(?:sorry |oops |perdon |i mean |i meant |digo |make that )+([ap]\.?m)\b"
)
_BEFORE_TIMES: Final = re.compile(r"\b(?:at|by|around|till?|until|hasta|las?)\b")
_LAST_HOUR: Final = 12
_LAST_OF_DAY, _LEAST_CLOCK = 24, 100
"""A bare figure between these is no time of day."""
_SAID_BEFORE: Final = re.compile(
    rf"\b(?:i (?:said|told you|asked for)|(?:te |les )?dije) {_LEAD}{_CLOCK_OR_BARE},? (?:but|"
    rf"pero) (?=.*(?:{_CLOCK}|\ba las? \d))"
)
_SAID_LATER: Final = re.compile(rf"[ ,.]+(?:no[ ,.]+{_OOPS}|{_OOPS})[ ,.]+(?:no )?{_SAID_ANEW}{_KEPT}")
_SUFFIX: Final = re.compile(rf"\d ?-?({_UNIT}|{_HALF})$")


def without_withdrawn(text: str) -> str:
    """The text without the figures that it takes back; a unit or half of the day only they named stays."""
    for pattern in _TAKEN_BACK:
        text = pattern.sub(_only_kept, text, count=1)
    anew = _SAID_LATER.search(text)
    if anew:
        text = _without_last(_kind(anew, "kept"), text, anew)
    text = _SAID_BEFORE.sub("", text, count=1)
    text = _HALF_LATER.sub(r"\1 \2", text)
    text = _OTHER_DATE.sub("", text)
    return _OTHER_HALF.sub(r"\1", _OTHER_DAY.sub(r"\1", text))


def _without_last(kind: str, text: str, anew: re.Match[str]) -> str:
    """The text without the figure said before one of its kind, as in "30 miles by 4, no, 40 miles"."""
    is_amount = kind == "amount" or (kind == "bare" and _LAST_OF_DAY < int(anew["kept"]) < _LEAST_CLOCK)
    pattern = _AMOUNT if is_amount else _CLOCK if kind == "time" else None
    before = list(re.finditer(pattern, text[: anew.start()])) if pattern else []
    if not before:
        return text
    start, end = before[-1].span()
    unit = _SUFFIX.search(before[-1][0]) if kind == "bare" else None
    kept = f"{anew['kept_lead']}{anew['kept']}{f' {unit[1]}' if unit else ''}"
    return f"{text[:start]}{text[end : anew.start()]}, {kept}{text[anew.end() :]}"


def _only_kept(found: re.Match[str]) -> str:
    if _says_more(found) or _may_be_no(found) or not _are_alike(found):
        return found[0]
    kept, suffix = found["kept"], _SUFFIX.search(found["gone"])
    if suffix and re.fullmatch(_BARE, kept):
        kept = f"{kept} {suffix[1]}"
    starts = found.start() in (0, found.start("kept_lead"))
    before = found.groupdict().get("before") or ("" if starts else ", ")
    day = found.groupdict().get("day") or ""
    return f"{before}{found['kept_lead'] or found['gone_lead']}{kept}{day}"


def _are_alike(found: re.Match[str]) -> bool:
    """Whether both figures may be of one kind.

    "Leaving at 5 not full" names no other amount, and "not 6, 40 miles" may deny a time.
    """
    kept, gone = _kind(found, "kept"), _kind(found, "gone")
    if kept == "amount" and found["kept_lead"].startswith("at "):
        return False  # "it's at 80 miles" is what the car has
    if (kept, gone) == ("bare", "amount"):
        return bool(_SUFFIX.search(found["gone"]))
    if (kept, gone) == ("amount", "bare"):
        return int(found["gone"]) > _LAST_HOUR or found.start("kept") < found.start("gone")
    return kept == gone or "bare" in (kept, gone)


def _may_be_no(found: re.Match[str]) -> bool:
    """Whether "5pm no 6pm" may as well correct the first figure; "a las 5 no a las 6" denies the second."""
    is_spanish = re.search(r"\b(?:las?|millas|son|horas?|kilometros)\b", found[0])
    return found.groupdict().get("no") == "no" and not is_spanish


def _says_more(found: re.Match[str]) -> bool:
    """Whether another choice follows, as in "not 5 or 6"."""
    return bool(re.match(r" ?(?:or|o|and|y|-|to|a) \d", found.string[found.end() :]))


def _kind(found: re.Match[str], which: str) -> str:
    """`time`, `amount`, or `bare` for a figure that may be either."""
    if re.fullmatch(_BARE, found[which]):
        return "time" if _BEFORE_TIMES.search(found[f"{which}_lead"]) else "bare"
    return "time" if re.fullmatch(_CLOCK, found[which]) else "amount"
