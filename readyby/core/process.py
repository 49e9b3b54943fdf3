"""Core's process: the store behind its socket in the main thread, the engine in a second one."""

import asyncio
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from readyby import wiring
from readyby.clock_source import READINGS
from readyby.clocks import DomainClock, SystemClock, wall_now
from readyby.core.domain_time import GrantedClock
from readyby.core.engine import Engine
from readyby.core.planner import PlannerProcess
from readyby.exchange_client import HttpExchange
from readyby.own_store import own_store
from readyby.runs.deployments import lane_flows
from readyby.runs.environment import enter_prefect_environment
from readyby.runs.lane import Lane
from readyby.secrets_file import read_secrets
from readyby.settings import PROJECT_ROOT, Settings
from readyby.sites import load_site
from readyby.sms import messenger
from readyby.store.api import Command, GrantedTime, PutSite, Query, Store, SubmitRequest
from readyby.store.service import create_service
from readyby.wiring import Adapters

FATAL_EXIT = 70
STOP_S = 8.0
SWITCH_S = 0.0005
"""How long a thread keeps the interpreter while others wait for it: acknowledgements before throughput."""

R = TypeVar("R")
log = structlog.get_logger()


class WakingStore:
    """The store as the outside reaches it: a driver's new word wakes the engine at once."""

    def __init__(self, store: Store, wake: Callable[[str], None]) -> None:
        self._store, self._wake = store, wake

    async def do(self, command: Command[R], *, op_id: str | None = None) -> R:
        result = await self._store.do(command, op_id=op_id)
        if isinstance(command, SubmitRequest):
            self._wake("plan")
        return result

    async def ask(self, query: Query[R]) -> R:
        return await self._store.ask(query)

    async def table(self, sql: str, limit: int = 100_000) -> pa.Table:
        return await self._store.table(sql, limit)


class EngineThread:
    """The engine in a thread and an event loop of its own: planning never delays an acknowledgement."""

    def __init__(self, adapters: Adapters, granted: GrantedClock | None) -> None:
        self._adapters, self._granted = adapters, granted
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._engine: Engine | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self, name: str) -> None:
        """Tell the engine that there is something to do; harmless while it is not up yet."""
        if self._engine is not None:
            self._engine.wakes.call(name)

    def stop(self) -> None:
        """Let the engine end; its work is in the store at every moment."""
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(STOP_S)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        from readyby.runs.prefect_runs import open_runs

        flows = lane_flows(PROJECT_ROOT / "prefect.yaml")
        async with open_runs(flows) as runs:
            store = self._adapters.store
            lanes = {name: Lane(name, flow.fn, runs, store) for name, flow in flows.items()}
            self._engine = Engine(
                self._adapters, lanes, runs, owner=secrets.token_hex(6), granted=self._granted
            )
            self._loop, self._task = asyncio.get_running_loop(), asyncio.create_task(self._engine.run())
            try:
                await self._task
            except asyncio.CancelledError:
                log.info("engine stopped")
            finally:
                for lane in lanes.values():
                    await lane.close()


def main(settings: Settings) -> None:
    """Run core until it is told to stop.

    Raises:
        Misconfigured: another core holds the database, or the socket's path is too long.
    """
    enter_prefect_environment(settings)
    sys.setswitchinterval(SWITCH_S)
    made = read_secrets(settings)
    store = own_store(settings, on_fatal=lambda: os._exit(FATAL_EXIT))
    granted = _granted_clock(settings, store.ask_sync(GrantedTime()))
    clock: DomainClock = granted or SystemClock()
    store.do_sync(PutSite(site=load_site(settings.data_dir, settings.site_id), at=clock.now()))
    planner = PlannerProcess()
    adapters = Adapters(
        store=store,
        exchange=HttpExchange(settings.exchange_url, made.exchange_token),
        messenger=messenger(settings),
        clock=clock,
        settings=settings,
        planner=planner,
    )
    wiring.use(adapters)
    engine = EngineThread(adapters, granted)
    engine.start()
    try:
        _serve(settings.socket_path, _app(WakingStore(store, engine.wake), granted))
    finally:
        engine.stop()
        planner.close()
        store.close()


def _granted_clock(settings: Settings, granted: datetime | None) -> GrantedClock | None:
    if settings.speed is None:
        return None
    return GrantedClock(granted or settings.domain_start or wall_now(), settings.speed)


def _app(store: Store, granted: GrantedClock | None) -> Starlette:
    async def clock(_: Request) -> Response:
        if granted is None:
            return JSONResponse({"detail": "time is not scaled here"}, status_code=404)
        return Response(READINGS.dump_json(granted.reading()), media_type="application/json")

    return create_service(store, [Route("/clock", clock)])


def _serve(path: Path, app: Starlette) -> None:
    """Serve on a Unix socket that only this user may open; a socket left by a dead core is replaced."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(mask)
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=3,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        path.unlink(missing_ok=True)
