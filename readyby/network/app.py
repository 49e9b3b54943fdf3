"""The vendor cloud's HTTP face (docs/vendor-native.md) and the life of the simulated network behind it."""

import asyncio
import contextlib
import hmac
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from readyby.clocks import DomainClock, machine_ms
from readyby.envelope import us
from readyby.interval import utc
from readyby.model import Site
from readyby.network.beside import beside
from readyby.network.changes import Honest, Mischief
from readyby.network.network import Network
from readyby.network.visits import Visit, read_visits

STEP_EVERY_S = 0.1
SNAPSHOT_EVERY_S = 2.0
MAX_PAGE = 20_000
MAX_BODY_BYTES = 16 * 1024 * 1024

log = structlog.get_logger("readyby.network")
Handler = Callable[[Request], Awaitable[Response]]


class SimulatedNetwork:
    """A network that follows a domain clock: routes to mount, a life to enter, a ledger for the report.

    Snapshots go to `snapshot_path` (None: nowhere) every two machine seconds and at the end.
    """

    def __init__(
        self,
        network: Network,
        visits: Sequence[Visit],
        *,
        clock: DomainClock,
        vendor_key: str,
        snapshot_path: Path | None = None,
    ) -> None:
        self.network = network
        self._clock = clock
        self._key = vendor_key
        self._snapshot_path = snapshot_path
        if snapshot_path is not None and snapshot_path.exists():
            network.restore(orjson.loads(snapshot_path.read_bytes()), visits)
            log.info("network goes on", at=network.at.isoformat())

    @property
    def routes(self) -> list[Route]:
        """The vendor's API, to be mounted under its address."""
        return [
            Route("/outlets", self._keyed(self._list_outlets), methods=["GET"]),
            Route("/changes", self._keyed(self._tell_changes), methods=["GET"]),
            Route("/orders", self._keyed(self._take_orders), methods=["POST"]),
            Route("/active", self._keyed(self._tell_active), methods=["POST"]),
        ]

    @property
    def app(self) -> Starlette:
        """The vendor's API with its life, as an application of its own."""

        @contextlib.asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            async with self.running():
                yield

        return Starlette(routes=self.routes, lifespan=lifespan)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the clock as long as the context lasts."""
        try:
            async with beside(self._follow()):
                yield
        finally:
            self._save()

    def ledger_json(self, since: datetime | None = None) -> dict[str, Any]:
        """What really happened: `docs/vendor-native.md` names the fields."""
        self._advance()
        return self.network.ledger_json(since)

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        saved_s = loop.time()
        while True:
            self._advance()
            if loop.time() - saved_s >= SNAPSHOT_EVERY_S:
                self._save()
                saved_s = loop.time()
            await asyncio.sleep(STEP_EVERY_S)

    def _advance(self) -> None:
        self.network.advance(self._clock.now(), machine_ms())

    def _save(self) -> None:
        """Replace the snapshot in one move, so that a kill leaves the old one or the new one."""
        if self._snapshot_path is None:
            return
        self._snapshot_path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._snapshot_path.with_suffix(".draft")
        draft.write_bytes(orjson.dumps(self.network.kept(), option=orjson.OPT_NON_STR_KEYS))
        draft.replace(self._snapshot_path)

    # --- the vendor's API -----------------------------------------------------------------------------

    def _keyed(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            given = request.headers.get("X-Api-Key", "")
            if not hmac.compare_digest(given.encode(), self._key.encode()):
                return _json({"error": "the X-Api-Key is missing or wrong"}, 401)
            self._advance()
            return await handler(request)

        return checked

    async def _list_outlets(self, _request: Request) -> Response:
        return _json({"outlets": [_outlet(self.network.site, evse) for evse in self.network.site.evses]})

    async def _tell_changes(self, request: Request) -> Response:
        cursor = request.query_params.get("cursor")
        try:
            limit = min(int(request.query_params.get("max", "5000")), MAX_PAGE)
            return _json(self.network.page(cursor, limit))
        except ValueError:
            return _json({"error": "cursor and max must be as this API gave them"}, 400)

    async def _take_orders(self, request: Request) -> Response:
        orders = await _listed(request, "orders")
        if orders is None:
            return _json({"error": "send a JSON object with a list of orders"}, 400)
        now_us = us(self.network.at)
        charging = self.network.charging
        results = [
            self.network.orders.take(order, charging, now_us) for order in orders if isinstance(order, dict)
        ]
        return _json({"results": results})

    async def _tell_active(self, request: Request) -> Response:
        outlets = await _listed(request, "outlets")
        if outlets is None:
            return _json({"error": "send a JSON object with a list of outlets"}, 400)
        now_us = us(self.network.at)
        active = [
            {"outlet": outlet, "order": self.network.orders.active(outlet, now_us)}
            for outlet in map(str, outlets)
        ]
        return _json({"active": active})


def create_network(
    site: Site,
    *,
    clock: DomainClock,
    vendor_key: str,
    data_dir: Path,
    first_day: date,
    days: int = 14,
    seed: int = 0,
    disobedient: int = 2,
    mischief: bool = True,
    sample_s: int = 60,
    snapshot_path: Path | None = None,
) -> SimulatedNetwork:
    """The network of a site, replaying the real sessions of `days` local days from `first_day` on.

    Cars that came since the first day's midnight are there when the clock starts, charged at standing caps.

    Raises:
        NotFound: there are no sessions of the site on that day.
    """
    visits = read_visits(data_dir, site, first_day, days=days, seed=seed)
    midnight = utc(datetime(first_day.year, first_day.month, first_day.day, tzinfo=ZoneInfo(site.time_zone)))
    network = Network(
        site,
        visits,
        start_at=midnight,
        seed=seed,
        sample_s=sample_s,
        ignoring=who_ignores(site, visits, disobedient, seed),
        mischief=Mischief(f"{seed}/mischief") if mischief else Honest(),
    )
    return SimulatedNetwork(network, visits, clock=clock, vendor_key=vendor_key, snapshot_path=snapshot_path)


def who_ignores(site: Site, visits: Sequence[Visit], count: int, seed: int) -> dict[str, datetime]:
    """The outlets that stop to obey, and when: one after another, while a car with a long need is there.

    They lie at least half an hour apart, since a limit can be kept through one surprise at a time.
    """
    controlled = {str(evse.evse_id) for evse in site.evses if evse.controlled}
    chance = random.Random(f"{seed}/ignoring")
    hungry = [visit for visit in visits[:40] if visit.evse_id in controlled and visit.energy_kwh >= 10]
    chosen: dict[str, datetime] = {}
    last: datetime | None = None
    for visit in sorted(chance.sample(hungry, min(count, len(hungry))), key=lambda visit: visit.arrives_at):
        at = visit.arrives_at + timedelta(minutes=chance.uniform(20, 60))
        at = at if last is None else max(at, last + timedelta(minutes=chance.uniform(30, 45)))
        chosen[visit.evse_id] = last = at
    return chosen


def _outlet(site: Site, evse: Any) -> dict[str, object]:
    kw_per_a = evse.voltage_v * evse.phases / 1000
    return {
        "outlet": evse.evse_id,
        "site": site.site_id,
        "volts": evse.voltage_v,
        "phases": evse.phases,
        "amps_max": round(evse.max_kw / kw_per_a, 3),
        "amps_min": round(evse.min_kw / kw_per_a, 3),
        "amps_default": round(evse.standing_cap_kw / kw_per_a, 3),
        "remote": evse.controlled,
    }


async def _listed(request: Request, name: str) -> list[Any] | None:
    """The list of that name in the body; None where there is none."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            return None
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, list) else None


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
