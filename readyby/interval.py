"""Half-open spans of time in UTC, and the planning grid made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from readyby.errors import BadInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(instant: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        BadInput: the instant carries no time zone.
    """
    if instant.tzinfo is None:
        raise BadInput("instant", instant.isoformat(), "give it a time zone")
    return instant.astimezone(UTC)


def floor_to(instant: datetime, step: timedelta) -> datetime:
    """The last multiple of `step` since the epoch that is not after `instant`."""
    return instant - (instant - EPOCH) % step


def hours(span: timedelta) -> float:
    """A span in hours."""
    return span.total_seconds() / 3600


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """[start, end): contains its start, not its end; never empty, always UTC.

    Raises:
        BadInput: an end without zone, or an end that is not after the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", utc(self.start))
        object.__setattr__(self, "end", utc(self.end))
        if self.end <= self.start:
            raise BadInput("interval", f"{self.start} .. {self.end}", "the end must be after the start")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def __and__(self, other: "Interval") -> "Interval | None":
        """What both have in common; None where that is nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None

    def __sub__(self, other: "Interval") -> tuple["Interval", ...]:
        """What is left without `other`: none, one or two intervals, in order."""
        left = (self.start, min(self.end, other.start))
        right = (max(self.start, other.end), self.end)
        return tuple(Interval(start, end) for start, end in (left, right) if start < end)

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    @property
    def duration_h(self) -> float:
        return hours(self.duration)

    def slots(self, step: timedelta) -> Iterator["Interval"]:
        """The parts of this interval between multiples of `step`: the first and last may be partial."""
        start = self.start
        while start < self.end:
            end = min(floor_to(start, step) + step, self.end)
            yield Interval(start, end)
            start = end
