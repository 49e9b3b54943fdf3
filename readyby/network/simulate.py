"""`readyby simulate-network`: a charging network of its own process, behind one of its faces, in real time.

What was injected is written to a file that this user alone may read; nothing tells it over the network.
"""

import asyncio
import contextlib
import os
import random
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from readyby.clocks import DomainClock, SystemClock
from readyby.errors import BadInput
from readyby.model import Evse, EvseId, Site, SiteId
from readyby.network.app import SimulatedNetwork
from readyby.network.door import FaultyDoor
from readyby.network.faces.chargepoint import ChargepointFace, Quirks
from readyby.network.faces.chargepoint_xml import answer, fault
from readyby.network.faces.ocpi import OcpiFace
from readyby.network.faces.ocpp import OcppFace
from readyby.network.faults import FaultDesk, read_faults
from readyby.network.network import Network
from readyby.network.visits import CAR_KW, Visit

VOLTS = 208.0
AHEAD = timedelta(days=7)
LEDGER_EVERY_S = 2.0
CACHED = timedelta(seconds=60)
CALLS_PER_MINUTE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What to simulate; `key` guards it, empty: a new one is made and said."""

    face: str
    evses: int
    faults: Path | None = None
    ledger: Path | None = None
    port: int = 8430
    url: str = "ws://127.0.0.1:8887/ocpp"
    key: str = ""
    seed: int = 0


def simulated_site(count: int) -> Site:
    """So many outlets of 208 V and 32 A; their standing caps fit the limit."""
    kw_per_a = VOLTS / 1000
    evses = tuple(
        Evse(
            evse_id=EvseId(f"SIM-{number:04d}"),
            max_kw=32 * kw_per_a,
            min_kw=6 * kw_per_a,
            standing_cap_kw=6 * kw_per_a,
            voltage_v=VOLTS,
        )
        for number in range(1, count + 1)
    )
    return Site(
        site_id=SiteId("simulated"),
        name="Simulated",
        time_zone="UTC",
        limit_kw=count * 3.0,
        tariff_id="none",
        evses=evses,
    )


def simulated_visits(site: Site, start_at: datetime, seed: int) -> tuple[Visit, ...]:
    """A week of cars: some hours at an outlet, some hours nobody, energies that fit the stay."""
    visits = []
    for evse in site.evses:
        chance = random.Random(f"{seed}/{evse.evse_id}")
        at = start_at - timedelta(minutes=chance.uniform(0, 90))
        while at < start_at + AHEAD:
            stay_h = chance.triangular(1.5, 11, 8)
            car_kw = chance.choice(CAR_KW)
            visits.append(
                Visit(
                    session_id=f"{evse.evse_id}-{at:%Y%m%dT%H%M%S}",
                    evse_id=str(evse.evse_id),
                    token_uid=f"CARD-{chance.randrange(10**6):06d}",
                    arrives_at=at,
                    leaves_at=at + timedelta(hours=stay_h),
                    energy_kwh=min(chance.triangular(3, 45, 14), car_kw * stay_h * 0.9),
                    car_kw=car_kw,
                    efficiency=chance.uniform(0.95, 0.98),
                )
            )
            at += timedelta(hours=stay_h + chance.uniform(0.1, 6))
    return tuple(sorted(visits, key=lambda visit: visit.arrives_at))


def run_simulation(simulation: Simulation, say: Callable[[str], None]) -> None:
    """Serve until told to stop.

    Raises:
        BadInput: the face or the faults are unknown.
    """
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(simulation, SystemClock(), say))


async def _run(simulation: Simulation, clock: DomainClock, say: Callable[[str], None]) -> None:
    key = simulation.key or secrets.token_urlsafe(18)
    start_at = clock.now()
    desk = read_faults(simulation.faults, start_at) if simulation.faults else FaultDesk()
    site = simulated_site(simulation.evses)
    visits = simulated_visits(site, start_at, simulation.seed)
    network = Network(site, visits, start_at=start_at, seed=simulation.seed, faults=desk)
    say(f"{simulation.evses} EVSEs SIM-0001 ... behind {simulation.face}; key: {key}")
    keeping = asyncio.create_task(_keep_ledger(desk, simulation.ledger))
    try:
        if simulation.face == "ocpp":
            await _connect(simulation, network, clock, key)
        else:
            app = _application(simulation, network, visits, clock=clock, key=key)
            say(f"serving on http://127.0.0.1:{simulation.port}")
            config = uvicorn.Config(app, host="127.0.0.1", port=simulation.port, log_config=None)
            await uvicorn.Server(config).serve()
    finally:
        keeping.cancel()
        _write_ledger(desk, simulation.ledger)


def _application(
    simulation: Simulation,
    network: Network,
    visits: Sequence[Visit],
    *,
    clock: DomainClock,
    key: str,
) -> ASGIApp:
    desk = network.faults
    if simulation.face == "native":
        cloud = SimulatedNetwork(network, visits, clock=clock, vendor_key=key)
        return _alive(FaultyDoor(cloud.app, desk, clock.now, failure=b'{"error": "internal"}'), cloud.running)
    if simulation.face == "ocpi":
        face = OcpiFace(
            network,
            public_url=f"http://127.0.0.1:{simulation.port}",
            token_a=key,
            advance=lambda: network.advance(clock.now(), 0),
        )
        door = FaultyDoor(face.app, desk, clock.now, failure=b'{"status_code": 3000}')
        return _alive(door, face.teller.running)
    if simulation.face == "chargepoint":
        return _chargepoint(network, clock, key)
    raise BadInput("face", simulation.face, "choose native, ocpi, ocpp or chargepoint")


def _chargepoint(network: Network, clock: DomainClock, key: str) -> ASGIApp:
    """The service's face. Its stations hold no standing caps, as real ones do not by themselves."""
    face = ChargepointFace(
        network,
        key=key,
        password=key,
        advance=lambda: network.advance(clock.now(), 0),
        quirks=Quirks(cache=CACHED, calls_per_minute=CALLS_PER_MINUTE),
        caps_held=False,
    )
    return FaultyDoor(
        face.app,
        network.faults,
        clock.now,
        failure=answer("getLoad", {"responseCode": "999", "responseText": "internal"}),
        stranger=(500, fault("FailedAuthentication", "Authentication failed")),
    )


def _alive(app: ASGIApp, running: Callable[[], contextlib.AbstractAsyncContextManager[None]]) -> ASGIApp:
    """An application together with the life of what is behind it."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with running():
            yield

    outer = Starlette(lifespan=lifespan)
    outer.mount("/", app)
    return outer


async def _connect(simulation: Simulation, network: Network, clock: DomainClock, key: str) -> None:
    passwords = {str(evse.evse_id): key for evse in network.site.evses}
    face = OcppFace(
        network,
        url=simulation.url,
        passwords=passwords,
        advance=lambda: network.advance(clock.now(), 0),
    )
    async with face.running():
        await asyncio.Event().wait()


async def _keep_ledger(desk: FaultDesk, path: Path | None) -> None:
    while path is not None:
        _write_ledger(desk, path)
        await asyncio.sleep(LEDGER_EVERY_S)


def _write_ledger(desk: FaultDesk, path: Path | None) -> None:
    if path is not None:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps(desk.told()))
