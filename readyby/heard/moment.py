"""When a driver leaves, found in plain words and resolved on the site's wall clock. Pure.

A bare hour means its next occurrence; an explicit day holds; who says a time that is past today means
tomorrow, unless the day was said. Arithmetic such as "in 5 hours" is done on instants, so it is right
on the nights when clocks change.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from readyby.heard.clock import Clock, minutes_around, take_clocks
from readyby.heard.day import Day, FoundDay, find_day
from readyby.heard.showing import second_showing
from readyby.wall import instant_of, local_date

LEAST_AHEAD: Final = timedelta(minutes=20)
_SHOWN_AGAIN_AFTER: Final = timedelta(hours=1)

_SPAN: Final = re.compile(
    r"(?:\b|(?<![\w+])\+ ?)(?:(?:in|en|within|dentro de|for|por|after|me quedo|(?:here|staying|stay|"
    r"parked)(?: for)?(?: another)?)\s+)?(?:about |around |like |unas? |unos? |the next |next |otras |"
    r"(?:las )?proximas? )?"
    r"(?:(?<![\d:])(?P<h>\d{1,2}(?:[.,]\d+)?) ?(?:hours?|hrs?|horas?|"
    r"h)(?:(?: and| y|,)? ?(?P<m2>\d{1,2}(?= ?m(?:in\w*)?\b)|\d\d) ?(?:minutes?|minutos?|mins?|m)?(?![\d:]|"
    r" ?(?:mi|km|kw)))?"
    r"|(?P<m>\d+) ?(?:minutes?|minutos?|mins?))\b(?: ?from now)?"
)

_SPAN_WITH_COLON: Final = re.compile(
    r"\b(?:in|within|en|dentro de) (?:about |like |unas? |otras? )?\d{1,2}:\d\d(?! ?(?:[ap]\.? ?m|hours?|"
    r"hrs?|horas?))"
)
"""`in 2:15` is no time of day, and hardly a span."""
_CHARGE_SPAN: Final = re.compile(
    r"\bcharg\w* (?:(?:it|her|my \w+|the \w+) )?(?:for )?(?:about |like )?[\d.]+ ?(?:hours?|hrs?|min\w*)\b"
    r"|\d ?(?:hours?|hrs?|min\w*) (?:of |worth of )?(?:charg\w*|power|juice)\b|\d ?(?:horas?|"
    r"min\w*) de carga\b"
)
"""`charge for 2 hours` tells neither when they leave nor how much."""
_SPAN_FROM_ELSE: Final = re.compile(
    r"\d ?(?:hours?|hrs?|horas?|min\w*) (?:after(?! all)|before|later than|from(?! now)|despues de|"
    r"antes de)\b"
)
"""`an hour after class` counts from what nobody here knows."""
_SPAN_WITHOUT_UNIT: Final = re.compile(
    r"\b(?:in|within|en|dentro de) (?:about |like |unos |unas )?\d{1,2}\b(?! ?(?:h\b|hours?|hrs?|horas?|m\b|"
    r"min|[ap]\.? ?m|[ap]\b|[:/.,]\d|\d|days?|dias?|o'?clock|st\b|nd\b|"
    r"rd\b|th\b))"
)
"""`leaving in 5` may be minutes or hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A departure that was understood; `rolled` says that a time past today was taken for tomorrow."""

    at: datetime
    rolled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why a time must be asked for again.

    `past`, `too_soon`, `two_times`, `which_hour`, `which_half`, `skipped` or `unclear`.
    """

    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTime:
    """What a text says of the departure, None for nothing; and the text without it, `;` in its place."""

    departure: Departure | Doubt | None
    rest: str
    by_span: bool = False


def find_departure(text: str, now: datetime, zone: ZoneInfo, *, shown_again: bool = False) -> FoundTime:
    """The departure that a plain text names, resolved at `now`, and what it leaves of the text.

    `shown_again` where a time that the clock shows twice that night is meant at its second showing.
    """
    now = now.astimezone(UTC)
    if shown_again:
        found = _find(text, now - _SHOWN_AGAIN_AFTER, zone)
        if isinstance(found.departure, Departure):
            again = second_showing(found.departure.at, zone)
            if again:
                return FoundTime(departure=_checked(Departure(at=again), now), rest=found.rest)
    return _find(text, now, zone)


def _find(text: str, now: datetime, zone: ZoneInfo) -> FoundTime:
    if _CHARGE_SPAN.search(text) or _SPAN_WITH_COLON.search(text) or _SPAN_WITHOUT_UNIT.search(text):
        return FoundTime(departure=Doubt(about="unclear"), rest=text)
    text = minutes_around(text)
    if _SPAN_FROM_ELSE.search(text):
        return FoundTime(departure=Doubt(about="unclear"), rest=text)
    span, rest = _take_span(text)
    if span is not None:
        rest = " ".join(rest.split())
        return FoundTime(departure=_checked(Departure(at=now + span), now), rest=rest, by_span=True)
    found = find_day(text, local_date(now, zone))
    clocks, rest = take_clocks(found)
    return FoundTime(departure=_departure(found, clocks, now, zone), rest=rest)


def _departure(
    found: FoundDay, clocks: list[Clock], now: datetime, zone: ZoneInfo
) -> Departure | Doubt | None:
    if found.several or len(clocks) > 1:
        return Doubt(about="two_times")
    if not clocks:
        return Doubt(about="which_hour") if found.day or found.part else None
    resolved = _resolve(clocks[0], found.day, now, zone)
    return resolved if isinstance(resolved, Doubt) else _checked(resolved, now)


