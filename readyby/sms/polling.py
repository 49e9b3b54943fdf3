"""Texts fetched from the carrier where it cannot reach us: one handler with the webhook, each text once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

import structlog

from readyby.clocks import wall_now
from readyby.errors import ReadyByError
from readyby.sms.api import Messenger
from readyby.sms.inbound import TextDesk, TextMessage
from readyby.sms.wiring import messenger
from readyby.web.driver import DriverDesk

EVERY_S: Final = 10.0
OVERLAP: Final = timedelta(minutes=15)
"""Carriers list texts by the second and late ones out of order: known ones are taken in once only."""

log = structlog.get_logger()


@runtime_checkable
class Receives(Protocol):
    """A carrier that can be asked what came in."""

    async def received_since(self, since: datetime) -> tuple[TextMessage, ...]:
        """Texts to our numbers since an instant, oldest first. Raises ReadyByError as `send`."""
        ...


@dataclass(slots=True)
class Poller:
    """Looks for texts, answers each through the carrier; `now` is the carrier's clock: real time."""

    texts: TextDesk
    carrier: Messenger
    seen: set[str] = field(default_factory=set)

    async def look(self, now: datetime) -> int:
        """Take in what came since the last look; how many texts were new to this process.

        A text that could not be taken in is met again at the next look.
        """
        if not isinstance(self.carrier, Receives):
            return 0
        taken = 0
        for text in await self.carrier.received_since(now - OVERLAP):
            if text.message_sid in self.seen:
                continue
            answer = await asyncio.to_thread(self.texts.answer, text)
            self.seen.add(text.message_sid)
            taken += 1
            if answer:
                await self._answer(text.phone, answer)
        return taken

    async def run(self) -> None:
        """Look for ever; a look that fails is made again, and told of once until one succeeds."""
        told = False
        while True:
            try:
                await self.look(wall_now())
                told = False
            except ReadyByError as error:
                if not told:
                    log.warning("texts not fetched", error=type(error).__name__)
                told = True
            await asyncio.sleep(EVERY_S)

    async def _answer(self, phone: str, answer: str) -> None:
        try:
            await self.carrier.send(phone, answer)
        except ReadyByError as error:  # the text was done; a second answer would be one too many
            log.warning("answer not sent", error=type(error).__name__)


@asynccontextmanager
async def polled(desk: DriverDesk) -> AsyncIterator[None]:
    """Texts are fetched while the context lasts, where Twilio has no public address to bring them to."""
    if desk.settings.sms != "twilio" or desk.settings.public_url.startswith("https:"):
        yield
        return
    carrier = messenger(desk.settings)
    task = asyncio.create_task(Poller(TextDesk(desk), carrier).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await carrier.aclose()
