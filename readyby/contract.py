"""The JSON that passes between core and the data exchange server.

Sessions and meter values travel to core on a cursor feed; complete plan versions travel to the
exchange; what became of each command travels back as receipts. The exchange publishes these types as
OpenAPI. Instants are RFC 3339 with a zone; `*_machine_ms` are readings of the machine's monotonic
clock in milliseconds and compare only within one boot of one machine.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from readyby.model import CommandState, RequestKind, SessionStatus

Kw = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Identifier = Annotated[str, Field(min_length=1, max_length=128)]


FIRST_YEAR, LAST_YEAR = 1970, 2200


def _within_reach(at: datetime) -> datetime:
    """An instant that can be counted with: at the ends of the calendar its own zone takes it beyond."""
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise ValueError(f"not within the years {FIRST_YEAR} to {LAST_YEAR}")
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_within_reach)]


class Wire(BaseModel):
    """A message; unknown fields are tolerated, since peers grow."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class SessionRecord(Wire):
    """What the vendor says of one session, as of `last_updated`; a later record replaces it whole.

    `live` is False for history that the vendor replays after an outage: it is stored, and starts nothing.
    """

    session_id: Identifier
    site_id: Identifier
    evse_id: Identifier
    token_uid: str | None = None
    status: SessionStatus
    started_at: Instant
    ended_at: Instant | None = None
    energy_kwh: float
    last_updated: Instant
    live: bool = True


class MeterColumns(Wire):
    """Meter values as columns of equal length, one row an EVSE and instant.

    `power_kw` is drawn at `measured_at`; `energy_kwh` is the session's energy so far. Columns may hold
    wrong values: core judges each row by itself.
    """

    session_id: list[object]
    evse_id: list[object]
    measured_at: list[object]
    power_kw: list[object]
    energy_kwh: list[object]


class Wish(Wire):
    """What the driver of a session asks for through the network, as by an app of a mobility provider.

    `kind` is `need` (with departure and energy, counted from plug-in), `charge_now` or `release`. Core judges
    it like the driver's own page. `machine_ms` is when it was taken.
    """

    wish_id: Identifier
    session_id: Identifier
    kind: RequestKind
    departure_at: Instant | None = None
    energy_need_kwh: float | None = None
    machine_ms: Annotated[int, Field(ge=0, le=2**62)]


class FeedPage(Wire):
    """What came after a cursor, in order of arrival.

    `next` is the cursor to ask with; `as_of` the domain instant up to which the vendor has been read:
    the freshness of the feed even where nothing happened. As of now, `silent` are the EVSEs with a car that
    were not heard of for too long, which may draw their maximum; of those `undecided` nothing was heard since
    the exchange was started: what was known of them stands. `meter_every_s` is how often meters tell.
    """

    next: int
    as_of: AwareDatetime | None
    sessions: list[dict[str, object]]
    meter_values: MeterColumns
    wishes: list[dict[str, object]] = []
    silent: list[str] = []
    undecided: list[str] = []
    meter_every_s: float | None = None


class PlanStep(Wire):
    """From `start_at` on, at most `limit_kw`."""

    start_at: AwareDatetime
    limit_kw: Kw


class PlanEntry(Wire):
    """The power sequence of one session, over its whole stay; its last step is the standing cap.

    `expires_at` ends the lease: from then on the EVSE may draw its standing cap.
    """

    session_id: Identifier
    evse_id: Identifier
    controlled: bool
    steps: list[PlanStep] = Field(min_length=1, max_length=1000)
    expires_at: AwareDatetime


class PlanEnvelope(Wire):
    """One complete plan version of a site.

    Every EVSE that is not named falls back to its standing cap, so an empty plan releases the site.
    """

    plan_version: int = Field(ge=1)
    site_id: Identifier
    issued_at: AwareDatetime
    limit_kw: Kw
    entries: list[PlanEntry] = Field(max_length=10_000)


class PlanTaken(Wire):
    """The exchange has stored the plan durably and will carry it out; `commands` differ from what is held."""

    plan_version: int
    commands: int


class Receipt(Wire):
    """A command reached a state. `wave` 1 needs no other EVSE's decrease; 2 waits for them."""

    seq: int
    command_id: str
    plan_version: int
    site_id: str
    evse_id: str
    session_id: str | None
    wave: int
    state: CommandState
    limit_kw: float
    at: AwareDatetime
    machine_ms: int
    reason: str = ""


class PlanProgress(Wire):
    """How far a plan version has come, by the machine's clock; None while it has not."""

    plan_version: int
    site_id: str
    taken_machine_ms: int
    first_wave_accepted_machine_ms: int | None = None
    complete_machine_ms: int | None = None


class ReceiptPage(Wire):
    """What became of commands after a cursor, and the progress of the plans they belong to."""

    next: int
    receipts: list[Receipt]
    plans: list[PlanProgress]


class Notice(Wire):
    """Something noticed in what a network tells or does, and what was done about it.

    `action`: kept (as it came), repaired, quarantined (not acted upon), or counted (an EVSE at the worst that
    it may do). `alarm`: somebody should look. `detail` names no person.
    """

    seq: int
    kind: str
    evse_id: str | None
    session_id: str | None
    action: str
    alarm: bool
    at: AwareDatetime
    detail: str = ""


class NoticePage(Wire):
    """What was noticed after a cursor, in order."""

    next: int
    notices: list[Notice]


class EvseState(Wire):
    """What the exchange knows of one EVSE now. `cap_held_by` names what holds its standing cap.

    `setpoint_kw` is what it was asked last, and `command_state` how far that has come; `verified_kw` what it
    holds by proof. `worst_case_kw` is the most it may draw by anything that may be in force (I-1).
    """

    evse_id: str
    site_id: str
    session_id: str | None
    reachable: bool
    following: bool
    controlled: bool
    standing_cap_kw: float
    max_kw: float
    setpoint_kw: float | None
    verified_kw: float | None = None
    worst_case_kw: float
    power_kw: float | None
    measured_at: AwareDatetime | None
    learned_max_kw: float | None = None
    command_state: CommandState | None = None
    cap_held_by: str = ""


class Health(Wire):
    """Answers of the health endpoint. After `silent_after_s` without a meter value a car's EVSE is silent."""

    status: str
    as_of: datetime | None
    network: str
    detail: str = ""
    meter_every_s: float | None = None
    silent_after_s: float | None = None


class Problem(Wire):
    """An error as RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    field: str | None = None
