"""What the demo asks of its Prefect server, over the API that the UI uses."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import stamina

from readyby.demo.facts import Run
from readyby.errors import Unreachable

PLAN_DEPLOYMENT = "plan-site/plan-site"
PAGE = 200
CALL_S = 15.0
PATIENCE_S = 90.0
_NAMED_PLAN = re.compile(r"Plan version (\d+) of ([\w.-]+)")


class PrefectServer:
    """A Prefect server's API.

    Raises (all): Unreachable where it does not answer, or answers with an error.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def plan_runs(self, site_id: str) -> tuple[Run, ...]:
        """One entry for each artifact that names a plan version, with the log lines of its flow run."""
        named: dict[str, set[int]] = {}
        body = {"artifacts": {"type": {"any_": ["markdown", "table"]}}}
        async for artifact in self._pages("/artifacts/filter", body):
            versions = {
                int(version)
                for version, site in _NAMED_PLAN.findall(str(artifact.get("data")))
                if site == site_id
            }
            if versions and artifact.get("flow_run_id"):
                named.setdefault(artifact["flow_run_id"], set()).update(versions)
        lines = await self._log_lines()
        return tuple(
            Run(flow_run_id=flow_run_id, plan_version=version, log_lines=lines.get(flow_run_id, 0))
            for flow_run_id, versions in named.items()
            for version in sorted(versions)
        )

    async def pause_planning(self, *, paused: bool) -> None:
        """Do what the operator's pause button of the planning deployment does."""
        deployment = await self._call("GET", f"/deployments/name/{PLAN_DEPLOYMENT}")
        verb = "pause_deployment" if paused else "resume_deployment"
        await self._call("POST", f"/deployments/{deployment['id']}/{verb}")

    async def _log_lines(self) -> dict[str, int]:
        lines: dict[str, int] = {}
        async for line in self._pages("/logs/filter", {}):
            if line.get("flow_run_id"):
                lines[line["flow_run_id"]] = lines.get(line["flow_run_id"], 0) + 1
        return lines

    async def _pages(self, path: str, body: Mapping[str, object]) -> AsyncIterator[dict[str, Any]]:
        offset = 0
        while rows := await self._call("POST", path, {**body, "limit": PAGE, "offset": offset}):
            for row in rows:
                yield row
            offset += len(rows)

    async def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Every call may be repeated: a server that is busy recording what it missed answers late."""
        try:
            async for attempt in stamina.retry_context(on=_may_pass, attempts=None, timeout=PATIENCE_S):
                with attempt:
                    response = await self._client.request(method, path, json=body)
                    response.raise_for_status()
        except httpx.HTTPError as error:
            raise Unreachable(f"Prefect server: {method} {path}: {error!r}") from error
        return response.json() if response.content else None


def _may_pass(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.is_server_error
    return isinstance(error, httpx.TransportError)


@asynccontextmanager
async def prefect_server(api_url: str) -> AsyncIterator[PrefectServer]:
    """The server behind an API URL, as long as the context lasts."""
    async with httpx.AsyncClient(base_url=api_url, timeout=CALL_S, trust_env=False) as client:
        yield PrefectServer(client)
