"""The frame of our side: who calls, what it sent, and how it is answered.

Every answer is an OCPI envelope with the caller's request ids. HTTP errors are for what never reached
OCPI: no known token (401), no JSON (400), too much (413), nothing there (404, 405). Whatever goes wrong
beyond is a status_code of 2xxx or 3xxx under HTTP 200.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from readyby.errors import Busy, ReadyByError
from readyby.exchange.ocpi.partner import Partner
from readyby.exchange.ocpi.roll import Unknown
from readyby.exchange.ocpi.wire import (
    BAD_PARAMETERS,
    SERVER_ERROR,
    SUCCESS,
    BadMessage,
    answer,
    parse_json,
)

MAX_BODY_BYTES: Final = 2 * 1024 * 1024
MAX_HEADER: Final = 128
_ROUTING: Final = (
    ("ocpi-from-country-code", "OCPI-to-country-code"),
    ("ocpi-from-party-id", "OCPI-to-party-id"),
)

log = structlog.get_logger("readyby.exchange.ocpi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What a caller sent. `body` is JSON, None where the verb has none."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    authorization: str | None
    body: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What it is answered. Pushes are answered without data."""

    data: object = None
    http_status: int = 200
    status_code: int = SUCCESS
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Act = Callable[[Inbound], Reply]


class Frame:
    """Makes Starlette endpoints of plain functions, which run in threads."""

    def __init__(self, partner: Partner) -> None:
        self._settings, self._credentials = partner.settings, partner.credentials
        self._now = partner.now

    def endpoint(
        self, acts: Mapping[str, Act], *, for_handshake: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint with an act for each verb. `for_handshake`: token A opens it too, nothing is routed."""

        async def respond(request: Request) -> Response:
            authorization = request.headers.get("authorization")
            if not self._credentials.knows(authorization, for_handshake=for_handshake):
                reply = Reply(
                    http_status=401,
                    status_code=BAD_PARAMETERS,
                    message="credentials token missing or unknown",
                )
            else:
                reply = await self._replied(request, acts[request.method.replace("HEAD", "GET")])
            return self.response(request, reply, is_routed=not for_handshake)

        return respond

    async def _replied(self, request: Request, act: Act) -> Reply:
        try:
            body = parse_json(await _body(request)) if request.method in {"POST", "PUT", "PATCH"} else None
        except BadMessage as error:
            return Reply(http_status=400, status_code=BAD_PARAMETERS, message=str(error))
        except _TooLarge:
            message = f"the body has more than {MAX_BODY_BYTES} bytes"
            return Reply(http_status=413, status_code=BAD_PARAMETERS, message=message)
        inbound = Inbound(
            path=dict(request.path_params),
            query=dict(request.query_params),
            authorization=request.headers.get("authorization"),
            body=body,
        )
        return await to_thread.run_sync(self._guarded, act, inbound)

    def _guarded(self, act: Act, inbound: Inbound) -> Reply:
        """The act's reply; what we cannot do now is said so, that the caller keeps what it has."""
        try:
            return act(inbound)
        except Unknown as error:
            return Reply(http_status=404, status_code=BAD_PARAMETERS, message=str(error))
        except BadMessage as error:
            return Reply(status_code=BAD_PARAMETERS, message=str(error))
        except Busy as error:
            return Reply(status_code=SERVER_ERROR, message=str(error))
        except (ReadyByError, sqlite3.Error) as error:
            log.warning("ocpi push not taken", partner=self._settings.name, error=type(error).__name__)
            return Reply(status_code=SERVER_ERROR, message="not taken now")

    def response(self, request: Request, reply: Reply, *, is_routed: bool = True) -> Response:
        """The reply on the wire, with the caller's ids and the routing headers turned around."""
        headers = dict(reply.headers)
        for name in ("X-Request-ID", "X-Correlation-ID"):
            if (value := _echoed(request, name)) is not None:
                headers[name] = value
        if is_routed:
            headers["OCPI-from-country-code"] = self._settings.country_code
            headers["OCPI-from-party-id"] = self._settings.party_id
            for theirs, ours in _ROUTING:
                if (value := _echoed(request, theirs)) is not None:
                    headers[ours] = value
        content = answer(self._now(), reply.data, reply.status_code, reply.message)
        return Response(content, reply.http_status, headers, "application/json")

    async def failed(self, request: Request, error: Exception) -> Response:
        """Starlette's own errors, no such path or verb, in an envelope."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        reply = Reply(http_status=status, status_code=BAD_PARAMETERS, message="no such resource or verb")
        return self.response(request, reply, is_routed=False)


class _TooLarge(Exception):  # noqa: N818 - never leaves this module
    """The body is larger than anything that OCPI sends."""


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise _TooLarge
            parts.append(part)
    except ClientDisconnect:
        raise BadMessage("the body broke off") from None
    return b"".join(parts)


def _echoed(request: Request, name: str) -> str | None:
    """A header of the caller's, if it is fit to stand in ours."""
    value = request.headers.get(name, "")
    return value if 0 < len(value) <= MAX_HEADER and value.isascii() and value.isprintable() else None
