"""The embedded server: schedules come due, lanes do not stall each other, nobody else's server is touched."""

import asyncio
import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from readyby.runs.deployments import lane_flows
from readyby.runs.lane import Lane, RunReport
from readyby.runs.prefect_runs import PrefectRuns, open_runs
from readyby.settings import Settings
from tests.flows.conftest import Server

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
LONGEST_STALL_S = 10.0


def test_a_scheduled_run_really_appears(prefect_server: Server) -> None:
    api = prefect_server.settings.prefect_api
    wanted = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "limit": 50}
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = httpx.post(f"{api}/flow_runs/filter", json=wanted, trust_env=False).raise_for_status().json()
        scheduled = [run for run in found if run["auto_scheduled"]]
        if scheduled:
            assert {run["name"] for run in scheduled}
            return
        time.sleep(0.5)
    pytest.fail("the scheduler made no run of a schedule in 90 s: it is broken by some version")


async def test_three_lanes_on_sqlite_never_stall(prefect_server: Server, repository: Path) -> None:
    async def body() -> RunReport:
        return RunReport(summary="nothing to do", markdown="| nothing |")

    flows = lane_flows(repository / "prefect.yaml")
    async with open_runs(flows) as runs:
        await runs.know_deployments()
        names = list(flows)[:3]
        longest = await asyncio.gather(*(_longest(name, body, runs) for name in names))
    assert max(longest) < LONGEST_STALL_S


async def _longest(name: str, body: object, runs: PrefectRuns) -> float:
    from readyby.runs.lane import Ticket

    worst = 0.0
    for number in range(6):
        began = time.monotonic()
        await runs.execute(name, Ticket(f"stall-{name}-{number}", {}), body)  # type: ignore[arg-type]
        worst = max(worst, time.monotonic() - began)
    return worst


class Foreign:
    """Another Prefect server, of which a user's profile tells; it counts who comes."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        outer = self

        class Count(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.visits.append(self.path)
                self.send_response(200)
                self.end_headers()

            do_POST = do_GET  # noqa: N815 - the library's name

            def log_message(self, *_: object) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Count)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/api"


@pytest.fixture
def foreign() -> Iterator[Foreign]:
    made = Foreign()
    yield made
    made.server.shutdown()


def test_a_users_own_profile_and_server_are_not_touched(
    prefect_server: Server, foreign: Foreign, tmp_path: Path, repository: Path
) -> None:
    home = tmp_path / "home" / ".prefect"
    home.mkdir(parents=True)
    profile = home / "profiles.toml"
    profile.write_text(f'active = "mine"\n[profiles.mine]\nPREFECT_API_URL = "{foreign.url}"\n')
    before = profile.read_bytes()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "HOME": str(tmp_path / "home"),
        "PREFECT_API_URL": foreign.url,
        "READYBY_STATE_DIR": str(tmp_path / "state"),
        "READYBY_PREFECT_PORT": str(prefect_server.settings.prefect_port),
    }
    done = subprocess.run(
        [sys.executable, "-m", "readyby", "deploy"],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert foreign.visits == []
    assert profile.read_bytes() == before
    assert sorted(path.name for path in home.iterdir()) == ["profiles.toml"]


def test_the_environment_is_this_installations_own(tmp_path: Path) -> None:
    from readyby.runs.environment import prefect_environment

    user = {"PREFECT_API_URL": "http://elsewhere/api", "PREFECT_API_KEY": "theirs", "PATH": "/bin"}
    mine = prefect_environment(Settings(state_dir=tmp_path), user)
    assert mine["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert "PREFECT_API_KEY" not in mine
    assert mine["PATH"] == "/bin"
    named = Settings(state_dir=tmp_path, prefect_api_url="https://prefect.example/api")
    assert prefect_environment(named, user)["PREFECT_API_KEY"] == "theirs"


async def test_a_lane_of_the_real_server_ends_in_a_completed_run_with_its_table(
    prefect_server: Server, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uuid import UUID

    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    class Kept:
        def __init__(self) -> None:
            self.runs: list[object] = []

        async def do(self, command: object, *, op_id: str | None = None) -> None:
            self.runs.append(command)

    async def body(site_id: str) -> RunReport:
        return RunReport(summary=site_id, plan_versions=(3,), markdown="### Plan version 3")

    monkeypatch.setattr("readyby.runs.lane.FIRST_LINE_S", 60.0)
    kept = Kept()
    async with open_runs(lane_flows(repository / "prefect.yaml")) as runs:
        lane = Lane("plan-site/plan-site", body, runs, kept)  # type: ignore[arg-type]
        await lane.run("lane-of-the-real-server", {"site_id": "jpl"})
        async with asyncio.timeout(60):
            while lane.in_hand:
                await asyncio.sleep(0.05)
    flow_run_id = UUID(kept.runs[-1].run.flow_run_id)  # type: ignore[attr-defined]
    async with get_client() as client:
        run = await client.read_flow_run(flow_run_id)
        tables = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]))
        )
    assert run.state is not None
    assert run.state.is_completed()
    assert [table.data for table in tables] == ["### Plan version 3"]
