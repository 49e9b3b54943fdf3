"""Faults of a cloud's HTTP door, before any face: too busy, broken answers, endless pages, dead keys."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from readyby.envelope import us
from readyby.network.faults import FaultDesk, FaultKind

SLOW_S = 0.05
BUSY_WAYS = ("429", "429 with Retry-After", "503", "500", "slow")
BROKEN_WAYS = ("truncated", "captive page", "failure")

Refusal = tuple[int, bytes]
Page = tuple[bytes, dict[str, str]]
Endless = Callable[[bytes, dict[str, str], Request], Page | None]


class FaultyDoor:
    """An application behind a door that fails as the desk decides; `now` gives domain time.

    `failure` is what the face answers, with status 200, when it failed; `stranger` what it answers to dead
    keys; `endless` makes of an answer, its headers and its request a page that leads to itself, or nothing.
    """

    def __init__(
        self,
        app: ASGIApp,
        desk: FaultDesk,
        now: Callable[[], datetime],
        *,
        failure: bytes,
        stranger: Refusal = (401, b"who are you?"),
        endless: Endless = lambda _body, _headers, _request: None,
    ) -> None:
        self._app, self._desk, self._now = app, desk, now
        self._failure, self._stranger, self._endless = failure, stranger, endless
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._count += 1
        at_us, request = us(self._now()), Request(scope)
        strikes = self._desk.strikes
        if strikes(FaultKind.CREDENTIALS, None, at_us, (at_us, self._count)):
            status, body = self._stranger
            await Response(body, status)(scope, receive, send)
            return
        if strikes(FaultKind.BUSY, None, at_us, (at_us, self._count)):
            way = self._way(FaultKind.BUSY, BUSY_WAYS)
            if way != "slow":
                await _busy(way)(scope, receive, send)
                return
            await asyncio.sleep(SLOW_S)
        is_broken = self._desk.active(FaultKind.BROKEN_ANSWER, None, at_us) is not None and strikes(
            FaultKind.BROKEN_ANSWER, None, at_us, (at_us, self._count)
        )
        is_endless = self._desk.active(FaultKind.ENDLESS_PAGES, None, at_us) is not None
        if not is_broken and not is_endless:
            await self._app(scope, receive, send)
            return
        status, headers, body = await _answer(self._app, scope, receive)
        if is_broken:
            body, status = self._broken(body), 200
        elif is_endless:
            body, headers = self._endlessly(body, headers, request, at_us)
        await Response(body, status, headers)(scope, receive, send)

    def _way(self, kind: FaultKind, ways: tuple[str, ...]) -> str:
        return ways[int(self._desk.chance(kind, None, self._count) * len(ways))]

    def _broken(self, body: bytes) -> bytes:
        way = self._way(FaultKind.BROKEN_ANSWER, BROKEN_WAYS)
        if way == "truncated":
            return body[: len(body) // 2]
        return b"<html>Please log in</html>" if way == "captive page" else self._failure

    def _endlessly(
        self, body: bytes, headers: dict[str, str], request: Request, at_us: int
    ) -> tuple[bytes, dict[str, str]]:
        page = self._endless(body, headers, request)
        if page is None:
            return body, headers
        self._desk.strikes(FaultKind.ENDLESS_PAGES, None, at_us, at_us)
        return page


def _busy(way: str) -> Response:
    status = int(way[:3])
    return Response("busy", status, {"Retry-After": "20"} if "Retry-After" in way else None)


async def _answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, dict[str, str], bytes]:
    """The whole answer of an application."""
    parts: list[bytes] = []
    begun: dict[str, Any] = {}

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    headers = {name.decode(): value.decode() for name, value in begun["headers"]}
    headers.pop("content-length", None)
    return begun["status"], headers, b"".join(parts)
