"""An ASGI app as a browser meets it, without a socket; and on one."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn
from anyio.from_thread import start_blocking_portal
from starlette.types import ASGIApp

from readyby.demo.ports import any_free_port


class AsgiClient:
    """Sends requests one after the other and keeps cookies; follows no redirect by itself."""

    def __init__(self, app: ASGIApp, base_url: str = "http://testserver") -> None:
        self._app, self._base_url = app, base_url
        self.cookies = httpx.Cookies()

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> httpx.Response:
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, url, **options))

    async def _request(self, method: str, url: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(
            transport=transport, base_url=self._base_url, cookies=self.cookies
        ) as http:
            response = await http.request(method, url, **options)
            self.cookies = http.cookies
        return response


class SteadyClient(AsgiClient):
    """The same on one event loop for as long as the context lasts: for very many requests."""

    def __enter__(self) -> Self:
        self._loop = ExitStack()
        self._portal = self._loop.enter_context(start_blocking_portal())
        transport = httpx.ASGITransport(self._app)
        self._http = httpx.AsyncClient(transport=transport, base_url=self._base_url, cookies=self.cookies)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._portal.call(self._http.aclose)
        self._loop.close()

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._portal.call(partial(self._http.request, method, url, **options))


@contextmanager
def served(app: ASGIApp) -> Iterator[int]:
    """The app on a free port of the loopback, by the server that production uses."""
    port = any_free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not come up"
            time.sleep(0.01)
        yield port
    finally:
        server.should_exit = True
        thread.join(timeout=10)
