"""Stations that speak OCPP 1.6J to us, as a charging network of the exchange's.

The standing cap of a connector is a TxDefaultProfile in its station; it counts only when the station has
taken it. A power sequence is a TxProfile of the running transaction, with the standing cap as its tail;
GetCompositeSchedule reads it back. A station keeps its profiles when the connection is lost.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from websockets.asyncio.server import Server, ServerConnection

from readyby.clocks import DomainClock
from readyby.errors import BadInput, ReadyByError, Unreachable
from readyby.exchange.adapter import (
    Active,
    Batch,
    Capabilities,
    EvseFacts,
    Setpoint,
    Unit,
    Verdict,
    Word,
)
from readyby.exchange.network_news import batch_of, read_until, word_on
from readyby.exchange.network_state import Sent
from readyby.exchange.ocpi.profiles import LEAST_A
from readyby.exchange.ocpi.wire import BadMessage
from readyby.exchange.ocpp.link import Json, StationLink, StationRefused
from readyby.exchange.ocpp.profiles import READ_FOR, held, tx_profile
from readyby.exchange.ocpp.server import open_door, station_of
from readyby.exchange.ocpp.set_up import StationSetUp, begin, rating_of
from readyby.exchange.ocpp.settings import OcppSettings
from readyby.exchange.ocpp.together import TogetherWriter
from readyby.exchange.ocpp.transactions import Place, Transaction, Transactions
from readyby.model import Site

ROWS_A_BATCH: Final = 2_000
SILENT_SAMPLES: Final = 2.5

log = structlog.get_logger("readyby.exchange.ocpp")


class OcppAdapter:
    """The stations of the settings; those that connect are reachable.

    `folder` holds the state; where it is empty, transactions are counted from `count_from`.

    Raises:
        Misconfigured: the state cannot be opened.
    """

    def __init__(
        self,
        settings: OcppSettings,
        clock: DomainClock,
        *,
        folder: Path | None = None,
        sites: Iterable[Site] = (),
        count_from: int = 0,
    ) -> None:
        self.settings, self._clock = settings, clock
        path = folder / f"{settings.name}.sqlite" if folder else None
        self.transactions = Transactions(settings, sites, clock.now, path, count_from=count_from)
        self._writer = TogetherWriter(self.transactions.state)
        self.links: dict[str, StationLink] = {}
        self._set_up = StationSetUp(settings, self.transactions.places.values())
        self._server: Server | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._restarted = False
        self._triggered: dict[str, datetime] = {}

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def capabilities(self) -> Capabilities:
        unit = Unit.A_PER_PHASE if self.settings.rate_unit == "A" else Unit.W_TOTAL
        return Capabilities(
            unit=unit,
            max_steps=100,
            max_batch=1,
            max_calls=self.settings.max_calls,
            meter_every=timedelta(seconds=self.settings.sample_s),
        )

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def open(self) -> None:
        """Listen for stations, if that is not done yet.

        Raises:
            Misconfigured: the address is taken.
        """
        if self._server is None:
            self._server = await open_door(self.settings, self._serve)

    async def settled(self) -> None:
        """Wait until every connected station is set up."""
        while self._work:
            await asyncio.gather(*self._work, return_exceptions=True)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        for task in (*self._work, *self._set_up.later):
            task.cancel()
        await asyncio.gather(*self._work, *self._set_up.later, return_exceptions=True)
        self.transactions.state.close()

    # --- stations come and go -------------------------------------------------------------------------

    async def _serve(self, connection: ServerConnection) -> None:
        station = station_of(connection.request.path if connection.request else "")
        link = StationLink(
            station,
            connection,
            lambda action, payload: self._answer(station, action, payload),
            call_within_s=self.settings.call_within_s,
            messages_per_s=self.settings.messages_per_s,
        )
        if (former := self.links.get(station)) is not None:
            await former.close()
        self.links[station] = link
        self._spawn(self._set_up.begin(link))
        try:
            await link.serve()
        finally:
            if self.links.get(station) is link:
                del self.links[station]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        begin(work, self._work)

    # --- their calls ----------------------------------------------------------------------------------

    async def _answer(self, station: str, action: str, told: Json) -> Json:
        """Our answer to a station's call.

        Raises:
            LookupError: it is none that we know.
        """
        place = self.transactions.places.get((station, int(told.get("connectorId") or 0)))
        now = self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        if action == "BootNotification":
            self._restarted = True
            self._note_boot(station)
            return {"status": "Accepted", "currentTime": now, "interval": self.settings.heartbeat_s}
        if action == "Heartbeat":
            return {"currentTime": now}
        if action == "Authorize":
            return {"idTagInfo": {"status": "Accepted"}}
        if action == "StartTransaction":
            number = self.transactions.start(place, told) if place else -1
            return {"transactionId": number, "idTagInfo": {"status": "Accepted" if place else "Invalid"}}
        if action == "StopTransaction":
            self.transactions.stop(station, told)
            return {}
        if action == "MeterValues":
            if place is not None:
                self.transactions.measure(place, told.get("transactionId"), told["meterValue"])
            return {}
        if action == "StatusNotification":
            if place is not None and told.get("status") == "Available":
                self.transactions.free(place, self._clock.now())
            return {}
        return {
            "DataTransfer": {"status": "UnknownVendorId"},
            "DiagnosticsStatusNotification": {},
            "FirmwareStatusNotification": {},
        }[action]

    def _note_boot(self, station: str) -> None:
        if (link := self.links.get(station)) is not None:
            link.note_boot()

    # --- what is there --------------------------------------------------------------------------------

    async def list_evses(self) -> tuple[EvseFacts, ...]:
        await self.open()
        return tuple(self._facts(place) for place in self.transactions.places.values())

    def _facts(self, place: Place) -> EvseFacts:
        evse, rating = place.evse, rating_of(self.settings, place)
        least_kw = LEAST_A * evse.phases * evse.voltage_v / 1000
        held_by = self._set_up.caps.get(str(evse.evse_id), "")
        return EvseFacts(
            evse_id=str(evse.evse_id),
            site_id=place.site_id,
            max_kw=evse.max_kw,
            min_kw=max(evse.min_kw, least_kw),
            standing_cap_kw=evse.standing_cap_kw if held_by else evse.max_kw,
            quantum_kw=rating.quantum_kw,
            controlled=evse.controlled,
            cap_held_by=held_by,
        )

    async def pull(self, cursor: str | None) -> Batch:
        await self.open()
        state = self.transactions.state
        known = read_until(state, cursor)
        if known is None:
            self.transactions.retell()
        news = self.transactions.news(known or 0, ROWS_A_BATCH)
        self._ask_the_silent()
        restarted, self._restarted = self._restarted, False
        changed, self._set_up.facts_changed = self._set_up.facts_changed, False
        remarks, self.transactions.remarks = tuple(self.transactions.remarks), []
        return batch_of(
            state,
            news,
            as_of=self._clock.now(),
            restarted=restarted,
            facts_changed=changed,
            remarks=remarks,
        )

    def _ask_the_silent(self) -> None:
        """Have connectors measured of which nothing was heard for some samples."""
        now, span = self._clock.now(), timedelta(seconds=SILENT_SAMPLES * self.settings.sample_s)
        for evse_id, transaction in self.transactions.active.items():
            place, heard_at = transaction.place, transaction.heard_at or now
            asked_at = self._triggered.get(evse_id)
            link = self.links.get(place.station)
            if link is None or now - heard_at < span or (asked_at is not None and now - asked_at < span):
                continue
            self._triggered[evse_id] = now
            self._spawn(self._trigger(link, place.connector))

    async def _trigger(self, link: StationLink, connector: int) -> None:
        with suppress(ReadyByError):
            await link.call("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": connector})

    # --- commands -------------------------------------------------------------------------------------

    async def submit(self, setpoints: Sequence[Setpoint]) -> tuple[Word, ...]:
        words, lost = [], None
        for setpoint in setpoints:
            try:
                words.append(await self._send(setpoint))
            except Unreachable as error:
                lost = error
        if lost is not None and not words:
            raise lost
        return tuple(words)

    async def _send(self, setpoint: Setpoint) -> Word:
        transaction = self.transactions.active.get(setpoint.evse_id)
        if transaction is None or transaction.session_id != setpoint.session_id:
            over = self.transactions.is_over(setpoint.session_id)
            return word_on(
                setpoint, Verdict.GONE if over else Verdict.REJECTED, "the session is not at the EVSE"
            )
        sent = self.transactions.newest(setpoint.session_id)
        if any(each.rank > setpoint.rank for each in sent):
            return word_on(
                setpoint, Verdict.REJECTED, "rank: a command of a higher rank was sent for the session"
            )
        try:
            profile = self._profile(setpoint, transaction)
        except BadInput as error:
            return word_on(setpoint, Verdict.REJECTED, str(error))
        link = self._link(transaction.place)
        await self._writer.keep(
            Sent(
                command_id=setpoint.command_id,
                session_key=setpoint.session_id,
                profile=profile,
                sent_at=self._clock.now(),
                rank=setpoint.rank,
            )
        )
        try:
            status = await self._told(link, transaction.place, profile)
        except StationRefused as error:
            return word_on(setpoint, Verdict.REJECTED, str(error))
        if status not in ("Accepted", "Unknown"):
            return word_on(setpoint, Verdict.REJECTED, f"the station says {status}")
        return word_on(setpoint, Verdict.ACCEPTED)

    def _profile(self, setpoint: Setpoint, transaction: Transaction) -> Json | None:
        if setpoint.is_release:
            return None
        place = transaction.place
        return tx_profile(
            setpoint,
            rating_of(self.settings, place),
            self._clock.now(),
            connector=place.connector,
            transaction=transaction.number,
            takes_zero=self.settings.takes_zero,
        )

    async def _told(self, link: StationLink, place: Place, profile: Json | None) -> str:
        if profile is None:
            payload = {"connectorId": place.connector, "chargingProfilePurpose": "TxProfile"}
            return str((await link.call("ClearChargingProfile", payload)).get("status"))
        payload = {"connectorId": place.connector, "csChargingProfiles": profile}
        return str((await link.call("SetChargingProfile", payload)).get("status"))

    def _link(self, place: Place) -> StationLink:
        link = self.links.get(place.station)
        if link is None or not link.is_open:
            raise Unreachable(f"{place.station} is not connected")
        return link

    def newest_rank(self, session_id: str) -> tuple[int, int]:
        """The rank of the newest command that was sent for a session; (0, 0): none was."""
        return self.transactions.state.newest_rank(session_id)

    async def read_active(self, evse_ids: Sequence[str]) -> tuple[Active, ...]:
        answers = await asyncio.gather(*map(self._read_one, evse_ids), return_exceptions=True)
        found = [each for each in answers if isinstance(each, Active)]
        faults = [each for each in answers if isinstance(each, BaseException)]
        others = [each for each in faults if not isinstance(each, ReadyByError)]
        if others or (faults and not found):
            raise (others or faults)[0]
        return tuple(found)

    async def _read_one(self, evse_id: str) -> Active:
        """What an EVSE holds by its station's word.

        Raises:
            Unreachable: it does not say.
        """
        transaction = self.transactions.active.get(evse_id)
        if transaction is None:
            return Active(evse_id=evse_id, command_id=None)
        sent = self.transactions.newest(transaction.session_id)
        place = transaction.place
        payload = {
            "connectorId": place.connector,
            "duration": int(READ_FOR.total_seconds()),
            "chargingRateUnit": self.settings.rate_unit,
        }
        answer = await self._link(place).call("GetCompositeSchedule", payload)
        rating = rating_of(self.settings, place)
        try:
            return Active(evse_id=evse_id, command_id=held(answer, sent, rating, self._clock.now()))
        except BadMessage as error:
            raise Unreachable(f"{place.station} answered no schedule: {error}") from None
