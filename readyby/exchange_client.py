"""Core's side of the exchange contract."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import httpx
from pydantic import TypeAdapter

from readyby.contract import EvseState, Health, PlanEnvelope, PlanTaken
from readyby.errors import BadInput, Busy, Conflict, Permanent, Unreachable

CALL_DEADLINE_S = 10.0
MAX_BODY_BYTES = 64 * 1024 * 1024


class ExchangeClient(Protocol):
    """What core asks of the data exchange server.

    Raises (all):
        Unreachable: no answer within the deadline.
        Busy: it asks to come back later.
        Conflict: the plan version is older than one it holds.
    """

    async def feed(self, after: int, wait_s: float) -> bytes:
        """The feed page (`contract.FeedPage`) after a cursor; waits at most `wait_s` machine seconds."""
        ...

    async def receipts(self, after: int, wait_s: float) -> bytes:
        """The page of receipts (`contract.ReceiptPage`) after a cursor; waits likewise."""
        ...

    async def notices(self, after: int, wait_s: float) -> bytes:
        """The page of what was noticed (`contract.NoticePage`) after a cursor; waits likewise."""
        ...

    async def put_plan(self, plan: PlanEnvelope) -> PlanTaken: ...

    async def evses(self) -> tuple[EvseState, ...]: ...

    async def health(self) -> Health: ...


class HttpExchange:
    """The exchange over HTTP with a bearer token."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(CALL_DEADLINE_S, read=None),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def feed(self, after: int, wait_s: float) -> bytes:
        return await self._call("GET", "/v1/feed", wait_s, params={"after": after, "wait_s": wait_s})

    async def receipts(self, after: int, wait_s: float) -> bytes:
        return await self._call("GET", "/v1/receipts", wait_s, params={"after": after, "wait_s": wait_s})

    async def notices(self, after: int, wait_s: float) -> bytes:
        return await self._call("GET", "/v1/notices", wait_s, params={"after": after, "wait_s": wait_s})

    async def put_plan(self, plan: PlanEnvelope) -> PlanTaken:
        path = f"/v1/sites/{plan.site_id}/plan"
        body = await self._call("PUT", path, content=plan.model_dump_json().encode())
        return PlanTaken.model_validate_json(body)

    async def evses(self) -> tuple[EvseState, ...]:
        body = await self._call("GET", "/v1/evses")
        return tuple(_EVSES.validate_json(body))

    async def health(self) -> Health:
        return Health.model_validate_json(await self._call("GET", "/v1/health"))

    async def _call(
        self,
        method: str,
        path: str,
        wait_s: float = 0.0,
        *,
        params: dict[str, float] | None = None,
        content: bytes | None = None,
    ) -> bytes:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            async with asyncio.timeout(CALL_DEADLINE_S + wait_s):
                response = await self._client.request(
                    method, path, params=params, content=content, headers=headers
                )
        except (TimeoutError, httpx.TransportError) as error:
            raise Unreachable(f"exchange: {method} {path}: {type(error).__name__}: is it running?") from error
        return _accepted(response)


def _accepted(response: httpx.Response) -> bytes:
    if response.is_success:
        if len(response.content) > MAX_BODY_BYTES:
            raise BadInput("exchange body", f"{len(response.content)} bytes", "ask for smaller pages")
        return response.content
    told = f"exchange: HTTP {response.status_code}: {response.text[:300]}"
    if response.status_code == 409:
        raise Conflict(told)
    if response.status_code in (429, 503):
        raise Busy(told)
    if response.status_code >= 500:
        raise Unreachable(told)
    raise Permanent(told)


class MemoryExchange:
    """The in-memory twin: pages are put in by hand, plans are kept; `outage` raises instead of answering."""

    def __init__(self) -> None:
        self.pages: list[bytes] = []
        self.receipt_pages: list[bytes] = []
        self.notice_pages: list[bytes] = []
        self.plans: list[PlanEnvelope] = []
        self.outage: Callable[[], Exception] | None = None

    async def feed(self, after: int, wait_s: float) -> bytes:
        return await self._next(self.pages, after, wait_s, _EMPTY_FEED)

    async def receipts(self, after: int, wait_s: float) -> bytes:
        return await self._next(self.receipt_pages, after, wait_s, _EMPTY_RECEIPTS)

    async def notices(self, after: int, wait_s: float) -> bytes:
        return await self._next(self.notice_pages, after, wait_s, _EMPTY_NOTICES)

    async def _next(self, pages: list[bytes], after: int, wait_s: float, empty: str) -> bytes:
        self._fail()
        if pages:
            return pages.pop(0)
        await asyncio.sleep(min(wait_s, 0.01))
        return (empty % after).encode()

    async def put_plan(self, plan: PlanEnvelope) -> PlanTaken:
        self._fail()
        held = self.plans[-1].plan_version if self.plans else 0
        if plan.plan_version < held:
            raise Conflict(
                f"plan_version: {plan.plan_version} is older than {held}: read the newest plan again"
            )
        self.plans.append(plan)
        return PlanTaken(plan_version=plan.plan_version, commands=len(plan.entries))

    async def evses(self) -> tuple[EvseState, ...]:
        self._fail()
        return ()

    async def health(self) -> Health:
        self._fail()
        return Health(status="ok", as_of=None, network="memory")

    def _fail(self) -> None:
        if self.outage is not None:
            raise self.outage()


_EMPTY_FEED = (
    '{"next": %d, "as_of": null, "sessions": [], "meter_values": {"session_id": [], "evse_id": [], '
    '"measured_at": [], "power_kw": [], "energy_kwh": []}}'
)
_EMPTY_RECEIPTS = '{"next": %d, "receipts": [], "plans": []}'
_EMPTY_NOTICES = '{"next": %d, "notices": []}'


_EVSES = TypeAdapter(list[EvseState])
