"""What is expected at a site beside charging: the building's load, solar power, the CO2 of the grid. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from readyby.interval import Interval, floor_to
from readyby.model import Step
from readyby.planning.situation import STEP, Series

AHEAD = timedelta(hours=49)
"""A little longer than any plan."""


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


def site_limits(
    limit_kw: float, building_kw: Series, caps: Sequence[tuple[str, Interval, float]], now: datetime
) -> tuple[TimedLimit, ...]:
    """What bounds a site's EVSEs together by time: what the building leaves of the limit, and of each cap.

    `caps` are a name, when it holds, and its level in kW of import, the building's load included.
    """
    limits = [_left(f"cap {name}", limit_kw, building_kw, now, (span, kw)) for name, span, kw in caps]
    if any(kw > 0 for _, kw in building_kw):
        limits.insert(0, _left("building", limit_kw, building_kw, now))
    return tuple(limits)


def _left(
    name: str,
    limit_kw: float,
    building_kw: Series,
    now: datetime,
    cap: tuple[Interval, float] | None = None,
) -> TimedLimit:
    edges = {now, *(at for at, _ in building_kw if at > now)}
    if cap is not None:
        edges |= {at for at in (cap[0].start, cap[0].end) if at > now}
    points = []
    for at in sorted(edges):
        top_kw = min(limit_kw, cap[1]) if cap is not None and at in cap[0] else limit_kw
        known = [kw for start, kw in building_kw if start <= at] or [kw for _, kw in building_kw[:1]]
        points.append((at, max(0.0, top_kw - (known[-1] if known else 0.0))))
    return TimedLimit(name=name, steps=tuple(Step(start_at=at, limit_kw=kw) for at, kw in _merged(points)))