def _checked(departure: Departure, now: datetime) -> Departure | Doubt:
    if departure.at <= now:
        return Doubt(about="past")
    return Doubt(about="too_soon") if departure.at < now + LEAST_AHEAD else departure


def _take_span(text: str) -> tuple[timedelta | None, str]:
    found = _SPAN.search(text)
    if not found or _is_clock_with_h(found, text):
        return None, text
    hours = float((found["h"] or "0").replace(",", "."))
    minutes = float(found["m2"] or found["m"] or 0)
    return timedelta(hours=hours, minutes=minutes), f"{text[: found.start()]} ; {text[found.end() :]}"


def _is_clock_with_h(found: re.Match[str], text: str) -> bool:
    """Whether `17h30` or `a las 17 horas` is meant, a time of day rather than a span."""
    if not found["h"] or re.search(r"[.,]\d(?!\d)", found["h"]):
        return False
    before = text[: found.start("h")].rstrip()
    if before.endswith("+") or found[0].endswith("from now"):
        return False
    if re.search(
        r"\b(?:in|en|within|dentro de|for|por|after|another|staying|stay|quedo|about|unas?)$", before
    ):
        return False
    if re.search(r"\b(?:at|by|las?|until|til|till|hasta)$", before):
        return True
    return bool(re.search(r"\d ?h(?: ?\d\d)?$", found[0].rstrip()))


def _resolve(clock: Clock, day: Day | None, now: datetime, zone: ZoneInfo) -> Departure | Doubt:
    if clock.half == "?":
        return Doubt(about="unclear")
    today = local_date(now, zone)
    if day is None or (day.day == today and day.said != "tonight"):
        return _next(clock, today, now, zone, rolls=day is None)
    if day.said == "past":
        return Doubt(about="past")
    if day.said == "tonight":
        on, said = _tonight(day.day, clock)
        if said.half == "?":
            return Doubt(about="which_half")
        return _told(_instant(on, said, zone), said, zone)
    return _on_day(clock, day.day, zone)


def _next(clock: Clock, today: date, now: datetime, zone: ZoneInfo, *, rolls: bool) -> Departure | Doubt:
    """The next time that the clock shows it: today, or where no day was said tomorrow."""
    ahead = [moment for moment in _moments(today, clock, zone) if moment[0] > now]
    if ahead:
        return _told(*ahead[0], zone)
    if not rolls:
        return Doubt(about="past")
    tomorrow = today + timedelta(days=1)
    return _told(*_moments(tomorrow, clock, zone)[0], zone, rolled=bool(clock.half))


def _on_day(clock: Clock, day: date, zone: ZoneInfo) -> Departure | Doubt:
    """On another day: midnight belongs to no day for sure."""
    said = _by_day(clock)
    if said is None:
        return Doubt(about="which_half")
    if clock.hour == 24 or (clock.hour == 12 and clock.half == "am"):
        return Doubt(about="unclear")
    return _told(_instant(day, said, zone), said, zone)


def _told(at: datetime, clock: Clock, zone: ZoneInfo, *, rolled: bool = False) -> Departure | Doubt:
    """The departure, unless the site's clock skips that time on that night."""
    shown = at.astimezone(zone)
    return (
        Departure(at=at, rolled=rolled)
        if (shown.hour, shown.minute) == (_hour24(clock) % 24, clock.minute)
        else Doubt(about="skipped")
    )


def _moments(on: date, clock: Clock, zone: ZoneInfo) -> list[tuple[datetime, Clock]]:
    """Both readings of a bare hour on a date, else the one that was said, the earlier first."""
    halves = [clock] if clock.half else [Clock(clock.hour, clock.minute, half) for half in ("am", "pm")]
    return sorted(((_instant(on, said, zone), said) for said in halves), key=lambda moment: moment[0])


def _by_day(clock: Clock) -> Clock | None:
    """On another day, a bare hour from 7 to 11 is in the morning, 12 to 4 after noon; 5 and 6 are either."""
    if clock.half:
        return clock
    if clock.hour in (5, 6):
        return None
    return Clock(clock.hour, clock.minute, "am" if 7 <= clock.hour <= 11 else "pm")


def _tonight(today: date, clock: Clock) -> tuple[date, Clock]:
    """Tonight's small hours belong to the next date."""
    if clock.half in ("24", "am") and clock.hour != 24 and clock.hour >= 5 and clock.hour != 12:
        return today, clock
    if clock.hour == 12 and clock.half != "24":
        return today, Clock(24, clock.minute, "24")
    if clock.hour in (3, 4) and not clock.half:
        return today, Clock(clock.hour, clock.minute, "?")
    if clock.hour < 5:
        return today + timedelta(days=1), Clock(clock.hour, clock.minute, "am")
    return today, clock if clock.half == "24" else Clock(clock.hour, clock.minute, "pm")


def _hour24(clock: Clock) -> int:
    if clock.half in ("am", "pm"):
        return clock.hour % 12 + (12 if clock.half == "pm" else 0)
    return clock.hour


def _instant(day: date, clock: Clock, zone: ZoneInfo) -> datetime:
    hour = _hour24(clock)
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    return instant_of(day, time(hour, clock.minute), zone)
