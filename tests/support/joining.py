"""A driver who enrolls at a station, as their browser meets the page and their phone the code."""

import asyncio
import re

import httpx
from starlette.applications import Starlette

from readyby.sms.api import Messenger
from readyby.sms.memory import MemoryMessenger
from readyby.web.join.desk import JoinDesk, Work
from readyby.web.join.routes import JoinPages
from readyby.web.page import PageMaker
from readyby.web.rates import Rates
from readyby.web.security import SecurityHeaders
from tests.support.asgi import AsgiClient
from tests.support.drivers import DriverWorld

FILLED = {
    "step": "ask",
    "phone": "(213) 555-0177",
    "vehicle": "crossover",
    "token_way": "plug_in",
    "consent": "yes",
    "consent_version": "1",
    "language": "en",
}
PHONE = "+12135550177"


class Joining:
    """The pages of one world; `sent` is what left for phones, once `deliver` let it."""

    def __init__(
        self, world: DriverWorld, *, limited: bool = False, carrier: Messenger | None = None
    ) -> None:
        self.later: list[Work] = []
        self.memory = MemoryMessenger()
        codes = iter(range(100_000, 1_000_000))
        desk = JoinDesk(world.desk, carrier or self.memory, self.later.append, lambda: str(next(codes)))
        pages = JoinPages(desk, PageMaker("ReadyBy", world.prices), rates=Rates(on=limited))
        self.app = SecurityHeaders(Starlette(routes=[*pages.routes()]))
        self.client = AsgiClient(self.app, "https://ev.example")

    def fill(self, place: str = "E1", **changes: str) -> httpx.Response:
        """Open the page and send its form, filled."""
        shown = self.client.get(f"/join/{place}" if place else "/join")
        return self.post(place, **{**FILLED, "ticket": ticket_of(shown), **changes})

    def post(self, place: str = "E1", **fields: str) -> httpx.Response:
        return self.client.post(f"/join/{place}" if place else "/join", data=fields)

    def step(self, page: httpx.Response, step: str, place: str = "E1", **fields: str) -> httpx.Response:
        """Send the form of a page that was answered."""
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        return self.post(place, **{**hidden, "step": step, **fields})

    def deliver(self) -> list[tuple[str, str]]:
        """Let what waits leave; all that left so far."""
        while self.later:
            asyncio.run(self.later.pop(0)())
        return self.memory.sent

    def code(self) -> str:
        """The code in the newest text."""
        found = re.search(r"\b([0-9]{6})\b", self.deliver()[-1][1])
        assert found
        return found[1]


def ticket_of(page: httpx.Response) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def title_of(page: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found, page.text
    return found[1]
