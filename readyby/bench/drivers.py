"""Drivers of the benchmark: an inbox for their texts, and their browsers."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from readyby.demo.ports import any_free_port
from readyby.phones.browser import Page, PhoneBrowser

_LINK = re.compile(r"https?://\S+/c/[\w-]+")


@dataclass(slots=True)
class Inbox:
    """The links that arrived, by phone; each driver's first counts."""

    url: str = ""
    links: dict[str, str] = field(default_factory=dict)

    async def receive(self, request: Request) -> Response:
        message = await request.json()
        found = _LINK.search(message["body"])
        if found:
            self.links.setdefault(message["to"], found.group())
        return JSONResponse({"message_id": f"bench-{len(self.links)}"})


@asynccontextmanager
async def open_inbox() -> AsyncIterator[Inbox]:
    """An inbox on a free loopback port, as the embedded carrier expects it."""
    inbox, port = Inbox(), any_free_port()
    inbox.url = f"http://127.0.0.1:{port}"
    app = Starlette(routes=[Route("/messages", inbox.receive, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    serving = asyncio.create_task(server.serve())
    try:
        yield inbox
    finally:
        server.should_exit = True
        await serving


class Driver:
    """One driver with the request page open."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._browser = PhoneBrowser()
        self._page: Page | None = None

    async def open(self) -> None:
        """Open the page, the first time by the link, later where it led: each time with a form of its own."""
        self._page = await self._browser.open(self._page.url if self._page else self._link)

    async def ask(self, miles: float, leaves: str) -> float:
        """Send the form and wait for the answer that it is stored; milliseconds from press to answer.

        The page that follows is not part of it: the answer to the form is a redirect.
        """
        assert self._page is not None
        assert self._page.form is not None, f"no form at {self._page.url}: status {self._page.status}"
        values = {**self._page.form.fields, "amount": f"{miles:g}", "unit": "mi", "action": "save_anyway"}
        values["departure_time"] = leaves
        url = httpx.URL(self._page.url).join(self._page.form.action)
        began = time.monotonic()
        answer = await self._browser.post(str(url), values)
        took_ms = (time.monotonic() - began) * 1000
        if not answer.is_redirect:
            raise AssertionError(f"the form was not taken: {answer.status_code} {answer.text[:500]}")
        return took_ms

    async def ask_anew(self, miles: float, request_id: str) -> float:
        """As `ask`, by the time that the page offers, under an id of its own: no page is opened between."""
        assert self._page is not None
        assert self._page.form is not None, f"no form at {self._page.url}: status {self._page.status}"
        fields = {**self._page.form.fields, "request_id": request_id, "amount": f"{miles:g}"}
        began = time.monotonic()
        url = httpx.URL(self._page.url).join(self._page.form.action)
        answer = await self._browser.post(str(url), {**fields, "action": "save"})
        if not answer.is_redirect:
            raise AssertionError(f"the form was not taken: {answer.status_code} {answer.text[:500]}")
        return (time.monotonic() - began) * 1000

    async def close(self) -> None:
        await self._browser.close()
