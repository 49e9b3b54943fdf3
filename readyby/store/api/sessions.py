"""A session, its request and its part of a plan, as others see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from readyby.model import (
    Channel,
    EvseId,
    PlanVersion,
    RequestId,
    RequestKind,
    SessionId,
    SessionRef,
    SiteId,
    Step,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRequest:
    """The newest request in force, by the store's order."""

    request_id: RequestId
    sequence: int
    kind: RequestKind
    channel: Channel
    received_at: datetime
    departure_at: datetime | None
    energy_need_kwh: float | None
    distance_mi: float | None
    plan_version: PlanVersion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """What is known of one session now. `learned_max_kw` is the most the car drew while it could more.

    `free_since`: since this reading it has taken about the same, and less than all that its EVSE may have
    been allowed; None if its last reading may have been all that was allowed.
    """

    session_id: SessionId
    session_ref: SessionRef | None
    site_id: SiteId
    evse_id: EvseId
    active: bool
    started_at: datetime
    ended_at: datetime | None
    delivered_kwh: float
    power_kw: float | None
    measured_at: datetime | None
    eligible: bool
    request: AcceptedRequest | None
    setpoint_kw: float | None
    following: bool
    learned_max_kw: float | None = None
    free_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSession:
    """One session's part of a plan version. `steps` cover the whole stay; the last is the standing cap."""

    session_id: SessionId
    evse_id: EvseId
    controlled: bool
    steps: tuple[Step, ...]
    expires_at: datetime
    energy_need_kwh: float | None = None
    shortfall_kwh: float = 0.0
    ready_at: datetime | None = None
    departure_at: datetime | None = None
    explanation: Mapping[str, str] = field(default_factory=dict)
