"""The planner over a morning of the sample site, plan after plan: how often does it change its mind?"""

from dataclasses import replace
from datetime import date

import pytest

from tests.support.replay import Replay, SharedReplay


class Forgetful(Replay):
    """Plans as if there had been no plan before."""

    def plan(self, data):
        return super().plan(replace(data, last_plan=(), last_start=""))


class Restless(Replay):
    """Plans for a site to which a change costs nothing."""

    def plan(self, data):
        return super().plan(replace(data, site=replace(data.site, deadband_kw=0.0, change_usd_per_kwh=0.0)))


@pytest.fixture(scope="module")
def replays():
    return Replay(), Forgetful(), Restless()


def test_a_morning_of_the_sample_site(replays):
    remembering, forgetful, restless = (replay.run(3.4) for replay in replays)
    assert remembering.worst_kw <= 150.0 + 1e-6
    assert remembering.fallbacks == 0
    assert remembering.peak_kw < remembering.uncontrolled_peak_kw
    assert remembering.plans == forgetful.plans
    assert remembering.commands < forgetful.commands, (remembering, forgetful)
    assert remembering.turns < 0.9 * restless.turns, (remembering, restless)


@pytest.mark.invariant("I-10")
def test_nobody_is_worse_off_than_by_sharing_the_limit_evenly():
    tally = SharedReplay(date(2019, 6, 12)).run(15.0)
    assert tally.asked > 50
    assert tally.uncontrolled_peak_kw > 0.8 * 150.0, "power is not scarce: nothing is proved"
    assert not tally.worse_off
