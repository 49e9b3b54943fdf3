"""The in-memory twin of the Prefect server: up, away (every call fails) or frozen (every call hangs)."""

import asyncio

from readyby.errors import Unreachable
from readyby.runs.lane import Body, Ticket
from readyby.runs.prefect_runs import DueRun
from readyby.store.api import RunRecord


class MemoryRuns:
    """Keeps what it was told: `executed` and `filed` run keys, `published` tables by flow run id."""

    def __init__(self) -> None:
        self.state = "up"
        self.executed: list[str] = []
        self.filed: list[str] = []
        self.published: dict[str, str] = {}
        self.due_runs: list[DueRun] = []
        self.paused_deployments: set[str] = set()
        self._thawed = asyncio.Event()
        self._thawed.set()

    def freeze(self) -> None:
        self._thawed.clear()

    def thaw(self) -> None:
        self._thawed.set()

    async def execute(self, _deployment: str, ticket: Ticket, body: Body) -> None:
        await self._answer()
        ticket.flow_run_id = ticket.flow_run_id or f"run-of-{ticket.key}"
        self.executed.append(ticket.key)
        await ticket.run("in_run", body)
        await self._answer()

    async def publish(self, flow_run_id: str, run: RunRecord) -> None:
        await self._answer()
        self.published[flow_run_id] = run.artifact_markdown

    async def file(self, run: RunRecord) -> str:
        await self._answer()
        if run.run_key not in self.filed:
            self.filed.append(run.run_key)
        flow_run_id = f"run-of-{run.run_key}"
        self.published[flow_run_id] = run.artifact_markdown
        return flow_run_id

    async def due(self, _pool: str) -> tuple[DueRun, ...]:
        await self._answer()
        found, self.due_runs = tuple(self.due_runs), []
        return found

    async def paused(self, deployment: str) -> bool:
        await self._answer()
        return deployment in self.paused_deployments

    async def _answer(self) -> None:
        if self.state == "away":
            raise Unreachable("runs: the server is away")
        await self._thawed.wait()
