"""What a session took by its station's meter values (pure): by the register, or by intervals, never both.

The register's growth since meterStart counts where the station tells a register. Where it tells none in the
transaction, the energies of its intervals (Energy.Active.Import.Interval) are added up: each instant once,
in whatever order they come, and of one reading context, since stations may send sampled and clock-aligned
intervals of the same energy. What a gap took is not guessed: it is missing until the register at the end.
Once a register is told, it alone counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from readyby.exchange.ocpp.meter import Sampled

SHORTEST: Final = timedelta(seconds=20)
INSTANTS_KNOWN: Final = 2_000
REGISTER, INTERVAL = "register", "interval"


@dataclass(slots=True, kw_only=True)
class SessionEnergy:
    """The energy of a session so far, in kWh. `basis` is what it is counted by, empty before any is told.

    `context` is whose intervals count, `span` the shortest seen between two: how long one is. What came up to
    an instant that was kept is not told apart any more: it may have counted.
    """

    start_kwh: float
    kwh: float = 0.0
    at: datetime | None = None
    basis: str = ""
    context: str = ""
    span: timedelta | None = None
    _told: dict[datetime, None] = field(default_factory=dict)
    _floor: datetime | None = None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "SessionEnergy":
        """As `body` gave it; a file from before intervals counts by the register."""
        kept = body.get("energy") or {"basis": REGISTER}
        at = datetime.fromisoformat(kept["at"]) if kept.get("at") else None
        return cls(
            start_kwh=body["start_kwh"],
            kwh=kept.get("kwh", 0.0),
            at=at,
            _floor=at,
            basis=kept["basis"],
            context=kept.get("context", ""),
        )

    def body(self) -> dict[str, object]:
        """What has to outlive the process."""
        at = self.at.isoformat() if self.at and self.basis == INTERVAL else None
        kwh = self.kwh if self.basis == INTERVAL else 0.0
        return {"basis": self.basis, "context": self.context, "kwh": round(kwh, 6), "at": at}

    def take(self, sampled: Sampled, at: datetime | None) -> tuple[float | None, float | None]:
        """Power and the session's energy by one meter value; None where it does not say."""
        if sampled.register_kwh is not None:
            return self._by_register(sampled.register_kwh, at)
        if self.basis == REGISTER or not sampled.intervals_kwh or at is None:
            return None, None
        return self._by_interval(sampled.intervals_kwh, at)

    def _by_register(self, register_kwh: float, at: datetime | None) -> tuple[float | None, float]:
        power_kw, energy_kwh = None, round(register_kwh - self.start_kwh, 4)
        if self.basis != REGISTER:
            self.basis, self.at, self._told = REGISTER, None, {}
        if at and self.at and at - self.at >= SHORTEST:
            power_kw = (energy_kwh - self.kwh) / ((at - self.at) / timedelta(hours=1))
        if at is not None and (self.at is None or at > self.at):
            self.kwh, self.at = energy_kwh, at
        return power_kw, energy_kwh

    def _by_interval(
        self, intervals_kwh: Mapping[str, float], at: datetime
    ) -> tuple[float | None, float | None]:
        """One told late counts, and says nothing of the energy by now."""
        if not self.basis:
            self.basis, self.context = INTERVAL, next(iter(intervals_kwh))
        taken_kwh = intervals_kwh.get(self.context)
        if taken_kwh is None or at in self._told or (self._floor is not None and at <= self._floor):
            return None, None
        self._told[at] = None
        if len(self._told) > INSTANTS_KNOWN:
            del self._told[next(iter(self._told))]
        self.kwh += max(taken_kwh, 0.0)
        if self.at is not None and at < self.at:
            return None, None
        since, self.at = self.at, at
        if since is not None and at - since >= SHORTEST:
            self.span = min(self.span or at - since, at - since)
        power_kw = max(taken_kwh, 0.0) / (self.span / timedelta(hours=1)) if self.span else None
        return power_kw, round(self.kwh, 4)
