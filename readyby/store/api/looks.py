"""What people look at: counts, timings, the journal, a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from readyby.model import PlanVersion, RequestId, SiteId
from readyby.store.api.base import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Figures for the screen and for reports."""

    sessions_seen: int
    sessions_active: int
    eligible_sessions: int
    participants: int
    welcome_sms: int
    requests: int
    plans: int
    commands: Mapping[str, int]
    meter_values: int
    quarantined: int
    runs_in_run: int
    runs_bare: int
    runs_unrecorded: int
    settled: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCounts(Query[Counts]):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTiming:
    """Machine instants of one new request; None for what has not happened."""

    request_id: RequestId
    stored_machine_ms: int
    plan_version: PlanVersion | None
    first_wave_accepted_machine_ms: int | None
    complete_machine_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTimings(Query[tuple[RequestTiming, ...]]):
    """All requests whose outcome was `new`, in the store's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One thing that happened, in words without personal data."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJournal(Query[tuple[JournalLine, ...]]):
    """The newest events, newest first: sessions, welcomes, requests, plans, disobedience, settlements."""

    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """What the sessions that ended in an interval came to; `peak_kw` is its highest 15-minute mean."""

    sessions: int
    energy_kwh: float
    cost_usd: float
    uncontrolled_cost_usd: float
    uncontrolled_energy_kwh: float
    kept: int
    short: int
    left_early: int
    shortfall_kwh: float
    peak_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDay(Query[DayFigures]):
    """Settled figures of a site over [start, end)."""

    site_id: SiteId
    start: datetime
    end: datetime
