"""What the report reads from the Prefect server: runs whose artifacts name plans, and patience."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stamina

from readyby.demo.facts import Run
from readyby.demo.prefect_view import PAGE, PrefectServer
from readyby.errors import Unreachable


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def server(answers: dict[str, Any], asked: list[str] | None = None) -> PrefectServer:
    """A server that answers a path with pages of rows, a value, or what a function makes of the request."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        if asked is not None:
            asked.append(f"{request.method} {path}")
        found = answers[path]
        if callable(found):
            return found(request)
        if isinstance(found, list):
            offset = json.loads(request.content)["offset"]
            found = found[offset : offset + PAGE]
        return httpx.Response(200, json=found)

    transport = httpx.MockTransport(answer)
    return PrefectServer(httpx.AsyncClient(base_url="http://prefect/api", transport=transport))


def artifact(run: str | None, *versions: int, site: str = "jpl") -> dict[str, object]:
    text = "\n".join(f"### Plan version {version} of {site}" for version in versions)
    return {"flow_run_id": run, "data": text}


async def test_runs_are_tied_to_plans_by_their_artifacts():
    found = await server(
        {
            "/artifacts/filter": [
                artifact("a", 1, 2),
                artifact("b", 3),
                artifact("b", 3),
                artifact("c", 4, site="elsewhere"),
                artifact(None, 5),
                {"flow_run_id": "d", "data": None},
            ],
            "/logs/filter": [{"flow_run_id": "a"}, {"flow_run_id": "a"}, {"flow_run_id": None}],
        }
    ).plan_runs("jpl")
    assert set(found) == {
        Run(flow_run_id="a", plan_version=1, log_lines=2),
        Run(flow_run_id="a", plan_version=2, log_lines=2),
        Run(flow_run_id="b", plan_version=3, log_lines=0),
    }


async def test_all_pages_are_read():
    many = [artifact(f"r{n}", n) for n in range(2 * PAGE + 1)]
    found = await server({"/artifacts/filter": many, "/logs/filter": []}).plan_runs("jpl")
    assert len(found) == len(many)


async def test_pausing_is_the_operators_button():
    asked: list[str] = []
    answers = {
        "/deployments/name/plan-site/plan-site": {"id": "x"},
        "/deployments/x/pause_deployment": None,
        "/deployments/x/resume_deployment": None,
    }
    prefect = server(answers, asked)
    await prefect.pause_planning(paused=True)
    await prefect.pause_planning(paused=False)
    assert asked[1::2] == ["POST /deployments/x/pause_deployment", "POST /deployments/x/resume_deployment"]


async def test_a_busy_server_is_asked_again():
    tries = []

    def late(_: httpx.Request) -> httpx.Response:
        tries.append(1)
        if len(tries) < 3:
            raise httpx.ReadTimeout("busy")
        return httpx.Response(200, json={"id": "x"})

    answers = {"/deployments/name/plan-site/plan-site": late, "/deployments/x/pause_deployment": None}
    await server(answers).pause_planning(paused=True)
    assert len(tries) == 3


@pytest.mark.parametrize("status", [404, 503])
async def test_a_server_that_refuses_is_named(status):
    answers = {"/deployments/name/plan-site/plan-site": lambda _: httpx.Response(status)}
    with pytest.raises(Unreachable, match="GET /deployments/name/plan-site/plan-site"):
        await server(answers).pause_planning(paused=True)
