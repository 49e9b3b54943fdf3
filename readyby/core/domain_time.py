"""The scaled domain clock as core owns it: granted in short leases, braked by what is unhandled (D5)."""

import threading
from datetime import datetime, timedelta

from readyby.clocks import ClockReading, machine_ms

LEASE_S = 2.0
BRAKE = timedelta(minutes=5)


class GrantedClock:
    """Domain time at a speed, as far as it is granted.

    A grant is stored before it is used, so that after a restart time goes on from a place that nobody
    has been beyond. `now` never runs past the grant; the owner extends it with `extend`.
    """

    def __init__(self, start: datetime, speed: float) -> None:
        self.speed, self.start = speed, start
        self._lock = threading.Lock()
        self._reading = ClockReading(domain_at=start, machine_ms=machine_ms(), speed=speed, not_beyond=start)

    def now(self) -> datetime:
        return self.reading().at(machine_ms())

    def reading(self) -> ClockReading:
        with self._lock:
            return self._reading

    def wish(self, oldest_unhandled: datetime | None) -> datetime:
        """How far time should be granted now: a lease ahead, at most the brake beyond what is unhandled."""
        ahead = self.now() + timedelta(seconds=LEASE_S * self.speed)
        if oldest_unhandled is None:
            return ahead
        return max(min(ahead, oldest_unhandled + BRAKE), self.reading().not_beyond)

    def extend(self, until: datetime) -> None:
        """Let time run to `until`; it never goes back, and time lost at a standstill is not made up."""
        at = machine_ms()
        with self._lock:
            here = self._reading.at(at)
            self._reading = ClockReading(
                domain_at=here,
                machine_ms=at,
                speed=self.speed,
                not_beyond=max(until, self._reading.not_beyond),
            )
