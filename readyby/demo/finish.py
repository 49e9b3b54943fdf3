"""The end of a measured demo: control is handed back, all comes to its end, and then it is looked at."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from readyby.demo.facts import Facts, Kept, Run
from readyby.demo.kept import is_quiet, read_kept
from readyby.demo.ledger import read_world
from readyby.demo.prefect_view import PrefectServer, prefect_server
from readyby.demo.report import Report, make_report
from readyby.model import Site
from readyby.settings import Settings
from readyby.store.api import Store
from readyby.tariff_files import tariff_of

QUIET_WITHIN_S = 60.0
RUNS_WITHIN_S = 240.0
LOOK_EVERY_S, LOOK_AT_RUNS_EVERY_S = 0.25, 2.0
T = TypeVar("T")


async def finish(
    settings: Settings, site: Site, store: Store, ledger_key: str, speed_reached: float
) -> Report:
    """Pause planning, wait (with a limit) until nothing is under way, and report what can be seen.

    Raises:
        Unreachable: a part does not answer.
    """
    async with prefect_server(settings.prefect_api) as server:
        await server.pause_planning(paused=True)
        try:
            kept = await _wait_for(lambda: read_kept(store), is_quiet, QUIET_WITHIN_S)
            world = await read_world(settings, ledger_key)
            runs = await _wait_for_runs(server, site, kept)
        finally:
            await server.pause_planning(paused=False)
    facts = Facts(
        world=world,
        kept=kept,
        runs=runs,
        limit_kw=site.limit_kw,
        circuits=site.circuits,
        speed_asked=settings.speed or 1.0,
        speed_reached=speed_reached,
    )
    return make_report(facts, tariff_of(site, settings.data_dir))


async def _wait_for_runs(server: PrefectServer, site: Site, kept: Kept) -> tuple[Run, ...]:
    """Runs are recorded behind the plans: wait until each plan of this moment has its own."""
    wanted = set(kept.plan_versions)

    def all_there(runs: tuple[Run, ...]) -> bool:
        return wanted <= {run.plan_version for run in runs if run.log_lines}

    return await _wait_for(
        lambda: server.plan_runs(site.site_id), all_there, RUNS_WITHIN_S, every_s=LOOK_AT_RUNS_EVERY_S
    )


async def _wait_for(
    read: Callable[[], Awaitable[T]],
    enough: Callable[[T], bool],
    within_s: float,
    *,
    every_s: float = LOOK_EVERY_S,
) -> T:
    """Read until it is enough or the time is over; what was read last."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not enough(found := await read()) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - asked over HTTP
        await asyncio.sleep(every_s)
    return found
