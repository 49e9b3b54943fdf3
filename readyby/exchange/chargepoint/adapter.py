"""One ChargePoint account as a charging network of the exchange's.

The service tells nothing by itself: `pull` asks for loads and statuses, and now and then for the sessions
that finished. It takes one step of a sequence at a time, as a limit for some minutes; when nobody sends the
next one, a port goes back to what it gives without a limit. Everything underneath is synchronous and runs
in threads.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

import structlog

from readyby.clocks import DomainClock
from readyby.errors import ReadyByError
from readyby.exchange.adapter import (
    HARDWARE,
    Ack,
    Active,
    Batch,
    Capabilities,
    ClearScope,
    Control,
    EvseFacts,
    LinkLoss,
    Readback,
    Scope,
    Setpoint,
    Unit,
    Word,
)
from readyby.exchange.chargepoint.objects import PortKey
from readyby.exchange.chargepoint.readings import Readings
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.sheds import Sheds
from readyby.exchange.chargepoint.soap import Soap
from readyby.exchange.chargepoint.stays import Place, Stays
from readyby.exchange.chargepoint.summaries import Summaries
from readyby.exchange.network_news import batch_of, read_until
from readyby.exchange.network_state import NetworkState
from readyby.model import Site

ROWS_A_BATCH: Final = 500
OVERLAP: Final = timedelta(minutes=2)
TRY_AGAIN: Final = timedelta(seconds=10)
FORGET_EVERY: Final = timedelta(hours=1)
RESOLUTION_KW: Final = 0.001

log = structlog.get_logger("readyby.exchange.chargepoint")


class ChargepointAdapter:
    """The account of the settings. `folder` holds the state; `soap` may replace the way to the service.

    Raises:
        Misconfigured: the state cannot be opened.
    """

    def __init__(
        self,
        settings: ChargepointSettings,
        clock: DomainClock,
        *,
        folder: Path | None = None,
        sites: Iterable[Site] = (),
        soap: Callable[[ChargepointSettings], Soap] = Soap,
    ) -> None:
        self.settings, self._clock = settings, clock
        self._soap = soap(settings)
        self._state = NetworkState(folder / f"{settings.name}.sqlite" if folder else None)
        self.stays = Stays(settings, sites, clock.now, self._state)
        self._readings = Readings(settings, self._soap, self.stays.remarks.append)
        self._summaries = Summaries(self.stays, clock.now, settings.lag)
        self._sheds = Sheds(settings, self._soap, self.stays, clock.now)
        self._looking = Lock()
        self._statuses: dict[PortKey, str] = {}
        self._looked_at: datetime | None = None
        self._summarized_at: datetime | None = None
        self._forgot_at: datetime | None = None
        self._as_of: datetime | None = None
        self._trouble: ReadyByError | None = None

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def capabilities(self) -> Capabilities:
        settings = self.settings
        return Capabilities(
            control=Control.STEP,
            unit=Unit.KW_TOTAL,
            scope=Scope.PORT,
            ack=Ack.ASYNC,
            ack_within=settings.lag,
            readback=Readback.ACTIVE_PROFILE,
            meter_every=settings.load_every,
            clear_scope=ClearScope.STATION,
            link_loss=LinkLoss.ENDS,
            max_batch=1,
            max_calls=settings.max_calls,
            step_lag=settings.lag,
            settle=settings.settle,
            step_overlap=settings.lag + OVERLAP,
        )

    async def close(self) -> None:
        await asyncio.to_thread(self._state.close)

    # --- what is there --------------------------------------------------------------------------------

    async def list_evses(self) -> tuple[EvseFacts, ...]:
        return await asyncio.to_thread(self._list_evses)

    def _list_evses(self) -> tuple[EvseFacts, ...]:
        offered = self._readings.ports()
        unknown = sorted(key for key in self.stays.places if key not in offered)
        if unknown:
            log.warning("ports not in the account take no commands", ports=[":".join(key) for key in unknown])
        return tuple(self._facts(place, offered) for place in self.stays.places.values())

    def offered_ports(self) -> tuple[PortKey, ...]:
        """The ports of the account, in order; for whoever has yet to name them."""
        return tuple(sorted(self._readings.ports()))

    def _facts(self, place: Place, offered: frozenset[PortKey]) -> EvseFacts:
        evse = place.evse
        return EvseFacts(
            evse_id=place.evse_id,
            site_id=place.site_id,
            max_kw=evse.max_kw,
            min_kw=evse.min_kw,
            standing_cap_kw=evse.standing_cap_kw if self.settings.caps_held else evse.max_kw,
            quantum_kw=RESOLUTION_KW,
            controlled=evse.controlled and place.key in offered,
            cap_held_by=HARDWARE if self.settings.caps_held else "",
        )

    # --- what happened --------------------------------------------------------------------------------

    async def pull(self, cursor: str | None) -> Batch:
        return await asyncio.to_thread(self._pull, cursor)

    def _pull(self, cursor: str | None) -> Batch:
        """What was kept since the cursor. Trouble is raised when there is no more to tell."""
        known = read_until(self._state, cursor)
        with self._looking:
            try:
                self._read_what_is_due(self._clock.now(), first=known is None)
            except ReadyByError as error:
                self._trouble = error
            if known is None:
                self.stays.retell()
            news = self._state.news(known or 0, ROWS_A_BATCH)
            if self._trouble is not None and not news.rows:
                raise self._trouble
            lost, self._sheds.lost = self._sheds.lost, False
            remarks = tuple(self.stays.remarks)
            self.stays.remarks.clear()
        return batch_of(
            self._state,
            news,
            as_of=self._as_of,
            restarted=lost,
            remarks=(*remarks, *self._soap.way.drained()),
        )

    def _read_what_is_due(self, now: datetime, *, first: bool) -> None:
        settings = self.settings
        every = min(settings.load_every, TRY_AGAIN) if self._trouble else settings.load_every
        if first or self._looked_at is None or now - self._looked_at >= every:
            self._looked_at = now
            self._trouble = self._look(now)
            self._sheds.release_left()
        due = self._summarized_at is None or now - self._summarized_at >= settings.summaries_every
        if due or self.stays.wants_summaries:
            self._summarized_at = now
            for records in self._readings.summaries(now - settings.summaries_back, now + settings.lag):
                self._summaries.take(records)
            self.stays.wants_summaries = False
        if self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY:
            self._forgot_at = now
            self._state.forget(now - settings.keep_for, now - settings.keep_silent_for)

    def _look(self, now: datetime) -> ReadyByError | None:
        """Read all ports; what could not be read. The feed is as fresh as the last reading of all loads.

        Where statuses cannot be read, the last ones count.

        Raises:
            ReadyByError: no load could be read.
        """
        loads, faults = self._readings.loads(self.settings.stations)
        statuses, _ = self._readings.statuses()
        self._statuses.update(statuses)
        self.stays.observe(loads, self._statuses)
        self._sheds.note_shown(loads)
        if faults:
            return faults[0]
        self._as_of = now
        return None

    # --- commands -------------------------------------------------------------------------------------

    async def submit(self, setpoints: Sequence[Setpoint]) -> tuple[Word, ...]:
        return await asyncio.to_thread(self._sheds.submit, setpoints)

    def newest_rank(self, session_id: str) -> tuple[int, int]:
        """The rank of the newest command that was sent for a session; (0, 0): none was."""
        return self._state.newest_rank(session_id)

    async def read_active(self, evse_ids: Sequence[str]) -> tuple[Active, ...]:
        return await asyncio.to_thread(self._read_active, evse_ids)

    def _read_active(self, evse_ids: Sequence[str]) -> tuple[Active, ...]:
        """What ports hold by their stations' word; those that it says nothing of are left out."""
        places = [place for name in evse_ids if (place := self.stays.by_evse.get(name)) is not None]
        with self._looking:
            loads, _ = self._readings.loads(dict.fromkeys(place.key[0] for place in places))
            self.stays.observe(loads, self._statuses)
            self._sheds.note_shown(loads)
            shown = {load.key: load for load in loads}
            return tuple(
                Active(evse_id=place.evse_id, command_id=self._sheds.held(place, shown[place.key]))
                for place in places
                if place.key in shown
            )
