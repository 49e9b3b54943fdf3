"""Two clocks: the domain's, which may be scaled, and the machine's, which never is.

Domain time drives sessions, tariffs, slots, leases and quiet hours. Machine time drives deadlines,
retries and every `_ms`. A scaled domain clock is owned by core and followed by every other process:
it is granted in short leases, so it stands still soon after core does.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class DomainClock(Protocol):
    """Gives domain time. `speed` is domain seconds per machine second, 1 in production."""

    @property
    def speed(self) -> float: ...

    def now(self) -> datetime: ...


def machine_ms() -> int:
    """Milliseconds of the machine's monotonic clock: comparable between processes of one boot."""
    return time.monotonic_ns() // 1_000_000


def wall_now() -> datetime:
    """The machine's wall time in UTC: for what is written down for people, never for what is decided."""
    return datetime.now(UTC)


class SystemClock:
    """The production clock: domain time is UTC wall time."""

    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class SetClock:
    """A clock that stands where it was put, for tests and simulations."""

    instant: datetime
    speed: float = 1.0

    def now(self) -> datetime:
        return self.instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """A scaled clock at one machine instant, and how far it may run without a new reading."""

    domain_at: datetime
    machine_ms: int
    speed: float
    not_beyond: datetime

    def at(self, machine_now_ms: int) -> datetime:
        """Domain time at a machine instant: never beyond the grant."""
        elapsed_s = max(0, machine_now_ms - self.machine_ms) / 1000
        return min(self.domain_at + timedelta(seconds=elapsed_s * self.speed), self.not_beyond)


class FollowedClock:
    """A scaled clock as told by core; whoever owns it feeds it readings."""

    def __init__(self, reading: ClockReading) -> None:
        self._reading = reading

    @property
    def speed(self) -> float:
        return self._reading.speed

    def now(self) -> datetime:
        return self._reading.at(machine_ms())

    def follow(self, reading: ClockReading) -> None:
        self._reading = reading
