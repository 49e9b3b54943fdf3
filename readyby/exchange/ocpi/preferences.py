"""A driver's charging preferences as OCPI carries them: an eMSP's app may speak for its driver (pure).

What to do with them is the caller's; without one the module is not offered, since OCPI's ACCEPTED promises
that somebody will try.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from readyby.exchange.ocpi.objects import fields_of, number, text
from readyby.exchange.ocpi.wire import BadMessage, instant

PROFILE_TYPES: Final = frozenset({"CHEAP", "FAST", "GREEN", "REGULAR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingPreferences:
    """What a driver wants of a session; CHEAP and GREEN need a departure and an energy."""

    session_id: str
    profile_type: str
    departure_at: datetime | None
    energy_need_kwh: float | None
    discharge_allowed: bool


class PreferencesAnswer(StrEnum):
    """OCPI's answers."""

    ACCEPTED = "ACCEPTED"
    DEPARTURE_REQUIRED = "DEPARTURE_REQUIRED"
    ENERGY_NEED_REQUIRED = "ENERGY_NEED_REQUIRED"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    PROFILE_TYPE_NOT_SUPPORTED = "PROFILE_TYPE_NOT_SUPPORTED"


TakePreferences = Callable[[ChargingPreferences], PreferencesAnswer]
"""Takes preferences that are complete; called in a thread. ACCEPTED only when they are stored durably."""


def parse_preferences(value: object, session_id: str) -> ChargingPreferences:
    """A ChargingPreferences object.

    Raises:
        BadMessage: it cannot be read.
    """
    fields = fields_of(value, "charging_preferences")
    departure, energy = fields.get("departure_time"), fields.get("energy_need")
    discharge = fields.get("discharge_allowed")
    if discharge is not None and not isinstance(discharge, bool):
        raise BadMessage("discharge_allowed: neither true nor false")
    return ChargingPreferences(
        session_id=session_id,
        profile_type=text(fields, "profile_type"),
        departure_at=None if departure is None else instant(departure, "departure_time"),
        energy_need_kwh=None if energy is None else number(fields, "energy_need"),
        discharge_allowed=bool(discharge),
    )


def answer_to(wish: ChargingPreferences, now: datetime, take: TakePreferences) -> PreferencesAnswer:
    """What is missing or impossible, before anybody is asked; else the taker's word."""
    if wish.profile_type not in PROFILE_TYPES:
        return PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED
    if wish.departure_at is not None and wish.departure_at <= now:
        return PreferencesAnswer.NOT_POSSIBLE
    if wish.energy_need_kwh is not None and wish.energy_need_kwh <= 0:
        return PreferencesAnswer.NOT_POSSIBLE
    if wish.profile_type in {"CHEAP", "GREEN"}:
        if wish.departure_at is None:
            return PreferencesAnswer.DEPARTURE_REQUIRED
        if wish.energy_need_kwh is None:
            return PreferencesAnswer.ENERGY_NEED_REQUIRED
    return take(wish)
