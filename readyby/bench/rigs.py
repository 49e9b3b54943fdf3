"""A charging network and the adapter to it in one process, in virtual time: what the fault matrix runs on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx
import orjson
from pydantic import SecretStr
from starlette.requests import Request

from readyby.bench.in_process import in_process_session
from readyby.clocks import SetClock
from readyby.exchange.adapter import Adapter
from readyby.exchange.chargepoint.adapter import ChargepointAdapter
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.soap import Soap
from readyby.exchange.native import RULES, NativeAdapter
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.http import OcpiHttp
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.exchange.ocpp.adapter import OcppAdapter
from readyby.exchange.ocpp.settings import OcppSettings, Station
from readyby.exchange.way import Way
from readyby.model import Site
from readyby.network.app import SimulatedNetwork
from readyby.network.door import FaultyDoor, Page
from readyby.network.faces.chargepoint import ChargepointFace, Quirks
from readyby.network.faces.chargepoint_xml import answer, fault
from readyby.network.faces.ocpi import OcpiFace
from readyby.network.faces.ocpp import OcppFace
from readyby.network.faults import FaultDesk
from readyby.network.network import Network
from readyby.network.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """An adapter and what lies behind it; `told` sends off whatever the network has to tell by now."""

    adapter: Adapter
    network: Network
    told: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a rig is built for."""

    site: Site
    visits: Sequence[Visit]
    clock: SetClock
    desk: FaultDesk

    def network(self) -> Network:
        """The simulated network of the scene."""
        return Network(self.site, self.visits, start_at=self.clock.now(), faults=self.desk)

    def machine_s(self) -> float:
        """The machine's clock of the scene: it goes as the domain's."""
        return self.clock.now().timestamp()


