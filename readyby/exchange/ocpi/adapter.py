"""One OCPI partner as a charging network of the exchange's.

The partner pushes, and the receiver keeps; `pull` hands over what was kept, and from time to time reads the
partner's list of changed sessions, which closes every gap that lost pushes left. Everything underneath is
synchronous and runs in threads.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

import structlog
from starlette.applications import Starlette

from readyby.clocks import DomainClock
from readyby.errors import Busy, Misconfigured, ReadyByError
from readyby.exchange.adapter import (
    Ack,
    Active,
    Batch,
    Capabilities,
    Control,
    EvseFacts,
    Readback,
    Remark,
    Setpoint,
    Unit,
    Word,
)
from readyby.exchange.network_news import batch_of, read_until
from readyby.exchange.network_state import NetworkState
from readyby.exchange.ocpi.commands import BEGAN_AT, Commands
from readyby.exchange.ocpi.credentials import CredentialFile, counterpart
from readyby.exchange.ocpi.deliveries import LOCATIONS, Deliveries
from readyby.exchange.ocpi.evses import EvseBook
from readyby.exchange.ocpi.handshake import Registration
from readyby.exchange.ocpi.http import Answer, OcpiHttp, Unauthorized
from readyby.exchange.ocpi.paging import Crawl
from readyby.exchange.ocpi.partner import Partner
from readyby.exchange.ocpi.receiver import Desk, receiver_app
from readyby.exchange.ocpi.roll import SESSIONS
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.exchange.ocpi.wire import instant, stamp
from readyby.exchange.way import REMARKS_KEPT
from readyby.model import Site

UNITS: Final = {"auto": Unit.AUTO, "A": Unit.A_PER_PHASE, "W": Unit.W_TOTAL}
ROWS_A_BATCH: Final = 500
MAX_STEPS: Final = 200
TRY_AGAIN: Final = timedelta(seconds=10)
REGISTER_EVERY: Final = timedelta(minutes=10)

log = structlog.get_logger("readyby.exchange.ocpi")


class OcpiAdapter:
    """A partner. `receiver` is our side of it, to be served at `settings.public_url`.

    Raises:
        Misconfigured: the state or the credentials cannot be opened.
    """

    def __init__(
        self,
        settings: OcpiSettings,
        clock: DomainClock,
        *,
        folder: Path | None = None,
        sites: Iterable[Site] = (),
        http: Callable[[OcpiSettings, Callable[[], str]], OcpiHttp] = OcpiHttp,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._remarks: deque[Remark] = deque(maxlen=REMARKS_KEPT)
        credentials = CredentialFile(folder / f"{settings.name}.credentials.json" if folder else None)
        self._partner = Partner(
            settings=settings,
            state=NetworkState(folder / f"{settings.name}.sqlite" if folder else None),
            credentials=credentials,
            http=http(settings, lambda: credentials.value.token_c),
            now=clock.now,
            remark=self._remarks.append,
        )
        self._state, self.credentials = self._partner.state, credentials
        self._state.once(BEGAN_AT, stamp(clock.now()))
        self._evses = EvseBook(settings, sites)
        self._deliveries = Deliveries(self._partner, self._evses, self._note_push)
        self._commands = Commands(self._partner, self._evses, self._deliveries.roll, self._find_evses)
        self.registration = Registration(self._partner)
        desk = Desk(
            registration=self.registration,
            deliveries=self._deliveries,
            commands=self._commands,
            on_registered=self._note_registered,
        )
        self.receiver: Starlette = receiver_app(self._partner, desk)
        self._pulling = Lock()
        self._renewed_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._listed_at: datetime | None = None
        self._answered_at: datetime | None = None
        self._as_of: datetime | None = None
        self._trouble: ReadyByError | None = None
        self._restarted = False

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def settings(self) -> OcpiSettings:
        return self._settings

    @property
    def capabilities(self) -> Capabilities:
        settings = self._settings
        return Capabilities(
            control=Control.SEQUENCE,
            unit=UNITS[settings.dialect.rate_unit],
            ack=Ack.ASYNC if settings.dialect.sends_results else Ack.SYNC,
            ack_within=timedelta(seconds=settings.result_within_s * self._clock.speed),
            readback=Readback.ACTIVE_PROFILE if settings.dialect.reads_back else Readback.NONE,
            max_steps=MAX_STEPS,
            max_batch=1,
            max_calls=settings.max_calls,
            meter_every=settings.meter_every,
        )

    @property
    def rejects(self) -> list[tuple[str, str]]:
        """Module and reason of what the partner sent and nobody could read, oldest first."""
        return self._state.rejects()

    async def close(self) -> None:
        await asyncio.to_thread(self._state.close)

    # --- what is there --------------------------------------------------------------------------------

    async def list_evses(self) -> tuple[EvseFacts, ...]:
        return await asyncio.to_thread(self._list_evses)

    def _list_evses(self) -> tuple[EvseFacts, ...]:
        if not self.credentials.value.is_registered:
            self._register()
        try:
            self._read_locations()
        except Unauthorized:
            self._register(anew=True)
            self._read_locations()
        return self._evses.facts()

    def _read_locations(self) -> None:
        for page in self._crawl(LOCATIONS).pages():
            self._deliveries.take_all(page, self._deliveries.put_location)
        self._listed_at = self._clock.now()

    def _find_evses(self) -> None:
        """Read the locations where that was not done yet."""
        if self._listed_at is None:
            self._read_locations()

    def _crawl(self, module: str, filters: Mapping[str, str] | None = None) -> Crawl:
        url = self._partner.endpoint(module, "SENDER")
        to = counterpart(self.credentials.value)
        return Crawl(
            self._partner.http,
            url,
            dialect=self._settings.dialect,
            filters=filters,
            to=to,
            remark=self._partner.remark,
        )

    async def read_list(self, module: str) -> list[object]:
        """All objects of a module that the partner offers, as they came: tariffs, cdrs or tokens."""

        def read() -> list[object]:
            return [each for page in self._crawl(module).pages() for each in page]

        return await asyncio.to_thread(read)

    # --- what happened --------------------------------------------------------------------------------

    async def pull(self, cursor: str | None) -> Batch:
        return await asyncio.to_thread(self._pull, cursor)

    def _pull(self, cursor: str | None) -> Batch:
        """What was kept since the cursor. Trouble is raised when there is no more to tell."""
        known = read_until(self._state, cursor)
        with self._pulling:
            try:
                self._read_what_is_due(self._clock.now(), first=known is None)
            except ReadyByError as error:
                self._trouble = error
            if known is None:
                self._deliveries.retell()
            news = self._state.news(known or 0, ROWS_A_BATCH)
            if self._trouble is not None and not news.rows:
                raise self._trouble
            restarted, self._restarted = self._restarted, False
        return batch_of(self._state, news, as_of=self._as_of, restarted=restarted, remarks=self._drained())

    def _drained(self) -> tuple[Remark, ...]:
        """What was noticed since the last call."""
        found = [self._remarks.popleft() for _ in range(len(self._remarks))]
        return (*found, *self._partner.http.way.drained())

    def _read_what_is_due(self, now: datetime, *, first: bool) -> None:
        every = min(self._settings.pull_every, TRY_AGAIN) if self._trouble else self._settings.pull_every
        due = self._tried_at is None or now - self._tried_at >= every
        if not (first or due or self._deliveries.wants_pull):
            return
        self._tried_at, self._deliveries.wants_pull = now, False
        if not self.credentials.value.is_registered:
            self._register()
        try:
            self._read_all(now)
        except Unauthorized:
            self._register(anew=True)
            self._read_all(now)
        self._deliveries.forget(now)
        self._trouble = None

    def _register(self, *, anew: bool = False) -> None:
        """Register where that is not done, or once more where the partner knows our token no longer.

        Raises:
            Misconfigured: what it needs is not at hand, or it was tried lately; names the remedy.
        """
        trouble = "knows us no longer" if anew else "is not registered"
        command = f"readyby network register --name {self.name}"
        remedy = f"{self.name} {trouble}: give a new token A to {command}"
        now = self._clock.now()
        lately = self._renewed_at is not None and now - self._renewed_at < REGISTER_EVERY
        if not self.registration.can_register or (anew and lately):
            raise Misconfigured(f"{remedy}, or let it begin the handshake")
        self._renewed_at = now if anew else self._renewed_at
        log.warning("registering with partner", partner=self.name, anew=anew)
        try:
            self.registration.register(anew=anew)
        except Unauthorized:
            raise Misconfigured(f"{remedy}: it refuses to register by this one") from None
        self._note_registered()
        self._tried_at = now

    def _read_all(self, now: datetime) -> None:
        if self._listed_at is None or now - self._listed_at >= self._settings.locations_every:
            self._read_locations()
        self._read_sessions(now)

    def _read_sessions(self, now: datetime) -> None:
        """The sessions changed since the last reading, with some overlap."""
        last = self._state.fact("sessions_read_at")
        since = instant(last, "sessions_read_at") - self._settings.overlap if last else None
        crawl = self._crawl(SESSIONS, {"date_from": stamp(since or now - self._settings.look_back)})
        for page in crawl.pages():
            with self._state.writing():
                self._deliveries.take_all(page, lambda each: self._deliveries.put_session(each, pulled=True))
        if crawl.first_answer is not None:
            answered_at = self._answered(crawl.first_answer, now)
            self._state.keep_fact("sessions_read_at", stamp(min(answered_at, now)))

    def _answered(self, answer: Answer, now: datetime) -> datetime:
        """By when the partner says that it answered; the feed is as fresh as that.

        A clock a little off is taken for ours as long as it moves; an answer as old as the last one, or far
        off, is a stale one, whatever its HTTP status.
        """
        at = answer.envelope.at if self._settings.dialect.stamps_answers else now
        if at is None:
            at = self._answered_at or now
        moved = self._answered_at is None or at > self._answered_at
        near = abs(now - at) <= self._settings.skew_tolerated
        self._answered_at = max(at, self._answered_at) if self._answered_at else at
        if near and moved:
            self._fresh(now)
        elif at < now:
            self._fresh(at)
        return at

    def _fresh(self, at: datetime) -> None:
        self._as_of = at if self._as_of is None else max(at, self._as_of)

    def _note_push(self, at: datetime) -> None:
        """The partner pushed what was new at an instant of its clock: up to then it has told everything."""
        now = self._clock.now()
        self._fresh(now if abs(now - at) <= self._settings.skew_tolerated else min(at, now))

    def _note_registered(self) -> None:
        """The partner began anew: it may hold nothing of what it was told."""
        self._restarted = True
        self._tried_at = self._listed_at = None

    # --- commands -------------------------------------------------------------------------------------

    async def submit(self, setpoints: Sequence[Setpoint]) -> tuple[Word, ...]:
        try:
            return await asyncio.to_thread(self._commands.submit, setpoints)
        except Unauthorized as error:
            if not self.registration.can_register:
                raise
            self._deliveries.wants_pull = True
            raise Busy(f"{error}: registering anew", TRY_AGAIN.total_seconds() / 2) from None

    def newest_rank(self, session_id: str) -> tuple[int, int]:
        """The rank of the newest command that was sent for a session; (0, 0): none was."""
        return self._state.newest_rank(self._deliveries.roll.locate(session_id)[0])

    async def read_active(self, evse_ids: Sequence[str]) -> tuple[Active, ...]:
        return await asyncio.to_thread(self._commands.read_active, evse_ids, self._deliveries.roll.session_at)
