"""What stands behind the enrollment page: begins, texts the code, confirms, learns the token."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import stamina
import structlog
from starlette.concurrency import run_in_threadpool

from readyby.errors import ReadyByError, Transient
from readyby.messages import render
from readyby.model import SessionId, Site, SiteId
from readyby.sms.api import Messenger, Refused
from readyby.sms.delivery import is_dead
from readyby.store.api import (
    BeginJoin,
    ConfirmJoin,
    ContinueJoin,
    JoinStep,
    MarkStopped,
    MarkUnreachable,
    ReadSite,
)
from readyby.web.driver import DriverDesk
from readyby.web.join.consent import CONSENT_VERSION, consent_source, consent_text
from readyby.web.join.forms import JoinWish

ATTEMPTS: Final = 3
Work = Callable[[], Coroutine[Any, Any, None]]
"""What makes a coroutine, once somebody runs it."""
log = structlog.get_logger()


def new_code() -> str:
    """Six digits that nobody foresees."""
    return f"{secrets.randbelow(1_000_000):06d}"


@dataclass(frozen=True, slots=True)
class Background:
    """Work that nobody waits for, so that no answer tells by its time whether there was any."""

    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __call__(self, work: Work) -> None:
        task = asyncio.create_task(work())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


@dataclass(frozen=True, slots=True)
class JoinDesk:
    """Enrollment over the drivers' desk; `spawn` runs what may go on after the answer."""

    desk: DriverDesk
    messenger: Messenger
    spawn: Callable[[Work], None] = field(default_factory=Background)
    code: Callable[[], str] = new_code

    def site(self) -> Site:
        """The site whose stations are joined at. Raises NotFound before core has stored it."""
        return self.desk.store.ask(ReadSite(site_id=SiteId(self.desk.settings.site_id)))

    async def begin(self, join_key: str, wish: JoinWish, site: Site, place: str, language: str) -> None:
        """Begin, and let the code leave if it may: the caller learns neither (I-19).

        Raises:
            Unreachable, Busy: as the store; nothing was begun.
        """
        code, brand = self.code(), self.desk.settings.brand
        may_leave = await run_in_threadpool(
            self.desk.store.do,
            BeginJoin(
                join_key=join_key,
                phone=wish.phone,
                code=code,
                token_uid=wish.token_uid,
                site_id=site.site_id,
                evse_id=wish.evse_id,
                wh_per_mi=wish.wh_per_mi,
                language=language,
                consent_source=consent_source(place),
                consent_version=CONSENT_VERSION,
                consent_text=consent_text(brand, site.name, language),
                at=self.desk.clock.now(),
            ),
        )
        if may_leave:
            body = render("code", language, {"brand": brand, "code": code})
            self.spawn(partial(self._text, wish.phone, body))

    def confirm(self, join_key: str, phone: str, code: str) -> JoinStep:
        """The code came back."""
        now = self.desk.clock.now()
        return self.desk.store.do(ConfirmJoin(join_key=join_key, phone=phone, code=code, at=now))

    def go_on(self, join_key: str, phone: str, session_id: str = "") -> JoinStep:
        """Look for the session that tells the token; `session_id` is the one that the driver calls theirs."""
        mine = SessionId(session_id) if session_id else None
        now = self.desk.clock.now()
        return self.desk.store.do(ContinueJoin(join_key=join_key, phone=phone, at=now, session_id=mine))

    async def _text(self, phone: str, body: str) -> None:
        """Hand the code over, never twice; what the carrier says of the number is kept."""
        try:
            async for attempt in stamina.retry_context(on=Transient, attempts=ATTEMPTS, timeout=60.0):
                with attempt:
                    await self.messenger.send(phone, body)
        except Refused as error:
            log.warning("code refused", code=error.code)
            await self._mark(phone, error)
        except ReadyByError as error:
            log.warning("code not sent", error=type(error).__name__)

    async def _mark(self, phone: str, error: Refused) -> None:
        store, now = self.desk.store, self.desk.clock.now()
        try:
            if error.stopped:
                await run_in_threadpool(store.do, MarkStopped(phone=phone, stopped=True, at=now))
            if is_dead(error.code):
                marked = MarkUnreachable(phone=phone, error_code=error.code or "", at=now)
                await run_in_threadpool(store.do, marked)
        except ReadyByError as trouble:
            log.warning("number not marked", error=type(trouble).__name__)
