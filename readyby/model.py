"""The nouns of shared charging: frozen values that cross every seam of the product."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

SiteId = NewType("SiteId", str)
EvseId = NewType("EvseId", str)
SessionId = NewType("SessionId", str)
ParticipantKey = NewType("ParticipantKey", str)
"""Random and meaningless: the only name of a person outside the table of people."""
SessionRef = NewType("SessionRef", str)
"""The session's public name in URLs: random, opens nothing by itself."""
RequestId = NewType("RequestId", str)
PlanVersion = NewType("PlanVersion", int)

KM_PER_MI = 1.609344


class SessionStatus(StrEnum):
    """A session as OCPI names its states, of those that matter here."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"


class Channel(StrEnum):
    """How a driver's word reached us."""

    PAGE = "page"
    APP = "app"
    SMS = "sms"
    NETWORK = "network"


class RequestKind(StrEnum):
    """What a driver asks for."""

    NEED = "need"
    CHARGE_NOW = "charge_now"
    RELEASE = "release"


class CommandState(StrEnum):
    """The life of a command to an EVSE (I-21): only `verified` proves the setpoint."""

    PLANNED = "planned"
    SENT = "sent"
    ACCEPTED = "accepted"
    VERIFIED = "verified"
    NOT_FOLLOWED = "not_followed"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        return self not in _UNDER_WAY


_UNDER_WAY = frozenset({CommandState.PLANNED, CommandState.SENT, CommandState.ACCEPTED, CommandState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evse:
    """One outlet that serves one car at a time.

    `standing_cap_kw` is what it may draw when nothing is in force, held by hardware or vendor;
    `min_kw` the least it can deliver other than nothing (6 A by IEC 61851).
    """

    evse_id: EvseId
    max_kw: float
    min_kw: float
    standing_cap_kw: float
    voltage_v: float
    phases: int = 1
    controlled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """EVSEs behind one grid connection that share its limit.

    What runs now changes by more than `deadband_kw` or not at all; `change_usd_per_kwh` is what a kWh that is
    planned otherwise than before must save, at least.
    """

    site_id: SiteId
    name: str
    time_zone: str
    limit_kw: float
    tariff_id: str
    evses: tuple[Evse, ...]
    early_leave_floor: float = 0.5
    deadband_kw: float = 0.25
    change_usd_per_kwh: float = 0.002

    @property
    def limit_safety(self) -> str:
        """`claimed` where the standing caps fit the limit, else `not_claimed` (I-1)."""
        fits = sum(evse.standing_cap_kw for evse in self.evses) <= self.limit_kw
        return "claimed" if fits else "not_claimed"


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """From `start_at` on, at most `limit_kw`, until the next step or the schedule's end."""

    start_at: datetime
    limit_kw: float
