"""Marginal emissions: every five minutes, in order, in kg of CO2 per kWh."""

import csv
import gzip
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).resolve().parents[2] / "data" / "emissions").glob("*.csv.gz"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".csv.gz"))
def test_emissions(path: Path) -> None:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = [(datetime.fromisoformat(row["time"]), float(row["moer"])) for row in csv.DictReader(lines)]
    assert all(later - earlier == timedelta(minutes=5) for (earlier, _), (later, _) in pairwise(rows))
    assert all(0 <= moer < 1.5 for _, moer in rows)
    assert rows[0][0] <= datetime(2019, 7, 1, 7, tzinfo=UTC), "the local month begins at 07:00 UTC"
    assert rows[-1][0] >= datetime(2019, 8, 1, 6, 55, tzinfo=UTC)
