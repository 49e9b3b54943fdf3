"""Times of day as they are written and spelled: taken out of plain words, not yet of any day. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from readyby.heard.day import FoundDay
from readyby.heard.doubt import is_known
from readyby.heard.spelling import is_near_meaning

_NOON: Final = re.compile(
    r"\b(?:al? |el )?(?:12 )?(?:noon|noontime|mid ?day|mediodia|medio dia)(?:[ -]?ish)?\b"
)
_NOON_HOUR: Final = re.compile(
    r"\b((?:12|1|2|3)(?: y (?:media|cuarto|\d\d))?) (?:del?|al) (?:mediodia|medio dia)\b"
)
_MIDNIGHT: Final = re.compile(r"\b(?:a (?:la )?)?(?:12 )?(?:mid ?ni(?:ght|te)|media ?noche)\b")
_CLOCK: Final = re.compile(
    r"(?<![\d:.,/])(?:(?P<h>\d{1,2}) ?(?::|\.(?! )|h) ?(?P<m>[0-5]\d)(?![\d:])"
    r"|(?P<hm>\d{3,4})(?![\d:]|[.,]\d)|(?P<b>\d{1,2})(?![\d:]|[.,]\d))(?:ish\b)?(?:\s*(?:o'?clock|o clock|"
    r"hours|horas?|hrs?|hs|h)\b)?(?P<half>\s*(?:[ap]\.? ?m\b\.?|"
    r"p\b|(?<! )a\b(?! las?\b)| a\b(?= ?(?:[,.;]|$))))?(?:ish\b)?"
)
_NOON_12: Final = 12
_HALF_SLIP: Final = re.compile(r"[a-z]| (?:pmm|amm)\b")
_BESIDE_THE_KEYS: Final = re.compile(r"(?<=\d)(?: ?(p[njk]|[ol]m)|(a[njk]|[sqzw]m))\b")
"""`6pn` and `6om` are 6 PM: the slipped finger hit the neighbor of one of the two keys."""
_SPLIT_TIME: Final = re.compile(r"(?<![\d:.,])(\d{1,2}) ([0-5]\d)(?= ?(?:[ap]\.? ?m\b|p\b|a\b(?! las?)))")
_PAST_WORDS: Final = (
    (re.compile(r"\b(?:half|haf|hlf|1/2) past (\d{1,2})\b"), 30),
    (re.compile(r"\b(?:a )?(?:quarter|qtr) (?:past|after) (\d{1,2})\b"), 15),
    (re.compile(r"\b(?:a )?(?:quarter|qtr) (?:to|till|til|of|before) (\d{1,2})\b"), -15),
    (re.compile(r"\b(?:un )?cuarto (?:para|pa) las? (\d{1,2})\b"), -15),
    (re.compile(r"\b(\d{1,2}) y (?:media\b|1/2)"), 30),
    (re.compile(r"\b(\d{1,2}) y cuarto\b"), 15),
    (re.compile(r"\b(\d{1,2}) menos cuarto\b"), -15),
)
_TO: Final = r"(?:to|till|til|before|of)"
_AROUND_TWELVE: Final = re.compile(
    rf"\b(half|haf|(?:a )?(?:quarter|qtr)|\d{{1,2}}(?: min(?:ute)?s?)?) (past|after|{_TO}) (midnight|noon)\b"
)
"""The minutes beside noon and midnight, which are no hour of a dial."""
_OF_HOUR: Final = r"(1[0-2]|[1-9])\b(?![:.]\d| ?(?:mi|km|kw|kilo|%|percent|hour|hr|min))"
_MINUTES_PAST: Final = re.compile(r"\b(5|10|15|20|25|30) (?:min(?:ute)?s? )?(?:past|after) (\d{1,2})\b")
_MINUTES_TO: Final = (
    re.compile(rf"\b(\d{{1,2}}) min(?:ute)?s? {_TO} {_OF_HOUR}"),
    re.compile(rf"\b(15|2[05]) {_TO} {_OF_HOUR}"),
    re.compile(rf"(?:(?<=\bat )|(?<=\bby )|(?<=\bleave )|(?<=\bleaving ))(5|10) {_TO} {_OF_HOUR}"),
)
"""`10 to 6` alone may be from ten to six; `15 to 6` is no pair of hours."""
_MINUTES_FOR: Final = re.compile(r"(?<![\d:])\b(5|10|20|25) (?:para|pa) las? (1[0-2]|[1-9])\b(?!:)")
_Y_MINUTES: Final = re.compile(r"\b(\d{1,2}) (y|menos) (\d{1,2})\b(?! ?(?:mi|km|kw))")


_MOST_REPEATS: Final = 2
_SHORT_WORD: Final = 2
_NEAR: Final = 40
_SHIFTS: Final = frozenset(("to", "past", "after", "of", "before", "menos"))
_TIME_AHEAD: Final = frozenset(
    ("by", "until", "till", "til", "at", "las", "pa", "hasta", "leave", "leaving", "leavin", "lvg", "lv",
     "gone", "out", "round", "around", "bout")
)  # fmt: skip
"""After these a bare figure is a time, whatever word comes next."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as said; `half` is `am`, `pm`, `24` (certain), `?` (unclear) or empty (either half)."""

    hour: int
    minute: int
    half: str


