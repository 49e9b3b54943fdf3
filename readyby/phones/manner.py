"""How a driver takes to text messages: seeded, the same for a session in every run."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from readyby.energy import miles_of_kwh
from readyby.phones.people import Stay
from readyby.requests import MOST_KWH, MOST_MI

NEVER_SHARE: Final = 0.08
SMS_SHARE: Final = 0.15
CHANGE_SHARE: Final = 0.05
KWH_SHARE: Final = 0.3
SOONEST_S, LATEST_S = 30.0, 480.0
AT_LEAST: Final = timedelta(minutes=25)
"""Nobody who is about to leave fills in a form."""

_TEXTS: Final = {
    "en": (
        "leaving {time} need {amount}",
        "{time} {amount}",
        "I'll leave at {time}, {amount} please",
        "{amount} by {time}",
    ),
    "es": ("salgo a las {time}, necesito {amount}", "{time} {amount}", "{amount} para las {time}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """`channel` is `page`, `sms` or `never`; `changes_after` the time until a second thought, if any."""

    channel: str
    delay: timedelta
    in_kwh: bool
    changes_after: timedelta | None
    departure_shift: timedelta
    need_factor: float
    wording: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a driver asks for, in the unit that they think in."""

    departure_at: datetime
    amount: float
    unit: str


def manner_of(session_id: str, seed: int) -> Manner:
    """The manner of a session's driver."""
    chance = random.Random(f"{seed}/phone/{session_id}")
    kind = chance.random()
    delay_s = chance.uniform(SOONEST_S, LATEST_S)
    in_kwh = chance.random() < KWH_SHARE
    changes = chance.random() < CHANGE_SHARE
    after = timedelta(minutes=chance.uniform(20, 90))
    return Manner(
        channel="never" if kind < NEVER_SHARE else "sms" if kind < NEVER_SHARE + SMS_SHARE else "page",
        delay=timedelta(seconds=delay_s),
        in_kwh=in_kwh,
        changes_after=after if changes else None,
        departure_shift=timedelta(minutes=chance.choice((-45, -30, 30, 60))),
        need_factor=chance.choice((0.7, 0.85, 1.25)),
        wording=chance.randrange(12),
    )


def first_ask(stay: Stay, manner: Manner, now: datetime) -> Ask | None:
    """The real request; None from somebody who is about to leave anyway."""
    for departure_at in (stay.departure_at, stay.leaves_at):
        if departure_at >= now + AT_LEAST:
            return _ask(stay, manner, departure_at, stay.need_kwh)
    return None


def second_ask(stay: Stay, manner: Manner, now: datetime) -> Ask | None:
    """The second thought: another time and another need."""
    first = first_ask(stay, manner, now)
    if first is None or stay.leaves_at < now + AT_LEAST:
        return None
    departure_at = max(first.departure_at + manner.departure_shift, now + AT_LEAST)
    return _ask(stay, manner, departure_at, stay.need_kwh * manner.need_factor)


def _ask(stay: Stay, manner: Manner, departure_at: datetime, need_kwh: float) -> Ask:
    departure_at = departure_at.replace(second=0, microsecond=0)
    if manner.in_kwh:
        return Ask(departure_at=departure_at, amount=round(min(need_kwh, MOST_KWH), 1), unit="kwh")
    distance_mi = max(1.0, round(min(miles_of_kwh(need_kwh, stay.wh_per_mi), MOST_MI)))
    return Ask(departure_at=departure_at, amount=distance_mi, unit="mi")


def as_text(ask: Ask, manner: Manner, language: str, zone: ZoneInfo, now: datetime) -> str:
    """The request as people write it; the day is named where it is not today."""
    local = ask.departure_at.astimezone(zone)
    time = f"{local.hour % 12 or 12}:{local.minute:02d}{'pm' if local.hour >= 12 else 'am'}"
    if local.date() != now.astimezone(zone).date():
        time = f"tomorrow {time}" if language == "en" else f"{time} mañana"
    unit = ask.unit if ask.unit == "kwh" else ("mi" if language == "en" else "millas")
    wordings = _TEXTS[language]
    return wordings[manner.wording % len(wordings)].format(time=time, amount=f"{ask.amount:g} {unit}")
