"""Meter values from a session's charging periods (pure).

OCPI has no meter values of its own: a period carries average power, current or energy from its start to the
next one's, the newest up to `last_updated`. A value is told as measured at its period's end, once. Where no
period came, power is what the session's energy grew by.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from readyby.exchange.ocpi.objects import OcpiSession, Period

SHORTEST = timedelta(seconds=20)
"""Energy over less than this says nothing of power: its resolution is about 10 Wh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterValue:
    """What an EVSE drew up to an instant, in kW on average, and the session's energy by then in kWh."""

    measured_at: datetime
    power_kw: float
    energy_kwh: float


def meter_values(
    old: OcpiSession | None, new: OcpiSession, *, phases: int, voltage_v: float
) -> list[MeterValue]:
    """The values that `new` has and `old` had not. Powers from currents need the EVSE's phases and volts."""
    told = set(old.periods) if old is not None else set()
    ends = [*(period.start_at for period in new.periods[1:]), _end(new)]
    found = []
    for period, end_at, energy_kwh in zip(new.periods, ends, _energies_kwh(old, new), strict=False):
        power_kw = None if period in told else _power_kw(period, end_at, phases, voltage_v)
        if power_kw is not None:
            found.append(MeterValue(measured_at=end_at, power_kw=power_kw, energy_kwh=energy_kwh))
    if found or old is None or (new.periods and new.energy_kwh == old.energy_kwh):
        return found
    return _from_growth(old, new)


def _end(session: OcpiSession) -> datetime:
    """Up to when the newest period reaches."""
    newest = session.periods[-1].start_at if session.periods else session.started_at
    return max(newest, min(session.ended_at or session.last_updated, session.last_updated))


def _power_kw(period: Period, end_at: datetime, phases: int, voltage_v: float) -> float | None:
    power_kw, current_a = period.volume("POWER"), period.volume("CURRENT")
    if power_kw is not None:
        return power_kw
    lasted = end_at - period.start_at
    energy_kwh = period.volume("ENERGY")
    if energy_kwh is not None and lasted >= SHORTEST:
        return energy_kwh / (lasted / timedelta(hours=1))
    return None if current_a is None else current_a * voltage_v * phases / 1000


def _energies_kwh(old: OcpiSession | None, new: OcpiSession) -> list[float]:
    """The session's energy at each period's end: as stated, else by what came after it.

    Where neither is known, the most that was surely there.
    """
    known_kwh = old.energy_kwh if old is not None else 0.0
    later_kwh: float | None = 0.0
    energies = []
    for index, period in enumerate(reversed(new.periods)):
        stated = period.volume("ENERGY_IMPORT") if index else new.energy_kwh
        reckoned = known_kwh if later_kwh is None else max(0.0, new.energy_kwh - later_kwh)
        energies.append(reckoned if stated is None else stated)
        own_kwh = period.volume("ENERGY")
        later_kwh = None if later_kwh is None or own_kwh is None else later_kwh + own_kwh
    return energies[::-1]


def _from_growth(old: OcpiSession, new: OcpiSession) -> list[MeterValue]:
    lasted = new.last_updated - old.last_updated
    if lasted < SHORTEST or new.status != "ACTIVE" or old.status != "ACTIVE":
        return []
    power_kw = (new.energy_kwh - old.energy_kwh) / (lasted / timedelta(hours=1))
    return [MeterValue(measured_at=new.last_updated, power_kw=power_kw, energy_kwh=new.energy_kwh)]
