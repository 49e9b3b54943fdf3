"""What the simulated CPO tells its partner: sessions as they change, and what became of charging profiles."""

import asyncio
import base64
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import orjson
import structlog

from readyby.network.beside import beside
from readyby.network.faces import ocpi_objects as objects
from readyby.network.faces.ocpi_objects import COUNTRY, PARTY, Json, stamp
from readyby.network.network import Network

PUSH_EVERY_S = 0.05
CALL_DEADLINE_S = 5.0
PAGE = 5_000
RESULTS = {"applied": "ACCEPTED", "refused": "REJECTED"}

log = structlog.get_logger("readyby.network.ocpi")


@dataclass(slots=True, kw_only=True)
class Quirks:
    """How a CPO deviates. `link`: good, none, elsewhere (another host) or loop (always the same page)."""

    page_limit: int = 50
    link: str = "good"
    total: bool = True
    pushes: bool = True
    results: bool = True
    kwh_field: str = "kwh"
    profile_answer: str = "ACCEPTED"
    http_status: int = 200
    raw_tokens: bool = False
    hidden_modules: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Partner:
    """The smart charging provider that registered."""

    token: str
    versions_url: str
    endpoints: dict[str, str] = field(default_factory=dict)


class Teller:
    """Follows the network and pushes. `sessions` by id, `charges` names them in the network."""

    def __init__(self, network: Network, quirks: Quirks, advance: Callable[[], None]) -> None:
        self._network, self._quirks, self._advance = network, quirks, advance
        self.sessions: dict[str, Json] = {}
        self.charges: dict[str, str] = {}
        self.partner: Partner | None = None
        self.pushed: list[tuple[str, str, int]] = []
        self.waiting: dict[str, str] = {}
        self._measured_at: dict[str, str] = {}
        self._cursor: str | None = None
        self.told = 0
        self.client = httpx.AsyncClient(timeout=CALL_DEADLINE_S, trust_env=False)

    def begin_anew(self) -> None:
        """Tell all that is active again."""
        self._cursor = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell the partner what happens, as long as the context lasts."""
        async with self.client, beside(self._tell_forever()):
            yield

    async def _tell_forever(self) -> None:
        while True:
            await self.tell()
            await asyncio.sleep(PUSH_EVERY_S)

    async def tell(self) -> None:
        """Take in what happened in the network, and push it."""
        self._advance()
        page = self._network.page(self._cursor, PAGE)
        self._cursor = page["cursor"]
        for charge in page["charges"]:
            await self._take_charge(charge)
        samples = page["samples"]
        for row in zip(*(samples[name] for name in ("charge", "time", "watts", "wh")), strict=True):
            await self._take_sample(*row)
        for result in page["orders"]:
            await self._take_result(result["order"], result["result"])
        self.told += 1

    async def _take_charge(self, charge: Json) -> None:
        name = objects.ocpi_id(str(charge["charge"]))
        told = objects.session(charge, self.sessions.get(name))
        known = self.sessions.get(name)
        if known is None or known["status"] == "ACTIVE" or told["status"] != "ACTIVE":
            self.sessions[name] = told
        self.charges[name] = str(charge["charge"])
        self._measured_at.setdefault(name, told["start_date_time"])
        await self._push("PUT", "sessions", self._owned(name), self.spelled(told))

    async def _take_sample(self, charge: str, at: str, watts: object, watt_hours: object) -> None:
        name = objects.ocpi_id(charge)
        told = self.sessions.get(name)
        if told is None or told["status"] != "ACTIVE":
            return
        measured_at = stamp(datetime.fromisoformat(at).replace(tzinfo=UTC))
        since = min(self._measured_at[name], measured_at)
        part: Json = {"charging_periods": [objects.period(since, watts)], "last_updated": measured_at}
        if isinstance(watt_hours, int | float):
            part["kwh"] = round(watt_hours / 1000, 3)
        self._measured_at[name] = max(measured_at, self._measured_at[name])
        told["charging_periods"].append(part["charging_periods"][0])
        told |= {
            key: value for key, value in part.items() if key != "charging_periods" and value >= told[key]
        }
        await self._push("PATCH", "sessions", self._owned(name), self.spelled(part))

    def _owned(self, name: str) -> str:
        return f"/{COUNTRY}/{PARTY}/{name}"

    def spelled(self, told: Json) -> Json:
        spelled = dict(told)
        if "kwh" in spelled and self._quirks.kwh_field != "kwh":
            spelled[self._quirks.kwh_field] = spelled.pop("kwh")
        return spelled

    async def _take_result(self, name: str, result: str) -> None:
        response_url = self.waiting.pop(name, None)
        if response_url is not None and self._quirks.results:
            await self.call("POST", response_url, {"result": RESULTS.get(result, "UNKNOWN")})

    async def _push(self, verb: str, module: str, path: str, body: Json) -> None:
        partner = self.partner
        url = partner.endpoints.get(f"{module}/RECEIVER") if partner else None
        if url is None or not self._quirks.pushes:
            return
        status = await self.call(verb, f"{url}{path}", body)
        if status == 404 and verb == "PATCH":
            await self.call("PUT", f"{url}{path}", self.spelled(self.sessions[path.rsplit("/", 1)[-1]]))

    async def call(self, verb: str, url: str, body: Json) -> int:
        """Call the partner; a call that fails is not repeated, as OCPI wants it."""
        partner = self.partner
        if partner is None:
            return 0
        try:
            answer = await self.client.request(
                verb, url, content=orjson.dumps(body), headers=self.headers(partner.token)
            )
        except httpx.HTTPError as error:
            log.warning("push failed", verb=verb, error=type(error).__name__)
            self.pushed.append((verb, url, 0))
            return 0
        self.pushed.append((verb, url, answer.status_code))
        return answer.status_code

    def headers(self, token: str) -> dict[str, str]:
        shown = token if self._quirks.raw_tokens else base64.b64encode(token.encode()).decode()
        return {
            "Authorization": f"Token {shown}",
            "Content-Type": "application/json",
            "X-Request-ID": secrets.token_hex(8),
            "X-Correlation-ID": secrets.token_hex(8),
            "OCPI-from-country-code": COUNTRY,
            "OCPI-from-party-id": PARTY,
        }
