"""The exchange's HTTP face: bearer token, size limits, total deadlines, problem details (RFC 9457)."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from readyby.clocks import DomainClock, SystemClock
from readyby.contract import (
    EvseState,
    FeedPage,
    Health,
    Identifier,
    NoticePage,
    PlanEnvelope,
    PlanTaken,
    Problem,
    ReceiptPage,
)
from readyby.errors import BadInput, Busy, Conflict, Misconfigured, NotFound, ReadyByError, Unreachable
from readyby.exchange.adapter import Adapter
from readyby.exchange.ledger import Ledger
from readyby.exchange.memory import MemoryAdapter
from readyby.exchange.service import Exchange
from readyby.settings import Settings

MAX_BODY_BYTES = 16 * 1024 * 1024
CALL_DEADLINE_S = 15.0
MAX_WAIT_S = 25.0
MAX_PAGE = 100_000

After = Annotated[
    int, Query(ge=0, le=2**62, description="The cursor that the last page gave as `next`; 0 at first.")
]
WaitS = Annotated[
    float,
    Query(ge=0, le=MAX_WAIT_S, description="Machine seconds to wait for news; the answer comes with it."),
]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="At most about so many records.")]

_STATUS: dict[type[ReadyByError], int] = {
    BadInput: 422,
    NotFound: 404,
    Conflict: 409,
    Busy: 503,
    Unreachable: 504,
    Misconfigured: 500,
}
_PROBLEMS: dict[int | str, dict[str, object]] = {
    code: {"model": Problem, "description": text}
    for code, text in (
        (401, "The bearer token is missing or wrong."),
        (413, "The body is too large."),
        (422, "A value is refused; names the field."),
        (503, "Come back later."),
    )
}
_PLAN_PROBLEMS: dict[int | str, dict[str, object]] = {
    404: {"model": Problem, "description": "The site is not known."},
    409: {"model": Problem, "description": "Not newer than the newest version, or other content under it."},
}


def create_app(
    settings: Settings,
    *,
    clock: DomainClock,
    adapter: Adapter,
    ledger: Ledger,
    on_broken: Callable[[BaseException], None] | None = None,
) -> FastAPI:
    """The exchange as an ASGI application; it reads the network for as long as its lifespan lasts.

    Raises:
        Misconfigured: `settings.exchange_token` is empty.
    """
    token = settings.exchange_token.get_secret_value()
    if not token:
        raise Misconfigured("exchange_token is empty: set READYBY_EXCHANGE_TOKEN, or use the state folder's")
    exchange = Exchange(adapter, clock, ledger, poll_s=settings.poll_s, on_broken=on_broken)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        exchange.start()
        try:
            yield
        finally:
            await exchange.stop()
            ledger.close()

    app = FastAPI(
        title="ReadyBy data exchange",
        version="1",
        description="Sessions and meter values from charging networks; plans to them; receipts back.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.exchange = exchange
    _add_routes(app, exchange, _guard(token))
    _add_errors(app)
    app.add_middleware(Bounds)
    return app


def openapi_json() -> str:
    """The contract as OpenAPI, as docs/exchange-openapi.json holds it."""
    settings = Settings(exchange_token=SecretStr("any"))
    ledger = Ledger(":memory:")
    app = create_app(settings, clock=SystemClock(), adapter=MemoryAdapter(evses=()), ledger=ledger)
    ledger.close()
    return json.dumps(app.openapi(), indent=2) + "\n"


def _guard(token: str) -> Callable[[HTTPAuthorizationCredentials | None], None]:
    bearer = HTTPBearer(auto_error=False, description="The installation's exchange token.")

    def check(given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]) -> None:
        offered = given.credentials if given else ""
        if not hmac.compare_digest(offered.encode(), token.encode()):
            raise HTTPException(401, "send the exchange's bearer token", {"WWW-Authenticate": "Bearer"})

    return check


def _add_routes(
    app: FastAPI, exchange: Exchange, guard: Callable[[HTTPAuthorizationCredentials | None], None]
) -> None:
    guarded = [Security(guard)]

    @app.get("/v1/feed", dependencies=guarded, response_model=FeedPage, responses=_PROBLEMS)
    async def read_feed(after: After = 0, limit: Limit = 20_000, wait_s: WaitS = 0) -> Response:
        """Sessions and meter values after a cursor, in order of arrival.

        Asking with a cursor acknowledges everything up to it; at least the last 10,000 records stay readable.
        """
        return _json(await exchange.pages.feed(after, limit, wait_s))

    @app.put(
        "/v1/sites/{site_id}/plan",
        status_code=202,
        dependencies=guarded,
        responses={**_PROBLEMS, **_PLAN_PROBLEMS},
    )
    async def put_plan(site_id: Identifier, plan: PlanEnvelope) -> PlanTaken:
        """Take a complete plan version of a site, durably, and begin to carry it out.

        The same version with the same content gives the same answer. EVSEs that are not named fall back to
        their standing cap.
        """
        if plan.site_id != site_id:
            raise BadInput("site_id", plan.site_id, f"the address says {site_id!r}: make both the same")
        return exchange.take_plan(plan)

    @app.get("/v1/receipts", dependencies=guarded, response_model=ReceiptPage, responses=_PROBLEMS)
    async def read_receipts(after: After = 0, limit: Limit = 5_000, wait_s: WaitS = 0) -> Response:
        """What became of commands after a cursor, and how far their plan versions have come."""
        return _json(await exchange.pages.receipts(after, limit, wait_s))

    @app.get("/v1/notices", dependencies=guarded, response_model=NoticePage, responses=_PROBLEMS)
    async def read_notices(after: After = 0, limit: Limit = 5_000, wait_s: WaitS = 0) -> Response:
        """What was noticed in the network's data and behavior after a cursor, and what was done about it."""
        return _json(await exchange.pages.notices(after, limit, wait_s))

    @app.get("/v1/evses", dependencies=guarded, responses=_PROBLEMS)
    async def list_evses() -> list[EvseState]:
        """What is known of each EVSE now."""
        return exchange.evses()

    @app.get("/v1/health")
    async def read_health(response: Response) -> Health:
        """Whether the exchange works and how fresh its view of the network is; needs no token."""
        health = exchange.health()
        response.status_code = 503 if health.status == "broken" else 200
        return health


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _problem(
    status: int, title: str, detail: str = "", field: str | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = Problem(title=title, status=status, detail=detail, field=field).model_dump(exclude_none=True)
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ReadyByError)
    async def tell(_request: Request, error: ReadyByError) -> Response:
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        wait_s = error.retry_after_s if isinstance(error, Busy) else None
        headers = {"Retry-After": str(int(wait_s + 0.999))} if wait_s else None
        field = error.field if isinstance(error, BadInput) else None
        return _problem(status, type(error).__name__, str(error), field, headers)

    @app.exception_handler(HTTPException)
    async def tell_http(_request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers) if error.headers else None
        return _problem(error.status_code, "HTTP error", str(error.detail), None, headers)

    @app.exception_handler(RequestValidationError)
    async def tell_invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return _problem(422, "BadInput", f"{field}: {first['msg']}", field)


class Bounds:
    """Refuses bodies that are too large and ends calls that take too long, whoever is slow."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        taken = 0

        async def receive_bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY_BYTES:
                raise HTTPException(
                    413, f"the body is larger than {MAX_BODY_BYTES} bytes: send a smaller plan"
                )
            return message

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(CALL_DEADLINE_S + MAX_WAIT_S):
                await self._app(scope, receive_bounded, send_noting)
        except TimeoutError:
            if not started:
                late = _problem(408, "Timeout", "the call took too long: send it faster")
                await late(scope, receive, send)
