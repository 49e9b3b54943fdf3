"""The driver app as its own process beside a store with cars plugged in: what drivers meet, and no more."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import httpx
import orjson
import psutil
import uvicorn

from readyby import links
from readyby.clocks import SystemClock
from readyby.demo.ports import any_free_port
from readyby.errors import Unreachable
from readyby.model import Evse, EvseId, Site, SiteId
from readyby.store.api import (
    ClaimMessages,
    ImportParticipants,
    IngestPage,
    MatchSessions,
    ParticipantRow,
    PutSite,
    SettleMessage,
)
from readyby.store.engine import LocalStore, open_store
from readyby.store.service import create_service

CARS: Final = 60
_SPAWN: Final = multiprocessing.get_context("spawn")
UP_WITHIN_S: Final = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSite:
    """The app's address, a link of each car's driver, and the app's process."""

    url: str
    links: tuple[str, ...]
    process: psutil.Process


@contextmanager
def driver_site(folder: Path) -> Iterator[DriverSite]:
    """Run the app and its store until the context ends. Raises Unreachable when the app does not come up."""
    port = any_free_port()
    url = f"http://127.0.0.1:{port}"
    ours, theirs = _SPAWN.Pipe()
    core = _SPAWN.Process(target=_serve, args=(folder, theirs), daemon=True)
    core.start()
    keys: list[str] = ours.recv()
    settings = {"STATE_DIR": str(folder), "PUBLIC_URL": url, "DRIVER_PORT": str(port), "TOML": os.devnull}
    app = subprocess.Popen(
        [sys.executable, "-m", "readyby", "driver-app"],
        env={**os.environ, **{f"READYBY_{name}": value for name, value in settings.items()}},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_up(app, url)
        yield DriverSite(
            url=url, links=tuple(links.link(url, key) for key in keys), process=psutil.Process(app.pid)
        )
    finally:
        app.terminate()
        app.wait(timeout=15)
        core.terminate()
        core.join(timeout=10)


def _serve(folder: Path, keys: Connection) -> None:
    """The store with its cars, in a process of its own as in life."""
    store = open_store(folder / "readyby.duckdb", pepper=b"benchmark" * 4)
    keys.send(_plug_in(store))
    uvicorn.run(create_service(store), uds=str(folder / "core.sock"), log_config=None, access_log=False)


def _plug_in(store: LocalStore) -> list[str]:
    """A site whose every EVSE has a participant's car; the link keys of their welcomes."""
    now, site_id = SystemClock().now(), SiteId("bench")
    evses = tuple(
        Evse(evse_id=EvseId(f"B{n}"), max_kw=6.656, min_kw=1.248, standing_cap_kw=2.4, voltage_v=208.0)
        for n in range(CARS)
    )
    site = Site(
        site_id=site_id,
        name="Benchmark",
        time_zone="America/Los_Angeles",
        limit_kw=3.0 * CARS,
        tariff_id="sce_tou_ev_4_march_2019",
        evses=evses,
    )
    store.do_sync(PutSite(site=site, at=now))
    store.do_sync(
        ImportParticipants(rows=tuple(_person(n, now) for n in range(CARS)), at=now - timedelta(days=1))
    )
    store.do_sync(IngestPage(body=_page(now), received_at=now))
    store.do_sync(MatchSessions(now=now))
    keys = [links.new_key() for _ in range(CARS)]
    claimed = store.do_sync(ClaimMessages(now=now, key_hashes=tuple(links.key_hash(key) for key in keys)))
    for message in claimed:
        store.do_sync(SettleMessage(message_id=message.message_id, state="sent", at=now))
    return keys[: len(claimed)]


def _person(number: int, now: datetime) -> ParticipantRow:
    return ParticipantRow(
        line=number + 2,
        token_uid=f"BENCH{number}",
        phone=f"+1213555{number:04d}",
        consent_at=now - timedelta(days=2),
        consent_source="benchmark",
        wh_per_mi=300.0,
        synthetic=True,
    )


def _page(now: datetime) -> bytes:
    sessions = [
        {
            "session_id": f"S{n}",
            "site_id": "bench",
            "evse_id": f"B{n}",
            "token_uid": f"BENCH{n}",
            "status": "ACTIVE",
            "started_at": now.isoformat(),
            "energy_kwh": 0.0,
            "last_updated": now.isoformat(),
        }
        for n in range(CARS)
    ]
    names = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")
    columns: dict[str, list[object]] = {name: [] for name in names}
    return orjson.dumps({"next": 1, "as_of": now.isoformat(), "sessions": sessions, "meter_values": columns})


def _wait_until_up(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz", timeout=2.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise Unreachable(f"driver app: not up at {url} within {UP_WITHIN_S:.0f} s")
