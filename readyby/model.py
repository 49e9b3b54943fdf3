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
NOTHING_KW = 0.1
"""Below this a car draws nothing that fills a battery: it is full, or waits by itself."""


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
    `min_kw` the least it can deliver other than nothing (6 A by IEC 61851). It hangs on a `circuit`, or,
    where that is empty, on the site itself; `connection` names the lines that it draws from.
    `steps_kw` are the powers that it can be told beside nothing, ascending, where it takes no other. A plan
    pauses its car `max_pauses` times at most, and lets it run and rest for `min_on_min` and `min_off_min` at
    least.
    """

    evse_id: EvseId
    max_kw: float
    min_kw: float
    standing_cap_kw: float
    voltage_v: float
    phases: int = 1
    controlled: bool = True
    circuit: str = ""
    connection: str = ""
    steps_kw: tuple[float, ...] = ()
    max_pauses: int | None = None
    min_on_min: float = 0.0
    min_off_min: float = 0.0


CONNECTIONS = ("AB", "BC", "CA", "A", "B", "C", "ABC")
"""Between two lines, from a line to neutral, or on three phases, which is what nothing said means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A node of the site's tree, limited in kW, or in amperes of each line of a three-phase circuit.

    `parent` is another circuit, or empty for the site; `reserved_kw` is other load that hangs on it, balanced
    over its lines, and counts on every circuit above it too.
    """

    name: str
    parent: str = ""
    limit_kw: float | None = None
    limit_a: float | None = None
    reserved_kw: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """EVSEs behind one grid connection that share its limit.

    What runs now changes by more than `deadband_kw` or not at all; `change_usd_per_kwh` is what a kWh that is
    planned otherwise than before must save, at least. `circuits` are the tree between the grid connection and
    the EVSEs, `voltage_v` is line to line. The planned load rises by `ramp_kw` at most from one slot to the
    next. `building_kw` and `solar_kw` are constants, or names of profiles; a kg of CO2 counts
    `co2_usd_per_kg`, a kWh of solar power that nobody uses is worth `export_usd_per_kwh`.
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
    circuits: tuple[Circuit, ...] = ()
    voltage_v: float = 208.0
    ramp_kw: float | None = None
    building_kw: float | str = 0.0
    solar_kw: float | str = 0.0
    export_usd_per_kwh: float = 0.0
    co2_usd_per_kg: float = 0.0

    @property
    def other_kw(self) -> float:
        """Steady load on its circuits beside the EVSEs."""
        return sum(circuit.reserved_kw for circuit in self.circuits)

    @property
    def limit_safety(self) -> str:
        """`claimed` where the standing caps fit what the site's own limit leaves, else `not_claimed` (I-1).

        A building's profile is not looked at.
        """
        building_kw = self.building_kw if isinstance(self.building_kw, float) else 0.0
        caps_kw = sum(evse.standing_cap_kw for evse in self.evses)
        fits = caps_kw + self.other_kw <= self.limit_kw - building_kw
        return "claimed" if fits else "not_claimed"


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """From `start_at` on, at most `limit_kw`, until the next step or the schedule's end."""

    start_at: datetime
    limit_kw: float
