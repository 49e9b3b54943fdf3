"""The simulated network as a command: believable cars, a key at the door, a private ledger."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from readyby.cli.app import app
from readyby.network.faults import FaultDesk, FaultKind
from readyby.network.simulate import AHEAD, _write_ledger, simulated_site, simulated_visits
from tests.network.test_faults import AT, desk

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_the_standing_caps_fit_the_limit_however_many_evses():
    assert all(simulated_site(count).limit_safety == "claimed" for count in (1, 20, 500))


def test_cars_come_one_at_a_time_and_can_have_what_they_need():
    site = simulated_site(5)
    visits = simulated_visits(site, START, 1)
    assert visits == simulated_visits(site, START, 1) != simulated_visits(site, START, 2)
    for evse in site.evses:
        mine = [visit for visit in visits if visit.evse_id == evse.evse_id]
        assert mine[-1].leaves_at > START + AHEAD - timedelta(days=1)
        assert all(one.leaves_at < other.arrives_at for one, other in pairwise(mine))
        assert all(
            visit.energy_kwh <= visit.car_kw * (visit.leaves_at - visit.arrives_at) / timedelta(hours=1)
            for visit in mine
        )


def test_the_ledger_is_for_its_user_alone(tmp_path):
    path = tmp_path / "ledger.json"
    made = desk()
    made.strikes(FaultKind.METER_GAP, "E1", AT)
    _write_ledger(made, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "meter_gap" in path.read_text()
    _write_ledger(FaultDesk(), None)


@pytest.mark.parametrize("words", [["--face", "carrier-pigeon"], ["--evses", "0"]])
def test_what_cannot_be_is_refused(words):
    assert CliRunner().invoke(app, ["simulate-network", *words]).exit_code != 0
