"""The planner's process: the same plan as here, and a life that core's does not depend on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from readyby.core.planner import OwnProcess, PlannerProcess
from readyby.errors import BadInput, Transient
from readyby.planning.facade import plan_site
from readyby.store.api import IngestPage, ReadSituation, SituationData
from readyby.tariff_files import tariff_of
from readyby.wiring import plan_here
from tests.support.small_site import SmallWorld, site


def act_up(mood: str) -> int:
    """What a solver may do, by word."""
    match mood:
        case "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hangs":
            time.sleep(60)
        case "refuses":
            raise BadInput("need", mood, "ask for less")
    return os.getpid()


@pytest.fixture(scope="module")
def moody() -> Iterator[OwnProcess[int]]:
    planner = OwnProcess(act_up, within_s=1.0)
    yield planner
    planner.close()


async def test_it_plans_as_a_call_here_would() -> None:
    world = await SmallWorld().open()
    page = world.page([world.session(1, "tag-ada"), world.session(2, "tag-unknown")])
    await world.store.do(IngestPage(body=page, received_at=world.clock.now()))
    situation: SituationData = await world.store.ask(
        ReadSituation(site_id=site().site_id, now=world.clock.now())
    )
    assert situation.sessions
    tariff = tariff_of(situation.site, Path("data"))
    planner = PlannerProcess()
    try:
        assert await planner(situation, tariff) == await plan_here(situation, tariff)
        released = replace(situation, control_paused=True)
        assert await planner(released, tariff) == plan_site(released, tariff)
    finally:
        planner.close()


async def test_after_a_death_or_a_hang_it_is_there_again(moody: OwnProcess[int]) -> None:
    ask = moody.run
    first = await ask("well")
    assert first != os.getpid()
    assert await ask("well") == first
    with pytest.raises(Transient, match="died"):
        await ask("dies")
    second = await ask("well")
    with pytest.raises(Transient, match="no answer within 1 s"):
        await ask("hangs")
    third = await ask("well")
    assert len({first, second, third}) == 3
    assert not any(psutil.pid_exists(pid) for pid in (first, second))


async def test_what_planning_raises_comes_through(moody: OwnProcess[int]) -> None:
    ask = moody.run
    with pytest.raises(BadInput, match="ask for less"):
        await ask("refuses")


def test_core_itself_loads_no_solver() -> None:
    asked = "import sys, readyby.core.process, flows.plan; print({'scipy', 'highspy'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
