"""The Prefect server behind the lanes, through its own client."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from uuid import UUID

import httpx

from readyby.clocks import wall_now
from readyby.errors import NotFound, Unreachable
from readyby.runs.lane import Body, RunReport, Ticket
from readyby.store.api import RunRecord

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import State
    from prefect.flows import Flow

RECORDED_LATE = "recorded-late"
CALL_S = 10.0
LOGS_AFTER_S = (3.0, 5.0)
"""When to look for the lines of a run that has ended: Prefect's client sends them every two seconds."""

P = ParamSpec("P")
R = TypeVar("R")


def _told(call: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """The call, with the client's errors told in our words."""

    @functools.wraps(call)
    async def told(*args: P.args, **kwargs: P.kwargs) -> R:
        from prefect.exceptions import ObjectNotFound

        try:
            return await call(*args, **kwargs)
        except ObjectNotFound as error:
            raise NotFound(f"Prefect: {error}: run `make deploy`") from error
        except httpx.HTTPStatusError as error:
            raise Unreachable(f"Prefect: {error}") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unreachable(f"Prefect: {type(error).__name__}: is the server running?") from error

    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRun:
    """A run that somebody scheduled in the lanes' own work pool, for example by the Run button."""

    flow_run_id: str
    deployment: str
    parameters: dict[str, str]


class PrefectRuns:
    """Runs of deployments, created, executed and recorded through one open client.

    Raises (all):
        Unreachable: the server did not answer, or answered that it cannot now.
        NotFound: a deployment or the pool is not on the server yet.
    """

    def __init__(self, client: "PrefectClient", flows: "dict[str, Flow[Any, Any]]") -> None:
        self._client = client
        self._flows = flows
        self._ids: dict[str, UUID] = {}

    async def execute(self, deployment: str, ticket: Ticket, body: Body) -> None:
        """Run the body to the run's end.

        The engine is not told that the run has a deployment: it would open a websocket for each run, to
        learn of suspensions, and block this event loop until the server answers and again at the end.
        """
        from prefect.flow_engine import run_flow_async

        if ticket.flow_run_id is None:
            flow_run = await self._create(deployment, ticket.key, dict(ticket.parameters), tags=())
            ticket.flow_run_id = str(flow_run.id)
        else:
            flow_run = await self._client.read_flow_run(UUID(ticket.flow_run_id))
        await run_flow_async(
            _gated(self._flows[deployment], ticket, body),
            flow_run=flow_run.model_copy(update={"deployment_id": None}),
            parameters=dict(ticket.parameters),
            return_type="state",
        )

    @_told
    async def publish(self, flow_run_id: str, run: RunRecord) -> None:
        if run.artifact_markdown:
            await self._attach(UUID(flow_run_id), run)
        if run.logs and not await self._logs_arrived(UUID(flow_run_id)):
            await self._add_logs(UUID(flow_run_id), run)

    async def _attach(self, flow_run_id: UUID, run: RunRecord) -> None:
        from prefect.client.schemas.actions import ArtifactCreate

        await self._client.create_artifact(
            ArtifactCreate(
                key=run.deployment.partition("/")[2],
                type="markdown",
                data=run.artifact_markdown,
                description=f"{run.mode}, {run.started_at:%Y-%m-%d %H:%M:%S} UTC",
                flow_run_id=flow_run_id,
            )
        )

    async def _logs_arrived(self, flow_run_id: UUID) -> bool:
        """Whether the run's lines are there; Prefect sends them behind it, and forgets what it could not."""
        from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId

        of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id]))
        for wait_s in LOGS_AFTER_S:
            await asyncio.sleep(wait_s)
            if await self._client.read_logs(log_filter=of_run, limit=1):
                return True
        return False

    @_told
    async def file(self, run: RunRecord) -> str:
        from prefect.states import Completed, Failed, Running

        async with asyncio.timeout(CALL_S):
            flow_run = await self._create(
                run.deployment, run.run_key, dict(run.parameters), tags=(RECORDED_LATE,)
            )
            if RECORDED_LATE not in flow_run.tags:
                await self._client.update_flow_run(flow_run.id, tags=[*flow_run.tags, RECORDED_LATE])
            make = Completed if run.state == "Completed" else Failed
            ended: State[Any] = make(message=f"ran {run.started_at} to {run.ended_at}, {run.mode}")
            if flow_run.state is None or flow_run.state.type != ended.type:
                for state in (Running(), ended):
                    await self._client.set_flow_run_state(flow_run.id, state, force=True)
            await self._add_logs(flow_run.id, run)
            if run.artifact_markdown:
                await self._attach(flow_run.id, run)
        return str(flow_run.id)

    @_told
    async def due(self, pool: str) -> tuple[DueRun, ...]:
        """Runs of the pool whose time has come; each is marked Pending, so it comes only once."""
        from prefect.states import Pending

        found = await self._client.get_scheduled_flow_runs_for_work_pool(pool, scheduled_before=wall_now())
        names = {str(key): name for name, key in self._ids.items()}
        due = []
        for response in found:
            run = response.flow_run
            deployment = names.get(str(run.deployment_id))
            if deployment is None:
                continue
            await self._client.set_flow_run_state(run.id, Pending(), force=True)
            due.append(
                DueRun(flow_run_id=str(run.id), deployment=deployment, parameters=dict(run.parameters))
            )
        return tuple(due)

    @_told
    async def press(self, deployment: str, parameters: dict[str, str]) -> str:
        """Ask for a run the way the UI's Run button does; the flow run's id."""
        run = await self._client.create_flow_run_from_deployment(
            await self._deployment_id(deployment), parameters=parameters
        )
        return str(run.id)

    @_told
    async def paused(self, deployment: str) -> bool:
        """Whether operators paused this deployment."""
        found = await self._client.read_deployment(await self._deployment_id(deployment))
        return bool(found.paused)

    async def know_deployments(self) -> None:
        """Look up every lane's deployment once. Raises NotFound for one that is not deployed."""
        for name in self._flows:
            await self._deployment_id(name)

    async def _deployment_id(self, name: str) -> UUID:
        from prefect.exceptions import ObjectNotFound

        if name not in self._ids:
            try:
                self._ids[name] = (await self._client.read_deployment_by_name(name)).id
            except ObjectNotFound as error:
                raise NotFound(f"deployment {name}: not on this server: run `make deploy`") from error
        return self._ids[name]

    async def _create(
        self, deployment: str, key: str, parameters: dict[str, Any], *, tags: tuple[str, ...]
    ) -> Any:
        from prefect.states import Pending

        return await self._client.create_flow_run_from_deployment(
            await self._deployment_id(deployment),
            parameters=parameters,
            state=Pending(),
            name=f"{deployment.partition('/')[2]}-{run_label(key)}",
            tags=tags,
            idempotency_key=key,
        )

    async def _add_logs(self, flow_run_id: UUID, run: RunRecord) -> None:
        from prefect.client.schemas.actions import LogCreate

        levels = {"ERROR": 40, "WARNING": 30}
        lines = [
            LogCreate(
                name="readyby",
                level=levels.get(level, 20),
                message=text,
                timestamp=at,
                flow_run_id=flow_run_id,
            )
            for at, level, text in run.logs
        ]
        if lines:
            await self._client.create_logs(lines)


