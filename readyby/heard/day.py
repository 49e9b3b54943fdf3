"""Which day a driver speaks of, and which part of it, found in plain words. Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_WEEKDAYS: Final = (
    r"mon(?:day)?|lunes|lun",
    r"tue(?:s(?:day)?)?|martes|mar(?=\.? (?:a las? )?(?:\d{3,4}|\d{1,2} ?(?:[:.]\d|[ap]\.?m|[ap]\b)))",
    r"wed(?:s|nesday)?|wensday|miercoles|mie",
    r"thu(?:r(?:s(?:day)?)?)?|jueves|jue", r"fri(?:day)?|viernes|vie(?:rn?)?", r"sat(?:urday)?|sabado|sab",
    r"sun(?:day)?|domingo|dom",
)  # fmt: skip
_MONTHS: Final = (
    "jan(?:uary)?|enero|ene", "feb(?:ruary)?|febrero", "mar(?:ch|zo)?", "apr(?:il)?|abril|abr",
    "may(?:o)?", "june?|junio", "july?|julio", "aug(?:ust)?|agosto|ago",
    "sep(?:t(?:ember)?|tiembre)?", "oct(?:ober|ubre)?",
    "nov(?:ember|iembre)?", "dec(?:ember)?|dic(?:iembre)?",
)  # fmt: skip
_DAY_AFTER: Final = re.compile(r"\b(?:the )?day after (?:tomorrow|tmrw)\b|\bpasado (?:manana|mnn)\b")
_TOMORROW: Final = re.compile(
    r"\btom(?= (?:at |@ ?)?\d| (?:morning|afternoon|evening|night|noon)\b)|\b(?:tom+or+ow|tomorrow|tmr+w?|"
    r"tmw|tmrow|tomoro|2mor+ow|2moro|2mrw|tmro|tomo|tomorow|tomm|tomoz|tomz|"
    r"2moz|tmoro|mnn|mna|mnna|manna)(?:'?s)?\b"
    r"|\bt[aeou]*m+[aeou]*r+[aeou]*w+[aeious]*\b"
    r"|(?<!\bla )(?<!\besta )\bmanana\b(?! de hoy)"
)
_TODAY: Final = re.compile(
    r"\b(?:today|2day|hoy|(?<=this )(?:morning|afternoon|evening)|(?<=esta )(?:manana|tarde))\b"
)
_TONIGHT: Final = re.compile(r"\b(?:tonight|tonite|2nite|2night|this night|esta noche)\b")
_PARTS: Final = (
    (
        re.compile(
            r"\b(?:(?:in the |this |early )?mornings?|in the am|(?:(?:de|por|en) la|esta) manana|"
            r"(?<=; )temprano)\b"
        ),
        "am",
    ),
    (re.compile(r"\b(?:de|por|en) (?:la )?madrugada\b"), "am"),
    (re.compile(r"\b(?:in the |this )?(?:afternoon|evening)\b|\bin the pm\b"), "pm"),
    (re.compile(r"\b(?:(?:(?:de|por|en) la|esta) tarde|del dia)\b"), "pm"),
    (re.compile(r"\b(?:at night|(?:de|por|en) la noche|(?:in the )?night|noche)\b"), "night"),
)  # fmt: skip
_ON: Final = r"\b(?:on |el |este |this )?(?:the )?"
_DATE_WORDS: Final = (
    re.compile(
        rf"{_ON}(?P<m>{'|'.join(_MONTHS)})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d)(?! ?[ap]\.?m)"
        r"(?:,? 20[2-4]\d\b)?"
    ),
    re.compile(rf"{_ON}(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?:of |de )?(?P<m>{'|'.join(_MONTHS)})\b"),
    re.compile(
        r"\b(?:on )?(?:the )?(?P<d>\d{1,2})(?:st|nd|rd|th)\b(?! (?:floor|street|st|ave\w*|level|spot|stall|"
        r"space|row|car|time|hour))"
    ),
    re.compile(
        r"\bel (?:dia )?(?P<d>\d{1,2})(?= (?:como |antes de |a eso de )?(?:(?:a )?las?|al? mediodia|por la|"
        r"en la|\d{1,2}(?::\d\d)? ?[ap]\.? ?m))"
    ),
)
_DATE_FIGURES: Final = re.compile(r"(?<![\d/.:])(?:on |el )?(\d{1,2})/(\d{1,2})(?:/(?:20)?\d\d)?(?![\d/])")
_IN_DAYS: Final = re.compile(
    r"\b(?:in|en|dentro de) (\d{1,2}) (?:days?|dias?)\b|\b(\d{1,2}) (?:days?|dias?) from (?:now|today)\b"
)
_IN_A_WEEK: Final = re.compile(
    r"\b(?:in )?(?:a|1|one) week from (?:now|today)\b|\bin a week\b|\ben (?:una|1) semana\b"
)
_DAYS_AHEAD: Final = 7
_NAMED_AHEAD: Final = 60


@dataclass(frozen=True, slots=True)
class Day:
    """A day as said: `day`, `tonight`, `today` or `weekday`."""

    day: date
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDay:
    """The day, None where none was said; the text without it; `several` where days compete."""

    day: Day | None
    part: str
    rest: str
    several: bool = False


def find_day(text: str, today: date) -> FoundDay:
    """The day and the part of the day (`am`, `pm`, `night` or empty) that a plain text speaks of."""
    days, text = _days(text, today)
    part, text = _part(text)
    is_today = any(day.said == "today" for day in days)
    distinct = {day.day for day in days}
    if part == "conflict" or len(distinct) > 1:
        return FoundDay(day=None, part="", rest=text, several=True)
    said = next((day for day in days if day.said == "tonight"), days[0] if days else None)
    if said and is_today and said.said == "weekday":
        said = Day(said.day, "today")
    return FoundDay(day=said, part=part, rest=text)


def _days(text: str, today: date) -> tuple[list[Day], str]:
    found: list[Day] = []
    for pattern, ahead, said in ((_DAY_AFTER, 2, "day"), (_TONIGHT, 0, "tonight")):
        if pattern.search(text):
            found.append(Day(today + timedelta(days=ahead), said))
            text = pattern.sub(" ; ", text)
    counted = _IN_DAYS.search(text)
    if counted or _IN_A_WEEK.search(text):
        found.append(Day(today + timedelta(days=int(counted[1] or counted[2]) if counted else 7), "day"))
        text = _IN_A_WEEK.sub(" ; ", _IN_DAYS.sub(" ; ", text))
    if _TODAY.search(text):
        found.append(Day(today, "today"))
        text = re.sub(r"\b(?:today|2day|hoy)\b", " ; ", text)
    if _TOMORROW.search(text):
        found.append(Day(today + timedelta(days=1), "day"))
        text = _TOMORROW.sub(" ; ", text)
    weekdays: list[Day] = []
    for weekday, names in enumerate(_WEEKDAYS):
        on = today + timedelta(days=(weekday - today.weekday()) % 7)
        dated = (
            rf"(?:,? (?:the )?{on.day}(?! (?:de |of )?(?:{'|'.join(_MONTHS)})\b)(?:(?:st|nd|rd|th)\b|"
            r"\b(?= .*\d)(?! ?(?:[ap]\.?m|mi|km|kw)|[:.]\d)))?"
        )
        # "next" and a day before today's weekday can only be the coming one
        coming = "next |(?:el )?proximo |" if weekday < today.weekday() else ""
        pattern = re.compile(
            rf"\b(?:on )?(?:{coming}on |el |este |this )?(?:{names})\b\.?{dated}(?! ?\d{{1,2}}(?:st|nd|rd|"
            rf"th)){'(?: que viene)?' if coming else ''}"
        )
        if pattern.search(text):
            weekdays.append(Day(on, "weekday"))
            text = pattern.sub(" ; ", text)
    dates, text = _dates(text, today)
    of_dates = {one.day.weekday() for one in dates}
    return found + [one for one in weekdays if one.day.weekday() not in of_dates] + dates, text


def _dates(text: str, today: date) -> tuple[list[Day], str]:
    """Dates by name or in figures, if they lie within the coming days or just passed; others stay."""
    found: list[Day] = []

    def taken(days: list[date], whole: str) -> str:
        if len(days) != 1:
            return whole
        found.append(Day(days[0], "weekday" if days[0] >= today else "past"))
        return " ; "

    for pattern in _DATE_WORDS:
        text = pattern.sub(lambda m: taken(_named(today, _month(m), int(m["d"])), m[0]), text)
    text = _DATE_FIGURES.sub(lambda m: taken(_by_figures(today, int(m[1]), int(m[2])), m[0]), text)
    return found, text


def _by_figures(today: date, first: int, second: int) -> list[date]:
    """`8/9` is the one of both readings that lies near, else the ninth of August."""
    near = {*_near(today, first, second, _DAYS_AHEAD), *_near(today, second, first, _DAYS_AHEAD)}
    return sorted(near) or _near(today, first, second, _NAMED_AHEAD)


def _month(found: re.Match[str]) -> int | None:
    name = found.groupdict().get("m")
    return next((n for n, names in enumerate(_MONTHS, start=1) if name and re.fullmatch(names, name)), None)


def _named(today: date, month: int | None, day: int) -> list[date]:
    return _near(today, month, day, _NAMED_AHEAD if month else _DAYS_AHEAD)


def _near(today: date, month: int | None, day: int, ahead: int) -> list[date]:
    """The dates of this day (and month) from a week ago to so many days ahead."""
    around = (today + timedelta(days=days) for days in range(-_DAYS_AHEAD, ahead + 1))
    return [one for one in around if one.day == day and month in (None, one.month)]


def _part(text: str) -> tuple[str, str]:
    parts: set[str] = set()
    for pattern, part in _PARTS:
        if pattern.search(text):
            parts.add(part)
            text = pattern.sub(" ; ", text)
    if len(parts) > 1:
        return ("night" if parts == {"pm", "night"} else "conflict"), text
    return (parts.pop() if parts else ""), text
