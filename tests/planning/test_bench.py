"""The rows of `readyby bench plan`: what they say of a small site can be held without a clock."""

import pytest

from readyby.planning.bench import bench_plan, markdown
from readyby.sites import load_site
from readyby.tariff_files import tariff_of
from tests.support.planning import DATA


def test_rows_are_proved_and_laid_side_by_side():
    tariff = tariff_of(load_site(DATA, "jpl"), DATA)
    sessions = DATA / "sessions" / "jpl_2019-05_2019-08.csv.gz"
    core, featured = bench_plan(sessions, tariff, sizes=(20,), repeats=1)
    assert (core.features, featured.features) == ("core", "all")
    assert core.monolithic_gap == pytest.approx(0.0, abs=1e-6)
    assert featured.monolithic_gap is None
    for row in (core, featured):
        assert abs(row.gap) < 1e-6
        assert -1e-6 < row.executable_gap < 0.05
        assert row.draws > 1
        assert row.binding_share >= 0.2
        assert row.whole_cpu_seconds >= row.reading_cpu_seconds > 0
    assert core.to_core is None
    assert featured.to_core == pytest.approx(featured.whole_cpu_seconds / core.whole_cpu_seconds)
    head, rule, *lines = markdown((core, featured)).splitlines()
    assert len(lines) == 2
    assert {line.count("|") for line in (head, rule, *lines)} == {head.count("|")}
