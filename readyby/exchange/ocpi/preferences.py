"""A driver's charging preferences as OCPI carries them, and what they mean here (pure).

FAST is charge now. CHEAP is a need: a departure and an energy, counted from plug-in. REGULAR is a need where
both are given, else as usual. GREEN is not supported: plans do not look at where energy comes from. There is
no discharging, so that it is allowed changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from readyby.errors import BadInput
from readyby.exchange.ocpi.objects import fields_of, number, text
from readyby.exchange.ocpi.wire import BadMessage, instant
from readyby.model import RequestKind
from readyby.requests import ValidRequest, validate

PROFILE_TYPES: Final = frozenset({"CHEAP", "FAST", "REGULAR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingPreferences:
    """What a driver wants of a session, as told."""

    profile_type: str
    departure_at: datetime | None
    energy_need_kwh: float | None


class PreferencesAnswer(StrEnum):
    """OCPI's answers."""

    ACCEPTED = "ACCEPTED"
    DEPARTURE_REQUIRED = "DEPARTURE_REQUIRED"
    ENERGY_NEED_REQUIRED = "ENERGY_NEED_REQUIRED"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    PROFILE_TYPE_NOT_SUPPORTED = "PROFILE_TYPE_NOT_SUPPORTED"


def parse_preferences(value: object) -> ChargingPreferences:
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
        profile_type=text(fields, "profile_type"),
        departure_at=None if departure is None else instant(departure, "departure_time"),
        energy_need_kwh=None if energy is None else number(fields, "energy_need"),
    )


def request_of(wish: ChargingPreferences, now: datetime) -> ValidRequest | PreferencesAnswer:
    """The request that they are, or the answer that says what is missing or impossible."""
    departure_at, energy_need_kwh = wish.departure_at, wish.energy_need_kwh
    if wish.profile_type not in PROFILE_TYPES:
        return PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED
    if departure_at is not None and departure_at <= now:
        return PreferencesAnswer.NOT_POSSIBLE
    if energy_need_kwh is not None and energy_need_kwh <= 0:
        return PreferencesAnswer.NOT_POSSIBLE
    if wish.profile_type == "FAST":
        return ValidRequest(kind=RequestKind.CHARGE_NOW)
    if departure_at is None or energy_need_kwh is None:
        if wish.profile_type == "REGULAR":
            return ValidRequest(kind=RequestKind.RELEASE)
        missing = PreferencesAnswer.DEPARTURE_REQUIRED
        return missing if departure_at is None else PreferencesAnswer.ENERGY_NEED_REQUIRED
    try:
        return validate(
            RequestKind.NEED,
            now=now,
            wh_per_mi=1.0,
            departure_at=departure_at,
            energy_need_kwh=energy_need_kwh,
        )
    except BadInput:
        return PreferencesAnswer.NOT_POSSIBLE
