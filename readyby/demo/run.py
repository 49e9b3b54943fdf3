"""The demo from start to stop: begin, come up, be watched, report, and leave nothing behind."""

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from readyby.demo.finish import finish
from readyby.demo.parts import demo_parts
from readyby.demo.report import Report
from readyby.demo.stage import Stage
from readyby.demo.start import Begun, Wish
from readyby.demo.supervisor import Supervisor
from readyby.demo.watch import Watcher
from readyby.settings import Settings
from readyby.sites import load_site
from readyby.store.client import StoreClient

T = TypeVar("T")

LOOK_EVERY_S = 0.5
REFRESH_EVERY_S = 0.2


async def run_demo(wish: Wish, begun: Begun, stage: Stage) -> Report | None:
    """Run until interrupted, or until as many as wished are served; the report if one was asked for.

    Raises:
        PartFailed: a part could not be started or kept.
        Unreachable: a part did not answer what the report needs.
    """
    settings = begun.settings
    site = load_site(settings.data_dir, settings.site_id)
    ledger_key = secrets.token_urlsafe(32)
    supervisor = Supervisor(
        demo_parts(settings, ledger_key), log_dir=settings.state_dir / "logs", tell=stage.tell
    )
    store = StoreClient(settings.socket_path)
    watcher = Watcher(settings, site, store, demo_urls(settings))
    with _interrupts() as interrupted, stage:
        try:
            if await _unless(interrupted, _come_up(supervisor, stage)) is None:
                return None
            watched = asyncio.create_task(supervisor.watch())
            try:
                await _unless(interrupted, _be_watched(wish, watcher, watched, stage))
                if not wish.as_json:
                    return None
                stage.say("settling: control is handed back, commands come to their end")
                interrupted.clear()  # a second Ctrl-C means now
                reached = watcher.speed_reached or 0.0
                return await _unless(interrupted, finish(settings, site, store, ledger_key, reached))
            finally:
                watched.cancel()
        finally:
            stage.say("stopping")
            await supervisor.stop()
            await store.aclose()
            begun.folder.close()


def demo_urls(settings: Settings) -> dict[str, str]:
    """What people open, by a short name."""
    return {
        "drivers' phones": f"{settings.phones_url}/",
        "driver app": settings.public_url,
        "monitor": f"http://127.0.0.1:{settings.monitor_port}",
        "Prefect": f"http://127.0.0.1:{settings.prefect_port}",
        "exchange": f"{settings.exchange_url}/openapi.json",
    }


async def _come_up(supervisor: Supervisor, stage: Stage) -> bool:
    starting = asyncio.create_task(supervisor.start())
    try:
        while not starting.done():
            await asyncio.wait({starting}, timeout=REFRESH_EVERY_S)
            stage.refresh()
        await starting
        return True
    finally:
        starting.cancel()


async def _be_watched(wish: Wish, watcher: Watcher, watched: "asyncio.Task[None]", stage: Stage) -> None:
    while True:
        stage.show(await watcher.look())
        if wish.until_served is not None and await watcher.served() >= wish.until_served:
            return
        done, _ = await asyncio.wait({watched}, timeout=LOOK_EVERY_S)
        if done:
            await watched


async def _unless(interrupted: asyncio.Event, body: Coroutine[Any, Any, T]) -> T | None:
    """What the body comes to; None if the interrupt comes first."""
    task, stopped = asyncio.create_task(body), asyncio.create_task(interrupted.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        task.cancel()
        stopped.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)


@contextlib.contextmanager
def _interrupts() -> Iterator[asyncio.Event]:
    """Ctrl-C, SIGTERM and a closed terminal all ask for the same orderly end."""
    interrupted, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, interrupted.set)
    try:
        yield interrupted
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
