"""Marginal CO2 of the grid, from monthly files: data/emissions/<region>_<year>-<month>_moer_only.csv.gz."""

import csv
import gzip
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from readyby.errors import BadInput
from readyby.interval import Interval, floor_to

STEP: Final = timedelta(minutes=5)
Month = tuple[tuple[datetime, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Emissions:
    """The signal of a region, in kg CO2 per kWh, one value for five minutes; a file is read once."""

    data_dir: Path
    region: str
    _read: dict[str, Month] = field(default_factory=dict)

    def rates(self, interval: Interval) -> tuple[tuple[Interval, float], ...] | None:
        """The signal over an interval, clipped to it; None where it does not cover all of it.

        Raises:
            BadInput: the file is not as it should be.
        """
        at, values = self._month(interval.start)
        steps = tuple(_steps(interval))
        first = bisect_left(at, steps[0])
        last = first + len(steps)
        if not self.region or at[first:last] != steps:
            return None
        spans = (Interval(start, start + STEP) & interval for start in steps)
        return tuple((span, value) for span, value in zip(spans, values[first:last], strict=True) if span)

    def _month(self, instant: datetime) -> Month:
        name = f"{self.region}_{instant:%Y-%m}_moer_only.csv.gz"
        if name not in self._read:
            self._read[name] = _load(self.data_dir / "emissions" / name)
        return self._read[name]


def _steps(interval: Interval) -> Iterator[datetime]:
    """The start of each five minutes that an interval touches."""
    start = floor_to(interval.start, STEP)
    while start < interval.end:
        yield start
        start += STEP


def _load(path: Path) -> Month:
    """Instants in order, with their values; empty where there is no such file. Raises BadInput."""
    if not path.is_file():
        return (), ()
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = [
                (datetime.fromisoformat(row["time"]), float(row["moer"])) for row in csv.DictReader(lines)
            ]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput("emissions", path, f"it cannot be read: {type(error).__name__} {error}") from error
    return tuple(at for at, _ in rows), tuple(value for _, value in rows)
