"""Events, claims, situations and plan versions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from readyby.model import EvseId, PlanVersion, RequestId, Site, SiteId
from readyby.store.api.base import Command, Query
from readyby.store.api.sessions import PlannedSession, SessionView


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEvent(Command[int]):
    """Something that calls for a new plan of the site; returns its number."""

    site_id: SiteId
    kind: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The open requests and events that one planning run answers for; none of either means nothing to do."""

    claim_id: str
    request_ids: tuple[RequestId, ...]
    events: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.request_ids or self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWork(Command[Claim]):
    """Take all open requests and events of a site in one statement, under a claim with owner and time.

    Where there are requests, events of the kinds `leave_beside_requests` stay open for the next claim.
    """

    site_id: SiteId
    claim_id: str
    owner: str
    now: datetime
    leave_beside_requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnClaims(Command[int]):
    """Give back what other owners, dead by now, claimed and never planned; how many rows."""

    owner: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SituationData:
    """What the planner has to know of a site, as stored.

    `billing_peak_kw` is the highest 15-minute mean of the billing month so far, `slot_energy_kwh` what
    the running 15-minute window has used already. `last_plan` is the newest version, None at first;
    `last_start` what its planner left for the next. `not_following` are the EVSEs whose limits nobody can
    count on; of those, the `silent` ones are not heard of. `meter_every` is how often meters tell.
    """

    site: Site
    now: datetime
    sessions: tuple[SessionView, ...]
    billing_peak_kw: float
    slot_energy_kwh: float
    last_plan: tuple[PlannedSession, ...]
    last_plan_version: PlanVersion | None
    not_following: tuple[EvseId, ...]
    control_paused: bool
    last_start: str = ""
    silent: tuple[EvseId, ...] = ()
    meter_every: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSituation(Query[SituationData]):
    """Raises NotFound."""

    site_id: SiteId
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan(Command[PlanVersion]):
    """Store the next plan version of a site, whole, before anything is sent; closes the claim (I-20, I-22).

    `situation_json` and `plan_json` are the planner's input and output as they were; `method` says who
    planned (`optimal`, or the fallback's name); `start` is what the planner leaves for the next plan.
    """

    site_id: SiteId
    claim_id: str
    made_at: datetime
    reason: str
    method: str
    situation_json: str
    plan_json: str
    entries: tuple[PlannedSession, ...]
    run_key: str
    start: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    site_id: SiteId
    plan_version: PlanVersion
    made_at: datetime
    limit_kw: float
    entries: tuple[PlannedSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndispatchedPlan(Query[StoredPlan | None]):
    """The newest plan version of a site if the exchange has not confirmed it yet."""

    site_id: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWithoutRun:
    """A plan version that no recorded run accounts for: its run has not ended, or died with its core."""

    plan: StoredPlan
    method: str
    reason: str
    run_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansWithoutRun(Query[tuple[PlanWithoutRun, ...]]):
    """Those of a site, oldest first."""

    site_id: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkDispatched(Command[None]):
    """The exchange has stored this plan version."""

    site_id: SiteId
    plan_version: PlanVersion
    at: datetime
    machine_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseControl(Command[bool]):
    """Operators paused (or resumed) planning of a site; a change is a planning event. Whether it changed."""

    site_id: SiteId
    paused: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What waits: counts, and the oldest domain instant among it (None when nothing waits).

    It holds unmatched sessions, open requests and events, plans not dispatched, messages not sent.
    """

    requests: int
    events: int
    unmatched: int
    undispatched: int
    messages: int
    oldest_at: datetime | None
    feed_as_of: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPending(Query[Pending]):
    """For the brake of a scaled clock, and for the look that catches what an event missed."""
