"""The CO2 signal over a stay: all of it, or none."""

import gzip
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from readyby.emissions import Emissions
from readyby.errors import BadInput
from readyby.interval import Interval
from readyby.settings import PROJECT_ROOT

START = datetime(2019, 7, 24, 14, 0, tzinfo=UTC)
REAL = Emissions(PROJECT_ROOT / "data", "SGIP_CAISO_PGE")


def span(minutes: float, start: datetime = START) -> Interval:
    return Interval(start, start + timedelta(minutes=minutes))


def test_a_stay_is_covered_without_a_gap() -> None:
    stay = Interval(START + timedelta(minutes=2), START + timedelta(minutes=61))
    rates = REAL.rates(stay)
    assert rates is not None
    assert (rates[0][0].start, rates[-1][0].end) == (stay.start, stay.end)
    assert all(one.end == other.start for (one, _), (other, _) in pairwise(rates))
    assert len(rates) == 13
    assert all(0 < value < 1.5 for _, value in rates)


@pytest.mark.parametrize(
    "stay",
    [
        span(60, datetime(2019, 9, 1, tzinfo=UTC)),
        Interval(datetime(2019, 7, 31, 20, tzinfo=UTC), datetime(2019, 8, 3, tzinfo=UTC)),
    ],
)
def test_what_is_not_covered_has_no_figure(stay: Interval) -> None:
    assert REAL.rates(stay) is None


def test_no_region_is_no_figure() -> None:
    assert Emissions(PROJECT_ROOT / "data", "").rates(span(60)) is None
    assert Emissions(PROJECT_ROOT / "data", "NOWHERE").rates(span(60)) is None


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "emissions"
    folder.mkdir()
    (folder / "X_2019-07_moer_only.csv.gz").write_bytes(gzip.compress(b"time,moer\nnever,0.3\n"))
    with pytest.raises(BadInput, match="X_2019-07"):
        Emissions(tmp_path, "X").rates(span(60))
