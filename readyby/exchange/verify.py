"""Whether EVSEs do what they were told, by their meters (D9, I-3): pure.

A reading proves a command when the network has it (with the device's word, where that comes separately),
it had time to settle, and the EVSE drew no more than the command or any newer one allows. Two such
readings verify it; two above disprove it. Drawing less is never disobedience. A disproved EVSE is trusted
again after three readings that show it held back.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from readyby.envelope import Schedule, span_us, us
from readyby.exchange.adapter import Ack, Capabilities
from readyby.exchange.commands import Command, EvseControl

TOLERANCE_KW = 0.3
TOLERANCE_SHARE = 0.05
READINGS_TO_VERIFY = 2
READINGS_TO_DISPROVE = 2
READINGS_TO_TRUST = 3
DRAWS_KW = 0.5
HELD_BACK_SHARE = 0.85
DRAWS_LESS_SHARE = 0.75
READINGS_TO_SUSPECT = 3
ASKED_EVERY = timedelta(minutes=15)
BASE = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one EVSE drew at an instant."""

    evse_id: str
    session_id: str
    measured_at: datetime
    power_kw: float


@dataclass(slots=True, kw_only=True)
class Watch:
    """Readings of one EVSE since the exchange started: counts of readings in a row, by command.

    `held_back` counts those that show a disproved EVSE to obey; `drew_since` is whether its car drew since.
    `at_cap_in_a_row` counts those that look as if the EVSE had lost its command and fallen back to its
    standing cap; `draws_less`: its car, or somebody else's limit, keeps it well below; `asked_at` is when its
    network was last asked. Lost in a restart, all is counted anew.
    """

    power_kw: float | None = None
    measured_at: datetime | None = None
    within: dict[str, int] = field(default_factory=dict)
    above: dict[str, int] = field(default_factory=dict)
    held_back: int = 0
    drew_since: bool = False
    learned_max_kw: float | None = None
    below_in_a_row: int = 0
    draws_less: bool = False
    at_cap_in_a_row: int = 0
    asked_at: datetime | None = None

    def forget(self, key: str) -> None:
        """Count anew for one command."""
        self.within.pop(key, None)
        self.above.pop(key, None)

    def restart(self) -> None:
        """A new session: nothing of the last one counts."""
        self.within, self.above = {}, {}
        self.held_back, self.drew_since = 0, False
        self.power_kw = self.measured_at = self.learned_max_kw = self.asked_at = None
        self.below_in_a_row = self.at_cap_in_a_row = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a reading shows. `proven` is the oldest command that is surely in force, or one newer than it."""

    proven: Command | None = None
    disobeys: bool = False
    obeys_again: bool = False


def bound_kw(limit_kw: float) -> float:
    """The most that a meter may show under a limit."""
    return limit_kw + max(TOLERANCE_KW, TOLERANCE_SHARE * limit_kw)


def in_force_since(command: Command, capabilities: Capabilities) -> datetime | None:
    """Since when a command is in force by the network's word; None where it has not said so."""
    return command.applied_at if capabilities.ack is Ack.ASYNC else command.accepted_at


def judge(control: EvseControl, watch: Watch, reading: Reading, capabilities: Capabilities) -> Finding:
    """Count one reading, newer than the last, and say what it shows."""
    watch.power_kw, watch.measured_at = reading.power_kw, reading.measured_at
    at_us = us(reading.measured_at)
    since_us = at_us - span_us(capabilities.settle)
    settled = [
        index
        for index, command in enumerate(control.trail)
        if (since := in_force_since(command, capabilities)) and us(since) <= since_us
    ]
    proven = None
    for index in settled:
        ceilings = [command.schedule for command in control.trail[index:]]
        if _count(watch, control.trail[index].command_id, reading, _highest_kw(ceilings, since_us, at_us)):
            proven = control.trail[index]
    ceilings = (
        [command.schedule for command in control.trail[settled[-1] :]]
        if settled
        else [*(control.possible or ()), control.cap]
        if control.trail or control.base_command is None
        else [control.base_command.schedule]
    )
    limit_kw = _highest_kw(ceilings, since_us, at_us)
    key = control.trail[settled[-1]].command_id if settled else BASE
    if not settled:
        _count(watch, BASE, reading, limit_kw)
    _learn(watch, reading, limit_kw)
    capped_kw = bound_kw(control.facts.standing_cap_kw)
    at_cap = reading.power_kw <= capped_kw < control.held.at(at_us)
    watch.at_cap_in_a_row = watch.at_cap_in_a_row + 1 if at_cap else 0
    disobeys = watch.above.get(key, 0) >= READINGS_TO_DISPROVE
    if control.following:
        return Finding(proven=proven, disobeys=disobeys)
    trusted = _count_held_back(watch, reading, limit_kw, control.facts.max_kw)
    return Finding(proven=proven if trusted else None, disobeys=disobeys, obeys_again=trusted)


def may_have_lost(watch: Watch, now: datetime) -> bool:
    """Whether an EVSE draws so little that its command may be lost, and its network was not asked lately."""
    lately = watch.asked_at is not None and now - watch.asked_at < ASKED_EVERY
    return watch.at_cap_in_a_row >= READINGS_TO_SUSPECT and not lately


def _highest_kw(ceilings: list[Schedule], since_us: int, at_us: int) -> float:
    return max(ceiling.highest_in(since_us, at_us) for ceiling in ceilings)


def _count(watch: Watch, key: str, reading: Reading, limit_kw: float) -> bool:
    if reading.power_kw <= bound_kw(limit_kw):
        watch.within[key], watch.above[key] = watch.within.get(key, 0) + 1, 0
    else:
        watch.within[key], watch.above[key] = 0, watch.above.get(key, 0) + 1
    return watch.within[key] >= READINGS_TO_VERIFY


def _count_held_back(watch: Watch, reading: Reading, limit_kw: float, max_kw: float) -> bool:
    """A car that may draw all it can, or draws less than it may, proves nothing of its EVSE.

    One that draws just what it may is held back; so is one that may draw nothing, and does not, if it did
    draw since the EVSE was disproved.
    """
    watch.drew_since = watch.drew_since or reading.power_kw >= DRAWS_KW
    binds = reading.power_kw >= HELD_BACK_SHARE * limit_kw and bound_kw(limit_kw) < max_kw
    if reading.power_kw > bound_kw(limit_kw):
        watch.held_back = 0
    elif binds if limit_kw > 0 else watch.drew_since:
        watch.held_back += 1
    return watch.held_back >= READINGS_TO_TRUST


def _learn(watch: Watch, reading: Reading, limit_kw: float) -> None:
    """The car's own maximum: the most it drew while two readings in a row could have been higher."""
    below = reading.power_kw < limit_kw - TOLERANCE_KW
    watch.below_in_a_row = watch.below_in_a_row + 1 if below else 0
    much_less = DRAWS_KW <= reading.power_kw < DRAWS_LESS_SHARE * limit_kw
    watch.draws_less = much_less and watch.below_in_a_row >= READINGS_TO_SUSPECT
    if watch.below_in_a_row >= 2 and reading.power_kw > (watch.learned_max_kw or 0):
        watch.learned_max_kw = reading.power_kw