def take_clocks(found: FoundDay) -> tuple[list[Clock], str]:
    """Every time of day in a text without its day, each once, and the text without them."""
    told = _BESIDE_THE_KEYS.sub(lambda half: " pm" if half[1] else " am", found.rest)
    text, clocks = _spelled_quarters(_NOON_HOUR.sub(r"\1 pm", told)), []
    for pattern, clock in ((_NOON, Clock(12, 0, "24")), (_MIDNIGHT, Clock(24, 0, "24"))):
        if pattern.search(text):
            text = pattern.sub(" ; ", text)
            clocks.append(clock)
    clocks += [_clock_of(match, found.part, text) for match in _CLOCK.finditer(text)]
    repeated = len(clocks) != len(set(clocks)) and not (clocks[0].half or clocks[0].minute)
    if repeated or len(clocks) > _MOST_REPEATS:
        clocks.append(Clock(0, 0, "?"))
    return _distinct(clocks), " ".join(_CLOCK.sub(" ; ", text).split())


def _distinct(clocks: list[Clock]) -> list[Clock]:
    """Each time once; `17:30 (5:30 pm)` and `5:30, 17:30` tell one time in two ways."""
    kept: list[Clock] = []
    for clock in sorted(dict.fromkeys(clocks), key=lambda one: one.half != "24"):
        same = [one for one in kept if _may_be_same(one, clock)]
        if not same:
            kept.append(clock)
    return kept


def _may_be_same(certain: Clock, other: Clock) -> bool:
    """Whether a time of the 24-hour clock is what another says by the dial."""
    halves = ("pm" if certain.hour >= _NOON_12 else "am",) + (("",) if certain.minute else ())
    on_dial = (certain.hour - 1) % _NOON_12 + 1
    return (
        certain.half == "24"
        and (on_dial, certain.minute) == (other.hour, other.minute)
        and other.half in halves
    )


def _clock_of(found: re.Match[str], part: str, text: str) -> Clock:
    digits = found["hm"]
    hour = int(found["h"] or found["b"] or digits[:-2])
    minute = int(found["m"] or (digits[-2:] if digits else 0))
    own = {"a": "am", "p": "pm"}.get((found["half"] or "").strip()[:1], "")
    unclear = Clock(hour, minute, "?")
    if hour > 24 or minute > 59 or (hour == 24 and minute) or found["b"] == "0":
        return unclear
    if not own and _HALF_SLIP.match(text, found.end()):
        return unclear  # "5:15om" may be either half
    if not (own or found["h"] or _has_known_neighbors(found, text)):
        return unclear
    if not (own or part) and _may_be_span(found, hour, text):
        return unclear
    written = found["h"] or (digits[:-2] if digits else found["b"] or "")
    if hour > 12 or hour == 0 or (written.startswith("0") and not (own or part)):
        fits = (own or part) in ("", "am" if hour < 12 else "pm") or (part == "night" and hour >= 17)
        return Clock(hour, minute, "24") if fits and (found["h"] or not own) else unclear
    return Clock(hour, minute, _half(hour, own, part))


def _half(hour: int, own: str, part: str) -> str:
    """The half of the day of an hour from 1 to 12; `?` where the words contradict each other."""
    if part == "night":
        late = "pm" if 5 <= hour <= 11 else "am" if own == "am" or hour == 12 else "?"
        return late if own in ("", late) else "?"
    if hour == 12 and part == "am" and not own:
        return "?"
    return own or part if not (own and part) or own == part else "?"


