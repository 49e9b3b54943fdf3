"""Requests to an application of this process: from a thread, over the event loop, without a socket."""

import asyncio
from typing import Any

import httpx
import requests
from requests.adapters import BaseAdapter
from starlette.types import ASGIApp

LONGEST_S = 30.0


def in_process_session(app: ASGIApp, loop: asyncio.AbstractEventLoop) -> requests.Session:
    """A session whose every request goes to the application; to be used outside the loop's own thread."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _AsgiAdapter(app, loop))
    return session


class _AsgiAdapter(BaseAdapter):
    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport, self._loop = httpx.ASGITransport(app=app), loop

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        answer = asyncio.run_coroutine_threadsafe(self._call(request), self._loop).result(LONGEST_S)
        response = requests.Response()
        response.status_code, response.url, response.request = answer.status_code, str(request.url), request
        response.headers.update(answer.headers)
        response._content, response._content_consumed = answer.content, True  # type: ignore[attr-defined]
        return response

    async def _call(self, request: requests.PreparedRequest) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport) as client:
            body = request.body or b""
            content = body.encode() if isinstance(body, str) else body
            return await client.request(
                str(request.method), str(request.url), headers=dict(request.headers), content=content
            )

    def close(self) -> None:
        """Nothing is held open."""