class MachineHand:
    """A machine clock for calls in virtual time: waiting moves it."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._waited_s = scene, 0.0

    def __call__(self) -> float:
        return self._scene.machine_s() + self._waited_s

    def pause(self, seconds: float) -> None:
        self._waited_s += seconds


Build = Callable[[Scene], contextlib.AbstractAsyncContextManager[Rig]]


@contextlib.asynccontextmanager
async def native_rig(scene: Scene) -> AsyncIterator[Rig]:
    """The native API, called in process."""
    network = scene.network()
    cloud = SimulatedNetwork(network, scene.visits, clock=scene.clock, vendor_key="key")
    failure = orjson.dumps({"error": "internal"})
    door = FaultyDoor(cloud.app, scene.desk, scene.clock.now, failure=failure, endless=_same_page)
    way = Way("vendor", RULES, monotonic_s=scene.machine_s, chance=lambda: 0.0)
    adapter = NativeAdapter("http://vendor", "key", transport=httpx.ASGITransport(app=door), way=way)

    async def told() -> None:
        network.advance(scene.clock.now(), 0)

    yield Rig(adapter=adapter, network=network, told=told, close=adapter.close)


def _same_page(body: bytes, headers: dict[str, str], request: Request) -> Page | None:
    """A page of changes that leads to itself."""
    cursor = request.query_params.get("cursor")
    page = orjson.loads(body) if body[:1] == b"{" else {}
    if "more" not in page or not cursor:
        return None
    return orjson.dumps({**page, "cursor": cursor, "more": True}), headers


@contextlib.asynccontextmanager
async def ocpi_rig(scene: Scene) -> AsyncIterator[Rig]:
    """A CPO and the OCPI adapter; both call each other in process."""
    network, hand = scene.network(), MachineHand(scene)
    face = OcpiFace(
        network,
        public_url="http://cpo",
        token_a="token-a",  # noqa: S106 - a simulated operator's
        advance=lambda: network.advance(scene.clock.now(), 0),
    )
    failure = orjson.dumps({"status_code": 3000, "timestamp": "2019-07-24T14:00:00Z"})
    door = FaultyDoor(face.app, scene.desk, scene.clock.now, failure=failure, endless=_looping_link)
    loop = asyncio.get_running_loop()
    settings = OcpiSettings(
        versions_url="http://cpo/versions",
        token_a=SecretStr("token-a"),
        public_url="http://us",
        caps_held=True,
        deadline_s=2.0,
    )
    adapter = OcpiAdapter(
        settings,
        scene.clock,
        sites=(scene.site,),
        http=lambda settings, token: OcpiHttp(
            settings,
            token,
            monotonic_s=hand,
            pause=hand.pause,
            new_session=lambda: in_process_session(door, loop),
        ),
    )
    face.teller.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=adapter.receiver))
    await asyncio.to_thread(adapter.registration.register)

    async def close() -> None:
        await face.teller.client.aclose()

    yield Rig(adapter=adapter, network=network, told=face.teller.tell, close=close)


def _looping_link(body: bytes, headers: dict[str, str], request: Request) -> Page | None:
    """A Link that leads to its own page."""
    if "limit" not in request.query_params:
        return None
    return body, {**headers, "Link": f'<{request.url}>; rel="next"'}


@contextlib.asynccontextmanager
async def ocpp_rig(scene: Scene) -> AsyncIterator[Rig]:
    """Stations and the OCPP adapter, by websockets on the loopback."""
    network = scene.network()
    stations = {str(evse.evse_id): Station(connectors={"1": str(evse.evse_id)}) for evse in scene.site.evses}
    settings = OcppSettings(port=0, without_passwords=True, stations=stations, call_within_s=2.0)
    adapter = OcppAdapter(settings, scene.clock, sites=(scene.site,))
    await adapter.open()
    face = OcppFace(
        network,
        url=f"ws://127.0.0.1:{adapter.port}/ocpp",
        advance=lambda: network.advance(scene.clock.now(), 0),
    )
    async with face.connected():
        await adapter.settled()
        yield Rig(adapter=adapter, network=network, told=face.tell, close=adapter.close)


@contextlib.asynccontextmanager
async def chargepoint_rig(scene: Scene) -> AsyncIterator[Rig]:
    """A ChargePoint account and its adapter, called in process; its answers are half a minute old at most."""
    network, hand = scene.network(), MachineHand(scene)
    face = ChargepointFace(
        network,
        key="key",
        password="password",  # noqa: S106 - a simulated account's
        advance=lambda: network.advance(scene.clock.now(), 0),
        quirks=Quirks(cache=timedelta(seconds=20)),
    )
    door = FaultyDoor(
        face.app,
        scene.desk,
        scene.clock.now,
        failure=answer("getLoad", {"responseCode": "999", "responseText": "internal"}),
        stranger=(500, fault("FailedAuthentication", "Authentication failed")),
        endless=SamePage(),
    )
    loop = asyncio.get_running_loop()
    settings = ChargepointSettings(
        url="http://127.0.0.1/services",
        license_key=SecretStr("key"),
        password=SecretStr("password"),
        stations=face.stations,
        token="credentialID",  # noqa: S106 - a field's name
        caps_held=True,
        load_every=timedelta(seconds=30),
        summaries_every=timedelta(minutes=1),
        lag=timedelta(minutes=1),
        calls_per_minute=1_200,
        calls_at_once=120,
    )
    adapter = ChargepointAdapter(
        settings,
        scene.clock,
        sites=(scene.site,),
        soap=lambda settings: Soap(
            settings,
            monotonic_s=hand,
            pause=hand.pause,
            new_session=lambda: in_process_session(door, loop),
        ),
    )

    async def told() -> None:
        network.advance(scene.clock.now(), 0)

    yield Rig(adapter=adapter, network=network, told=told, close=adapter.close)


class SamePage:
    """A list of sessions that never ends: its first page says that there is more, and comes again."""

    def __init__(self) -> None:
        self._first: bytes | None = None

    def __call__(self, body: bytes, headers: dict[str, str], _request: Request) -> Page | None:
        if b"getChargingSessionDataResponse" not in body:
            return None
        if self._first is None and b"<ChargingSessionData>" in body:
            self._first = body.replace(b"<MoreFlag>0<", b"<MoreFlag>1<")
        return None if self._first is None else (self._first, headers)


RIGS: dict[str, Build] = {
    "native": native_rig,
    "ocpi": ocpi_rig,
    "ocpp": ocpp_rig,
    "chargepoint": chargepoint_rig,
}
