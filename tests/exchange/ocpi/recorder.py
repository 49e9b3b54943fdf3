"""Keeps every request and answer that passes an application."""

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Exchanged:
    """One request with its answer."""

    method: str
    path: str
    request_headers: dict[str, str]
    sent: Any
    status: int
    response_headers: dict[str, str]
    answered: Any


class Recorder:
    """An application in front of another one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.seen: list[Exchanged] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent, answered, start = bytearray(), bytearray(), {}

        async def hear() -> Message:
            message = await receive()
            sent.extend(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            start.update(message if message["type"] == "http.response.start" else {})
            answered.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, hear, say)
        self.seen.append(
            Exchanged(
                method=scope["method"],
                path=scope["path"],
                request_headers=_headers(scope["headers"]),
                sent=orjson.loads(sent) if sent else None,
                status=start["status"],
                response_headers=_headers(start["headers"]),
                answered=orjson.loads(answered) if answered else None,
            )
        )

    def of(self, method: str, path: str) -> list[Exchanged]:
        return [each for each in self.seen if each.method == method and path in each.path]


def _headers(raw: Any) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in raw}
