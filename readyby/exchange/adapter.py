"""What the exchange asks of a charging network, and what a network declares about itself.

An adapter translates; it decides nothing. Vendor words, units and rounding end in it. The rules that keep
the limit read the declared capabilities, so that a network with weaker promises needs no other rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from readyby.model import Step


class Control(StrEnum):
    """How a power sequence is carried: whole, or one step at a time by the exchange itself."""

    SEQUENCE = "sequence"
    STEP = "step"


class Ack(StrEnum):
    """Whether acceptance is the device's own word, or that comes later, on its own way."""

    SYNC = "sync"
    ASYNC = "async"


class Readback(StrEnum):
    """What `read_active` can tell: the command in force, or nothing."""

    ACTIVE_PROFILE = "active_profile"
    NONE = "none"


class Unit(StrEnum):
    """What the network is told limits in. AUTO: amperes per phase to AC EVSEs, watts to DC ones."""

    A_PER_PHASE = "amperes per phase"
    W_TOTAL = "watts in total"
    KW_TOTAL = "kilowatts in total"
    AUTO = "amperes per phase (AC) or watts in total (DC)"


class Scope(StrEnum):
    """What one command limits: a session, which ends it, or a port, where it goes on."""

    SESSION = "session"
    PORT = "port"


class LinkLoss(StrEnum):
    """What an EVSE does when nobody tells it more: its sequence goes on, or its limit ends with the step."""

    GOES_ON = "goes_on"
    ENDS = "ends"


class ClearScope(StrEnum):
    """What one `clear` releases. Where it is the station, an EVSE is released by a setpoint at its cap."""

    EVSE = "evse"
    STATION = "station"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a network can do with its EVSEs.

    `step_lag` bounds how far EVSEs are apart when they take the steps of a sequence; `settle` how long a
    command may take to show in the meter, which tells every `meter_every`. Under STEP control a lease
    outlives its step by `step_overlap`.
    """

    control: Control = Control.SEQUENCE
    unit: Unit = Unit.A_PER_PHASE
    scope: Scope = Scope.SESSION
    ack: Ack = Ack.SYNC
    ack_within: timedelta = timedelta(seconds=60)
    readback: Readback = Readback.ACTIVE_PROFILE
    clear_scope: ClearScope = ClearScope.EVSE
    link_loss: LinkLoss = LinkLoss.GOES_ON
    max_steps: int = 1000
    max_batch: int = 1
    max_calls: int = 8
    step_lag: timedelta = timedelta(seconds=30)
    settle: timedelta = timedelta(seconds=60)
    step_overlap: timedelta = timedelta(minutes=2)
    meter_every: timedelta = timedelta(minutes=1)


HARDWARE: Final = "the hardware"
"""Holds a standing cap that is not of our making."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseFacts:
    """An EVSE as its network describes it.

    `standing_cap_kw` is what it may draw when nothing is in force, also after a lease or a reboot: its
    maximum, where nothing lower holds it; `cap_held_by` names what does. `quantum_kw` is the step of what it
    can be told, 0 for any.
    """

    evse_id: str
    site_id: str
    max_kw: float
    min_kw: float
    standing_cap_kw: float
    quantum_kw: float = 0.0
    controlled: bool = True
    cap_held_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """A command to one EVSE for one session: a power sequence under a lease.

    Sent again under the same `command_id` it is the same command. `rank` orders the commands of a
    session: an adapter sees to it that none takes the place of one of higher rank (I-20). No steps
    means: release, let the EVSE fall back to its standing cap.
    """

    command_id: str
    rank: tuple[int, int]
    evse_id: str
    session_id: str
    steps: tuple[Step, ...]
    expires_at: datetime | None

    @property
    def is_release(self) -> bool:
        return not self.steps


class Verdict(StrEnum):
    """What a network says of a command: its face took it, the device holds it, or not.

    GONE: not, because the session has ended already.
    """

    ACCEPTED = "accepted"
    APPLIED = "applied"
    REJECTED = "rejected"
    TOO_OFTEN = "too_often"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A verdict on one command. `retry_after_s` is in machine seconds, for TOO_OFTEN."""

    command_id: str
    verdict: Verdict
    reason: str = ""
    retry_after_s: float | None = None


STRANGE: Final = "?"
"""A command that is held, and that nobody here sent, as far as is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """What an EVSE holds by its network's word; None: nothing, its standing cap."""

    evse_id: str
    command_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something noticed in what a network tells or does. `alarm`: somebody should look.

    `action` says what was done: kept (as it came), repaired, quarantined (not acted upon), or counted (an
    EVSE at the worst that it may do). The words of `kind` are those of docs/exchange.md.
    """

    kind: str
    evse_id: str | None = None
    session_id: str | None = None
    action: str = "kept"
    detail: str = ""
    alarm: bool = True


def _no_columns() -> Mapping[str, Sequence[object]]:
    return dict.fromkeys(("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh"), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a network had to tell since a cursor: in our words and units, and otherwise as it came.

    `sessions` have the fields of `contract.SessionRecord`, `meter` the columns of `contract.MeterColumns`;
    both may hold wrong values, which are passed on for core to judge. `wishes` have the fields of
    `contract.Wish`: what drivers ask for through the network. `words` are late verdicts. `as_of` is
    the instant up to which the network was read, by its own clock. `restarted`: it may have forgotten
    commands since the cursor was given. `more`: ask again at once. `facts_changed`: its EVSEs are others, or
    hold other caps, than were listed. `remarks`: what the adapter itself noticed.
    """

    cursor: str
    as_of: datetime | None
    sessions: tuple[Mapping[str, object], ...] = ()
    meter: Mapping[str, Sequence[object]] = field(default_factory=_no_columns)
    wishes: tuple[Mapping[str, object], ...] = ()
    words: tuple[Word, ...] = ()
    restarted: bool = False
    more: bool = False
    facts_changed: bool = False
    remarks: tuple[Remark, ...] = ()


class Adapter(Protocol):
    """A charging network. Each call ends within its own total deadline, retries included.

    Raises (all calls):
        Unreachable: no answer in time; whether a command arrived is unknown.
        Busy: not taken, come back later.
        Permanent: refused for good, as by wrong credentials; names the remedy.
    """

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def list_evses(self) -> tuple[EvseFacts, ...]: ...

    async def pull(self, cursor: str | None) -> Batch:
        """What is new since a cursor; None asks for all that is active now, and what follows."""
        ...

    async def submit(self, setpoints: Sequence[Setpoint]) -> tuple[Word, ...]:
        """Hand over up to `max_batch` commands, releases among them; a word for each, failures too."""
        ...

    async def read_active(self, evse_ids: Sequence[str]) -> tuple[Active, ...]:
        """What these EVSEs hold now."""
        ...

    async def close(self) -> None: ...
