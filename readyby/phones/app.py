"""The phones as a part of the simulated world: where messages arrive, and an inbox to look at."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from readyby.clocks import DomainClock
from readyby.model import Site
from readyby.phones.drivers import ANSWER, CHANGE, Drivers
from readyby.phones.inbox import Inbox, Text
from readyby.phones.manner import manner_of
from readyby.phones.people import read_stays
from readyby.secrets_file import secret
from readyby.settings import Settings
from readyby.sites import load_site
from readyby.sms.webhook import inbound_url
from readyby.words import when

SAVE_EVERY_S: Final = 2.0
SHOWN: Final = 200
DAYS: Final = 2
MAX_BODY: Final = 1600

_URL: Final = re.compile(r"(https?://[^\s<]+)")


def _linked(body: str) -> Markup:
    """A message with its addresses as links."""
    parts = _URL.split(body)
    return Markup("").join(
        Markup('<a href="{0}" target="_blank" rel="noopener">{0}</a>').format(part) if index % 2 else part
        for index, part in enumerate(parts)
    )


def _wall(at: str, zone: ZoneInfo) -> str:
    return when(datetime.fromisoformat(at), zone, "en")


class Phones:
    """All phones: routes to mount at /phones, and a life of their own while `running`."""

    def __init__(self, drivers: Drivers, *, seed: int, zone: ZoneInfo, path: Path) -> None:
        self.drivers, self._seed, self._path = drivers, seed, path
        self._templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
        self._templates.filters |= {"linked": _linked, "wall": lambda at: _wall(at, zone)}

    def routes(self) -> list[Route]:
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/messages", self.receive, methods=["POST"]),
            Route("/kept", self.kept, methods=["POST"]),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The drivers act, and everything is written down, until the context ends."""
        tasks = [asyncio.create_task(self.drivers.live()), asyncio.create_task(self._save_now_and_then())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.drivers.inbox.save(self._path)

    async def receive(self, request: Request) -> Response:
        """The local carrier hands a message over; it is on paper before it is confirmed."""
        try:
            document = await request.json()
            phone, body = str(document["to"]), str(document["body"])[:MAX_BODY]
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"detail": "to and body are needed, as JSON"}, status_code=400)
        text = self.drivers.receive(phone, body)
        self.drivers.inbox.save(self._path)
        return JSONResponse({"message_id": text.message_id}, status_code=201)

    async def kept(self, request: Request) -> Response:
        """What a phone has received since an instant: the carrier's memory; no number in a URL."""
        try:
            document = await request.json()
            phone, since = str(document["to"]), datetime.fromisoformat(document["since"])
            texts = [
                {"message_id": text.message_id, "body": text.body}
                for text in self.drivers.inbox.texts
                if text.incoming and text.phone == phone and datetime.fromisoformat(text.at) >= since
            ]
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"detail": "to, and since with a time zone, are needed"}, status_code=400)
        return JSONResponse(texts)

    async def show(self, _request: Request) -> Response:
        """The inbox of all phones, newest first."""
        return HTMLResponse(self._templates.get_template("inbox.html").render(phones=self._shown()))

    def report_json(self) -> dict[str, object]:
        """What the phones saw, for the demo's report; the world shows it to nobody else."""
        inbox = self.drivers.inbox
        welcomes = [text for text in inbox.texts if text.welcome]
        outcomes = {
            what: Counter(errand.outcome or errand.state for errand in inbox.errands if errand.what == what)
            for what in (ANSWER, CHANGE)
        }
        manners = Counter(
            manner_of(text.session_id, self._seed).channel for text in welcomes if text.session_id
        )
        return {
            "welcomes": _by_session(welcomes),
            "unmatched_welcomes": sum(text.session_id is None for text in welcomes),
            "manners": dict(manners),
            "answers": dict(outcomes[ANSWER]),
            "changes": dict(outcomes[CHANGE]),
            "messages": len(inbox.texts),
            "errors": dict(inbox.errors),
        }

    def _shown(self) -> list[tuple[str, list[Text]]]:
        """Conversations by phone, that with the newest message first."""
        talks: dict[str, list[Text]] = {}
        for text in reversed(self.drivers.inbox.texts[-SHOWN:]):
            talks.setdefault(text.phone, []).insert(0, text)
        return list(talks.items())

    async def _save_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            if self.drivers.inbox.changed:
                self.drivers.inbox.save(self._path)


def _by_session(welcomes: Iterable[Text]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for text in welcomes:
        if text.session_id is not None:
            seen = found.setdefault(text.session_id, {"count": 0, "first_machine_ms": text.machine_ms})
            seen["count"] += 1
    return found


def create_phones(
    settings: Settings,
    clock: DomainClock,
    *,
    site: Site | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Phones:
    """The phones of the demo's day, going on where a former run stopped.

    Raises:
        NotFound: the sample data lack the site or the day.
        Misconfigured: the former run's file cannot be read.
    """
    site = site or load_site(settings.data_dir, settings.site_id)
    zone = ZoneInfo(site.time_zone)
    stays = read_stays(settings.data_dir, site, date.fromisoformat(settings.demo_day), days=DAYS)
    path = settings.state_dir / "world" / "phones.json"
    drivers = Drivers(
        stays,
        clock,
        Inbox.load(path),
        zone=zone,
        seed=settings.demo_seed,
        inbound_url=inbound_url(settings),
        signing_token=secret(settings, "sms_auth_token"),
        transport=transport,
    )
    return Phones(drivers, seed=settings.demo_seed, zone=zone, path=path)