def _may_be_span(found: re.Match[str], hour: int, text: str) -> bool:
    """Whether `3h`, `5h10` or `2:30 hours` may as well be a span; after a word such as "at" it is none."""
    counted = r"\d ?h(?:\b|\d)|:\d\d ?(?:hours|horas?|hrs?|hs)\b"
    if not 1 <= hour <= _NOON_12 or not re.search(counted, found[0]):
        return False
    return not re.search(r"\b(?:at|by|las?|until|til|till|hasta) $", _before(found, text))


def _has_known_neighbors(found: re.Match[str], text: str) -> bool:
    """Whether a bare figure stands among known words: the 3 of "model 3" is no hour."""
    ahead = re.findall(r"[a-z']+|[^a-z' -]+", _before(found, text))
    near = ahead[-1] if ahead and re.match(r"[a-z']", ahead[-1]) else None
    behind = re.match(r"[ -]*([a-z']+)", text[found.end() : found.end() + _NEAR])
    if near in _SHIFTS and len(ahead) > 1 and re.match(r"[a-z']", ahead[-2]) and not is_known(ahead[-2]):
        return False
    if near and found["hm"] and len(near) <= _SHORT_WORD and not is_known(near) and len(ahead) > 1:
        near = ahead[-2]  # "leaving st 330": a slip in a word too short to tell
    if _LEAVING_A_PLACE.search(_before(found, text)):
        return True
    if near in _TIME_AHEAD and not (behind and is_near_meaning(behind[1])):
        return True
    return (near is None or is_known(near)) and (behind is None or is_known(behind[1]))


_LEAVING_A_PLACE: Final = re.compile(
    r"\b(?:leav\w*|out of|off|salgo (?:del?|al?)|me voy del?) (?:the |my |el |la )?[a-z]+ $"
)


def _before(found: re.Match[str], text: str) -> str:
    return text[max(0, found.start() - _NEAR) : found.start()]


def _spelled_quarters(text: str) -> str:
    """`half past 5` and `5 y media` as 5:30; `6 menos cuarto` as 5:45; `5 30 pm` as 5:30 pm."""
    for pattern, minutes in _PAST_WORDS:
        text = pattern.sub(lambda found, shift=minutes: _shifted(found[0], found[1], shift), text)  # type: ignore[misc]
    before = (*_MINUTES_TO, _MINUTES_FOR) if ";" in text else _MINUTES_TO
    for pattern in before:
        text = pattern.sub(lambda found: _shifted(found[0], found[2], -int(found[1])), text)
    text = _Y_MINUTES.sub(
        lambda found: _shifted(found[0], found[1], int(found[3]) * (1 if found[2] == "y" else -1)), text
    )
    return _SPLIT_TIME.sub(r"\1:\2", text)


def minutes_around(text: str) -> str:
    """`10 minutes past 5` as 5:10 and `20 minutes to 5` as 4:40, before either reads as a span."""
    text = _AROUND_TWELVE.sub(_beside_twelve, text)
    text = _MINUTES_PAST.sub(lambda found: _shifted(found[0], found[2], int(found[1])), text)
    return _MINUTES_TO[0].sub(lambda found: _shifted(found[0], found[2], -int(found[1])), text)


def _beside_twelve(found: re.Match[str]) -> str:
    named = found[1].removeprefix("a ")
    minutes = {"h": 30, "q": 15}.get(named[0]) or int(named.split()[0])
    if not 0 < minutes < 60:
        return found[0]
    is_past, at_noon = found[2] in ("past", "after"), found[3] == "noon"
    half = "pm" if is_past == at_noon else "am"
    return f"12:{minutes:02d} {half}" if is_past else f"11:{60 - minutes:02d} {half}"


def _shifted(whole: str, hour_said: str, shift: int) -> str:
    if not 0 <= int(hour_said) <= 24 or abs(shift) >= 60 or abs(shift) < 5:
        return whole
    total = (int(hour_said) * 60 + shift) % (24 * 60)
    hour = total // 60 or (12 if int(hour_said) <= 12 else 0)
    return f"{hour}:{total % 60:02d}"
