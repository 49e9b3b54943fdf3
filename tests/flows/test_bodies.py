"""Every flow body does the same in a run, bare, and with the server frozen."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from readyby import wiring
from readyby.errors import Unreachable
from readyby.model import Channel, RequestId, RequestKind
from readyby.runs import prefect_runs
from readyby.runs.deployments import declared_deployments, lane_flows
from readyby.runs.lane import Lane, RunReport
from readyby.runs.log import say
from readyby.runs.prefect_runs import PrefectRuns, open_runs
from readyby.store.api import SubmitRequest, UnrecordedRuns
from tests.flows.conftest import Server
from tests.support.small_site import SmallWorld

LOOP = (
    "ingest-feed/ingest-feed",
    "welcome-drivers/welcome-drivers",
    "plan-site/plan-site",
    "dispatch-plan/dispatch-plan",
    "settle-sessions/settle-sessions",
)
pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
VIEWS = ("sessions", "requests", "plans", "plan_steps", "messages", "settlements")
MACHINE = {"stored_machine_ms", "run_key", "claim_id", "machine_ms", "dispatched_machine_ms"}


@pytest.fixture
async def runs(prefect_server: Server, repository: Path) -> AsyncIterator[PrefectRuns]:
    async with open_runs(lane_flows(repository / "prefect.yaml")) as opened:
        yield opened


async def _whole_loop(repository: Path, runs: PrefectRuns, mode: str) -> dict[str, list[dict[str, Any]]]:
    """Plug in, welcome, request, plan, dispatch, unplug, settle; then everything that the store shows."""
    world = await SmallWorld().open()
    wiring.use(world.adapters)
    flows = lane_flows(repository / "prefect.yaml")
    lanes = {name: Lane(name, flow.fn, runs, world.store) for name, flow in flows.items()}

    async def run(name: str, **parameters: object) -> None:
        body = flows[name].fn
        if mode == "bare":
            await body(**parameters)
        else:
            await lanes[name].run(f"{mode}-{name}", parameters)

    try:
        world.exchange.pages = [
            world.page([world.session(1, "tag-ada"), world.session(2, "tag-unknown")]),
        ]
        await run(LOOP[0])
        await run(LOOP[1], wake_up="test")
        ref = await world.ref()
        await world.store.do(
            SubmitRequest(
                session_ref=ref,
                request_id=RequestId("request-1"),
                kind=RequestKind.NEED,
                channel=Channel.PAGE,
                received_at=world.clock.now(),
                received_machine_ms=1,
                departure_at=world.clock.now() + timedelta(hours=6),
                energy_need_kwh=12.0,
            )
        )
        world.exchange.outage = lambda: Unreachable("exchange: away")
        await run(LOOP[2], site_id="jpl", wake_up="test")
        world.exchange.outage = None
        await run(LOOP[3], site_id="jpl", wake_up="test")
        world.clock.instant += timedelta(hours=6)
        ended = world.session(1, "tag-ada", status="COMPLETED", ended_at=world.clock.now().isoformat())
        started = world.clock.now() - timedelta(hours=6)
        world.exchange.pages = [
            world.page([{**ended, "started_at": started.isoformat(), "energy_kwh": 12.0}])
        ]
        await run(LOOP[0])
        await run(LOOP[4], site_id="jpl", wake_up="test")
        tables = {view: await world.store.table(f"SELECT * FROM {view}") for view in VIEWS}
        shown = {view: _plain(table.to_pylist()) for view, table in tables.items()}
        shown["sent"] = [{"phone": phone} for phone, _ in world.messenger.sent]
        shown["at exchange"] = [plan.model_dump(mode="json") for plan in world.exchange.plans]
        return shown
    finally:
        for lane in lanes.values():
            await lane.close()
        wiring.use(None)
        world.close()


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [{name: value for name, value in row.items() if name not in MACHINE} for row in rows]
    return sorted(kept, key=lambda row: json.dumps(row, default=str, sort_keys=True))


async def test_every_body_does_the_same_in_a_run_bare_and_with_a_frozen_server(
    prefect_server: Server, runs: PrefectRuns, repository: Path
) -> None:
    bare = await _whole_loop(repository, runs, "bare")
    in_run = await _whole_loop(repository, runs, "in-run")
    prefect_server.freeze()
    try:
        frozen = await _whole_loop(repository, runs, "frozen")
    finally:
        prefect_server.thaw()
    assert in_run == bare
    assert frozen == bare
    assert len(bare["plans"]) == 1
    assert len(bare["sent"]) == 1
    assert bare["at exchange"][0]["plan_version"] == 1
    assert bare["settlements"][0]["session_id"] == "S1"


def test_the_loop_above_runs_every_deployment_of_core(repository: Path) -> None:
    declared = declared_deployments(repository / "prefect.yaml")
    assert {deployment.name for deployment in declared if deployment.pool == "core"} == set(LOOP)


async def test_a_run_pressed_in_the_ui_is_found_once(prefect_server: Server, runs: PrefectRuns) -> None:
    await runs.know_deployments()
    pressed = await runs.press("plan-site/plan-site", {"site_id": "jpl", "reason": "a test"})
    due = ()
    for _ in range(50):
        due = await runs.due("core")
        if due:
            break
        await asyncio.sleep(0.1)
    assert [(run.flow_run_id, run.deployment, run.parameters["reason"]) for run in due] == [
        (pressed, "plan-site/plan-site", "a test")
    ]
    assert await runs.due("core") == ()


async def test_lines_that_prefect_lost_are_added_to_their_run(
    prefect_server: Server, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
    from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

    monkeypatch.setattr(prefect_runs, "LOGS_AFTER_S", (0.1,))
    world = await SmallWorld().open()

    async def body(site_id: str) -> RunReport:
        say(f"planned {site_id}")
        return RunReport(summary=site_id)

    with temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}):
        async with open_runs(lane_flows(repository / "prefect.yaml")) as runs:
            lane = Lane(LOOP[2], body, runs, world.store)
            await lane.run("lines-are-lost", {"site_id": "jpl"})
            for _ in range(200):
                if not lane.in_hand:
                    break
                await asyncio.sleep(0.05)
    assert await world.store.ask(UnrecordedRuns()) == ()
    async with get_client() as client:
        (run,) = [run for run in await client.read_flow_runs() if run.idempotency_key == "lines-are-lost"]
        lines = await client.read_logs(log_filter=LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
    assert [line.message for line in lines] == ["planned jpl"]
