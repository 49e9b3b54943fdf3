"""A lane runs every body exactly once, whatever the run server does."""

import asyncio

import pytest

from readyby.errors import Unreachable
from readyby.runs.lane import Lane, RunReport
from readyby.runs.log import say
from readyby.runs.memory_runs import MemoryRuns
from readyby.store.api import RecordRun, RunRecord


class RunsOnly:
    """As much of a store as a lane needs."""

    def __init__(self) -> None:
        self.runs: dict[str, RunRecord] = {}

    async def do(self, command: RecordRun, *, op_id: str | None = None) -> None:
        self.runs[command.run.run_key] = command.run


class Counted:
    """A body that counts how often it ran."""

    def __init__(self, failure: Exception | None = None, lasts_s: float = 0.0) -> None:
        self.ran = 0
        self.failure, self.lasts_s = failure, lasts_s

    async def __call__(self, site_id: str) -> RunReport:
        self.ran += 1
        say(f"planning {site_id}")
        await asyncio.sleep(self.lasts_s)
        if self.failure is not None:
            raise self.failure
        return RunReport(summary="done", plan_versions=(7,), markdown="| plan version 7 |")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("readyby.runs.lane.FIRST_LINE_S", 0.05)


async def _settled(lane: Lane) -> None:
    for _ in range(100):
        if not lane.in_hand:
            return
        await asyncio.sleep(0.01)


async def test_a_healthy_server_sees_the_body_as_a_run_with_its_table() -> None:
    runs, store, body = MemoryRuns(), RunsOnly(), Counted()
    lane = Lane("plan-site/plan-site", body, runs, store)  # type: ignore[arg-type]
    report = await lane.run("k1", {"site_id": "jpl"})
    await _settled(lane)
    assert report.plan_versions == (7,)
    assert body.ran == 1
    assert store.runs["k1"].mode == "in_run"
    assert store.runs["k1"].flow_run_id == "run-of-k1"
    assert [text for _, _, text in store.runs["k1"].logs] == ["planning jpl"]
    assert runs.published == {"run-of-k1": "| plan version 7 |"}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("state", ["away", "frozen"])
async def test_without_the_server_the_body_runs_bare_once_and_stays_to_be_recorded(state: str) -> None:
    runs, store, body = MemoryRuns(), RunsOnly(), Counted()
    lane = Lane("plan-site/plan-site", body, runs, store)  # type: ignore[arg-type]
    if state == "frozen":
        runs.freeze()
    else:
        runs.state = "away"
    report = await lane.run("k1", {"site_id": "jpl"})
    assert report.summary == "done"
    assert body.ran == 1
    runs.thaw()
    await _settled(lane)
    assert body.ran == 1, "a server that wakes up must not run the body again"
    assert store.runs["k1"].mode == "bare"
    assert store.runs["k1"].flow_run_id is None
    await lane.close()


@pytest.mark.usefixtures("quick")
async def test_a_frozen_server_delays_only_the_first_of_several_bodies() -> None:
    runs, body = MemoryRuns(), Counted()
    lane = Lane("plan-site/plan-site", body, runs, RunsOnly())  # type: ignore[arg-type]
    runs.freeze()
    for key in ("k1", "k2", "k3"):
        await lane.run(key, {"site_id": "jpl"})
    assert body.ran == 3
    runs.thaw()
    await asyncio.sleep(0.02)
    assert runs.executed == ["k1"], "one attempt hangs, no others pile up behind it"
    await lane.close()


async def test_a_server_that_freezes_after_the_first_line_does_not_hold_the_lane() -> None:
    runs, store, body = MemoryRuns(), RunsOnly(), Counted(lasts_s=0.02)
    lane = Lane("plan-site/plan-site", body, runs, store)  # type: ignore[arg-type]
    running = asyncio.create_task(lane.run("k1", {"site_id": "jpl"}))
    await asyncio.sleep(0.01)
    runs.freeze()
    report = await asyncio.wait_for(running, 1.0)
    assert report.summary == "done"
    assert body.ran == 1
    runs.thaw()
    await _settled(lane)
    assert store.runs["k1"].flow_run_id == "run-of-k1"


async def test_what_a_body_raises_reaches_the_caller_and_is_kept() -> None:
    store, body = RunsOnly(), Counted(failure=Unreachable("store: away"))
    lane = Lane("plan-site/plan-site", body, MemoryRuns(), store)  # type: ignore[arg-type]
    with pytest.raises(Unreachable, match="away"):
        await lane.run("k1", {"site_id": "jpl"})
    await _settled(lane)
    assert store.runs["k1"].state == "Failed"
    assert store.runs["k1"].logs[-1][1:] == ("ERROR", "Unreachable: store: away")
    assert body.ran == 1


async def test_an_observed_body_becomes_a_run_only_when_it_had_something_to_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("readyby.runs.lane.GATHER_S", 0.02)
    store = RunsOnly()
    words = ["", "one session started", "", "one session ended"]

    async def body() -> RunReport:
        if text := words.pop(0):
            say(text)
        return RunReport(summary="looked")

    lane = Lane("ingest-feed/ingest-feed", body, MemoryRuns(), store)  # type: ignore[arg-type]
    for key in ("k1", "k2", "k3", "k4"):
        await lane.observe(key, {})
    await asyncio.sleep(0.08)
    assert list(store.runs) == ["k2"]
    assert [text for _, _, text in store.runs["k2"].logs] == ["one session started", "one session ended"]
    await lane.close()
