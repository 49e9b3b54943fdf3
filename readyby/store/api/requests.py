"""Drivers' links, requests and status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from readyby.model import Channel, PlanVersion, RequestId, RequestKind, SessionId, SessionRef, Site, SiteId
from readyby.store.api.base import Command, Query
from readyby.store.api.sessions import AcceptedRequest, PlannedSession, SessionView
from readyby.store.api.settlement import MeterPoint, Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTarget:
    """Where a link leads, with what it takes to understand a wish there.

    `open` is False once the session has ended and its grace is over; `wh_per_mi` is the vehicle's.
    """

    session_ref: SessionRef
    language: str
    open: bool
    time_zone: str
    wh_per_mi: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLink(Query[LinkTarget]):
    """The session that a key (given as its sha256, hex) opens. Raises NotFound for any other key (I-28)."""

    key_hash: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswer:
    """`outcome`: `new` starts a plan; `unchanged` is only recorded; `repeated` is a known id (I-12)."""

    request_id: RequestId
    outcome: str
    sequence: int
    session_id: SessionId
    site_id: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRequest(Command[RequestAnswer]):
    """A driver's word, already validated; durable before it is answered (I-11).

    Raises:
        NotFound: no such session.
        Conflict: the session has ended, or the id is known with other content.
    """

    session_ref: SessionRef
    request_id: RequestId
    kind: RequestKind
    channel: Channel
    received_at: datetime
    received_machine_ms: int
    departure_at: datetime | None = None
    energy_need_kwh: float | None = None
    distance_mi: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverStatus:
    """All that a driver's page shows, and nothing personal.

    `metered` is the last reading of each quarter of an hour, while a need is in force; else empty.
    `meter_every` is how often the station tells.
    """

    session: SessionView
    site: Site
    language: str
    wh_per_mi: float
    planned: PlannedSession | None
    plan_version: PlanVersion | None
    plan_made_at: datetime | None
    plan_dispatched: bool
    control_paused: bool
    feed_as_of: datetime | None
    last_request: AcceptedRequest | None
    settled: Settlement | None
    metered: tuple[MeterPoint, ...] = ()
    meter_every: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStatus(Query[DriverStatus]):
    """Raises NotFound."""

    session_ref: SessionRef
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfWish:
    """Half of a wish: when a driver leaves, or `amount` in `unit` as it was said; `full` has the amount 0."""

    departure_at: datetime | None = None
    amount: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepHalf(Command[None]):
    """Remember half a wish of an active session, instead of an earlier half; any request forgets it.

    Raises:
        NotFound: no such session.
    """

    session_ref: SessionRef
    half: HalfWish
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHalf(Query[HalfWish | None]):
    """The half wish of an active session that was heard at `since` or later; None without one."""

    session_ref: SessionRef
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAnswer:
    """What a driver asked for the last time, in an earlier session."""

    departure_at: datetime
    energy_need_kwh: float
    distance_mi: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAnswers:
    """`before` is what the newest request of this session replaced; `last_time` comes from another one."""

    before: AcceptedRequest | None
    last_time: PastAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPastAnswers(Query[PastAnswers]):
    """What a driver said before: to be offered again, or to be gone back to."""

    session_ref: SessionRef
