"""Commands to EVSEs and what the exchange has on file for each EVSE: frozen values, kept in the ledger."""

from dataclasses import dataclass, replace
from datetime import datetime

from readyby.envelope import Exposure, Schedule, constant, instant
from readyby.exchange.adapter import EvseFacts, Setpoint
from readyby.model import CommandState, Step

STOPS_AT_MOST = 3
"""As many stops of a car are known, and as often it may be stopped and started in a short time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now, by both clocks."""

    at: datetime
    machine_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One order to one EVSE, and how far it has come.

    `is_first_part` marks the purely lowering part of a command whose rises wait for other EVSEs.
    `was_doubted`: a call for it ended without an answer, so a later refusal does not prove that it is not
    in force.
    """

    command_id: str
    plan_version: int
    attempt: int
    evse_id: str
    session_id: str
    wave: int
    schedule: Schedule
    expires_at: datetime | None
    is_first_part: bool = False
    state: CommandState = CommandState.PLANNED
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    applied_at: datetime | None = None
    was_doubted: bool = False

    @property
    def is_release(self) -> bool:
        return self.expires_at is None

    @property
    def setpoint(self) -> Setpoint:
        """What the network is told. The sequence's last step, after the lease, is the network's own."""
        points = zip(self.schedule.starts_us, self.schedule.limits_kw, strict=True)
        steps = (Step(instant(start), limit) for start, limit in points)
        end = self.expires_at
        return Setpoint(
            command_id=self.command_id,
            rank=(self.plan_version, self.attempt),
            evse_id=self.evse_id,
            session_id=self.session_id,
            steps=() if end is None else tuple(step for step in steps if step.start_at < end),
            expires_at=end,
        )

    def renewal_due_at(self) -> datetime | None:
        """When half of the lease is over."""
        if self.sent_at is None or self.expires_at is None:
            return None
        return self.sent_at + (self.expires_at - self.sent_at) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the newest plan wants of an EVSE for a session: a sequence, eased and in whole quanta.

    `controlled`: it is planned; else the car charges as usual, or at once because its driver said so.
    """

    plan_version: int
    session_id: str
    schedule: Schedule
    expires_at: datetime
    controlled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseControl:
    """All that is on file for one EVSE.

    `session_started_at` is the newest session's, also after its end; `ended_session_id` never begins again.
    `base_command` is what the EVSE holds by proof (None: its standing cap); `doubts` are older sequences
    that may still be in force; `trail` the commands sent since, oldest first, without proof. `queue` waits
    to be sent: at most a first part and the rest.
    `attempted_version`/`attempts` number the commands of a plan version. `settled_version` is the plan
    version whose wish was refused or failed: it is not tried again before the next plan.
    `must_resend`: what it should hold, it may have lost. `stopped_at` are the instants at which its car was
    last stopped.
    """

    facts: EvseFacts
    session_id: str | None = None
    session_started_at: datetime | None = None
    ended_session_id: str | None = None
    wanted: Wanted | None = None
    base_command: Command | None = None
    doubts: tuple[Schedule, ...] = ()
    trail: tuple[Command, ...] = ()
    queue: tuple[Command, ...] = ()
    following: bool = True
    must_resend: bool = False
    attempted_version: int = 0
    attempts: int = 0
    settled_version: int = 0
    stopped_at: tuple[datetime, ...] = ()

    @property
    def evse_id(self) -> str:
        return self.facts.evse_id

    @property
    def newest(self) -> Command | None:
        """The newest command that was sent, proven or not."""
        return self.trail[-1] if self.trail else self.base_command

    @property
    def cap(self) -> Schedule:
        return constant(self.facts.standing_cap_kw)

    @property
    def held(self) -> Schedule:
        """What the EVSE should hold by the newest command."""
        return self.newest.schedule if self.newest else self.cap

    @property
    def possible(self) -> tuple[Schedule, ...]:
        """Everything that may be in force, besides the standing cap."""
        base = (self.base_command.schedule,) if self.base_command else ()
        return (*self.doubts, *base, *(command.schedule for command in self.trail))

    def exposure(self, *, trusted: bool = True, floor_kw: float | None = None) -> Exposure:
        return Exposure(
            evse_id=self.evse_id,
            max_kw=self.facts.max_kw,
            floor_kw=self.facts.standing_cap_kw if floor_kw is None else floor_kw,
            possible=self.possible,
            trusted=trusted,
        )

    @property
    def counted(self) -> tuple[object, ...]:
        """All of it that says what the EVSE counts with, and whether it is to be trusted."""
        return self.facts, self.following, self.session_id, self.newest is None, self.possible

    def with_sent(self, command: Command) -> "EvseControl":
        """The same with one command of the trail changed."""
        trail = tuple(command if each.command_id == command.command_id else each for each in self.trail)
        return replace(self, trail=trail)

    def without_session(self) -> "EvseControl":
        """The same with nobody plugged in: session commands end with the session."""
        return EvseControl(
            facts=self.facts,
            following=self.following,
            session_started_at=self.session_started_at,
            ended_session_id=self.session_id,
            attempted_version=self.attempted_version,
            attempts=self.attempts,
        )
