"""What is expected at a site beside charging: the building's load, solar power, the CO2 of the grid. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from readyby.interval import Interval, floor_to
from readyby.model import Step

STEP = timedelta(minutes=15)
AHEAD = timedelta(hours=49)
"""A little longer than any plan."""

Series = tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Power in kW by instant, or by hour of the local day; each value holds until the next."""

    by_instant: Series = ()
    by_hour: tuple[float, ...] = ()

    @property
    def highest_kw(self) -> float:
        return max((*self.by_hour, *(kw for _, kw in self.by_instant)), default=0.0)

    def series(self, span: Interval, time_zone: str) -> Series:
        """The steps of a span; the first one holds at its start already."""
        if self.by_hour:
            zone = ZoneInfo(time_zone)
            quarters = (
                floor_to(span.start, STEP) + k * STEP for k in range((span.end - span.start) // STEP + 2)
            )
            told = [(at, self.by_hour[at.astimezone(zone).hour]) for at in quarters]
        else:
            told = list(self.by_instant)
        before = [point for point in told if point[0] <= span.start][-1:]
        return _merged([*before, *(point for point in told if span.start < point[0] < span.end)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is expected from a plan's making on, as steps of time; empty: nothing."""

    building_kw: Series = ()
    solar_kw: Series = ()
    co2_kg_per_kwh: Series = ()


NO_OUTLOOK = Outlook()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedLimit:
    """A limit on what all EVSEs of a site draw together, by time: the first step holds from ever."""

    name: str
    steps: tuple[Step, ...] = field(default_factory=tuple)


def _merged(points: Sequence[tuple[datetime, float]]) -> Series:
    kept: list[tuple[datetime, float]] = []
    for at, value in points:
        if not kept or kept[-1][1] != value:
            kept.append((at, value))
    return tuple(kept)


def building_limit(limit_kw: float, building_kw: Series) -> TimedLimit | None:
    """What the building leaves of a site's limit; None where nothing is known of one."""
    if not any(kw > 0 for _, kw in building_kw):
        return None
    steps = tuple(Step(start_at=at, limit_kw=max(0.0, limit_kw - kw)) for at, kw in building_kw)
    return TimedLimit(name="building", steps=steps)