def run_label(key: str) -> str:
    """What tells one run's name from another's: the beginning of its core's mark, and its number."""
    owner, dash, number = key.rpartition("-")
    return f"{owner[:4]}-{number.lstrip('0') or '0'}" if dash else key[:8]


def _gated(flow: "Flow[Any, Any]", ticket: Ticket, body: Body) -> "Flow[Any, Any]":
    """The flow with a first line that takes the ticket.

    It names a place for results, though none is kept: else the engine asks the server twice where that
    is, over new connections, before the first line.
    """
    from prefect.settings import PREFECT_LOCAL_STORAGE_PATH

    @functools.wraps(flow.fn)
    async def first_line(*_: object, **__: object) -> RunReport:
        return await ticket.run("in_run", body)

    gated = flow.with_options(result_storage=PREFECT_LOCAL_STORAGE_PATH.value(), persist_result=False)
    gated.fn = first_line
    return gated


@asynccontextmanager
async def open_runs(flows: "dict[str, Flow[Any, Any]]") -> AsyncIterator[PrefectRuns]:
    """One client for all lanes, kept open; needs no server to be there yet.

    The synchronous one is never called: without it the engine makes one for each run, with all the
    certificates of this machine, before the first line. Bodies end in seconds, so the threads that would
    send heartbeats for each of them are left out.
    """
    from prefect.context import AsyncClientContext, SyncClientContext
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), SyncClientContext():
        async with AsyncClientContext() as context:
            yield PrefectRuns(context.client, flows)
