"""What ended sessions came to."""

from dataclasses import dataclass
from datetime import datetime

from readyby.model import SessionId, SiteId
from readyby.store.api.base import Command, Query
from readyby.store.api.sessions import AcceptedRequest, SessionView


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a session came to. `promise`: `kept`, `short`, `left_early`, `none` (no request).

    The uncontrolled twin charged at once from arrival, under the same caps.
    """

    session_id: SessionId
    energy_kwh: float
    cost_usd: float
    uncontrolled_cost_usd: float
    uncontrolled_energy_kwh: float
    promise: str
    shortfall_kwh: float
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterPoint:
    at: datetime
    power_kw: float
    energy_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """An ended session and all that its settlement needs; `requests` oldest first."""

    session: SessionView
    meter: tuple[MeterPoint, ...]
    requests: tuple[AcceptedRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsettledSessions(Query[tuple[Unsettled, ...]]):
    site_id: SiteId
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleSession(Command[None]):
    """Keep the settlement, close the session's links."""

    settlement: Settlement
