"""The transactions of all stations: begun, measured and ended by their stations, told in our words.

A start and an end are on disk before the station has its answer. Meter values wait in memory until the next
pull: what a kill loses of them, the register makes whole with the next one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from readyby.contract import LAST_YEAR
from readyby.exchange.adapter import Remark
from readyby.exchange.network_state import NetworkState, News, Sent
from readyby.exchange.ocpp.energy import INTERVAL, SessionEnergy
from readyby.exchange.ocpp.meter import Sampled, read_value
from readyby.exchange.ocpp.settings import OcppSettings
from readyby.model import Evse, Site

MODULE: Final = "transactions"
LATE_KNOWN: Final = 100
COLUMNS: Final = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")
FORGET_EVERY: Final = timedelta(hours=1)
OLD: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A connector of a station as the EVSE that it is."""

    station: str
    connector: int
    site_id: str
    evse: Evse


@dataclass(slots=True, kw_only=True)
class Transaction:
    """A transaction at a connector; `is_end_inferred`: its station has yet to tell its end."""

    number: int
    session_id: str
    place: Place
    record: dict[str, object]
    energy: SessionEnergy
    heard_at: datetime | None = None
    is_end_inferred: bool = False


class Transactions:
    """What stations told, until core has it. `now` gives domain time."""

    def __init__(
        self,
        settings: OcppSettings,
        sites: Iterable[Site],
        now: Callable[[], datetime],
        path: Path | None,
        *,
        count_from: int = 0,
    ) -> None:
        """An empty file counts from `count_from`: no transaction of a lost one has its number again."""
        self._settings, self._now, self._count_from = settings, now, count_from
        self.state = NetworkState(path)
        evses = {str(evse.evse_id): (str(site.site_id), evse) for site in sites for evse in site.evses}
        self.places = {
            (name, int(number)): Place(
                station=name, connector=int(number), site_id=evses[evse_id][0], evse=evses[evse_id][1]
            )
            for name, station in settings.stations.items()
            for number, evse_id in station.connectors.items()
            if evse_id in evses
        }
        self.by_evse = {str(place.evse.evse_id): place for place in self.places.values()}
        self.active: dict[str, Transaction] = {}
        self._late: dict[str, Transaction] = {}
        self._rows: list[tuple[object, ...]] = []
        self._to_keep: dict[str, Transaction] = {}
        self.remarks: list[Remark] = []
        self._forgot_at: datetime | None = None
        kept_open = (self._read(kept.body) for kept in self.state.read_all(MODULE, only_open=True))
        self.active.update(
            (str(each.place.evse.evse_id), each)
            for each in sorted(filter(None, kept_open), key=lambda each: str(each.record["started_at"]))
        )

    def _read(self, body: Mapping[str, Any]) -> Transaction | None:
        """A transaction as it was kept; None where its connector is not ours any more."""
        place = self.places.get((body["station"], body["connector"]))
        if place is None:
            return None
        return Transaction(
            number=body["number"],
            session_id=body["record"]["session_id"],
            place=place,
            record=body["record"],
            energy=SessionEnergy.read(body),
            is_end_inferred=body.get("is_end_inferred", False),
        )

    def _told_late(self, session_id: str) -> Transaction | None:
        """A transaction that another one followed, or that ended as far as was known: its queue comes now."""
        if (late := self._late.get(session_id)) is not None:
            return late
        kept = self.state.read(MODULE, session_id)
        transaction = self._read(kept.body) if kept is not None else None
        if transaction is not None:
            self._late[session_id] = transaction
            while len(self._late) > LATE_KNOWN:
                del self._late[next(iter(self._late))]
        return transaction

    # --- what stations tell ---------------------------------------------------------------------------

    def start(self, place: Place, told: Mapping[str, Any]) -> int:
        """A transaction begins; told again, it has the number it had."""
        at = self._instant(told.get("timestamp"))
        key = f"{place.station}/{place.connector}/{at.isoformat()}/{told.get('meterStart')}"
        if (kept := self.state.fact(key)) is not None:
            self._remark("duplicate_session", place, "", "a start that was told before", action="kept")
            return int(kept)
        number = int(self.state.fact("number") or self._count_from) + 1
        session_id = f"{place.station}-{number}"
        record: dict[str, object] = {
            "session_id": session_id,
            "site_id": place.site_id,
            "evse_id": place.evse.evse_id,
            "token_uid": told.get("idTag"),
            "status": "ACTIVE",
            "started_at": at.isoformat(),
            "ended_at": None,
            "energy_kwh": 0.0,
            "last_updated": at.isoformat(),
            "live": self._now() - at <= self._settings.live_within,
        }
        transaction = Transaction(
            number=number,
            session_id=session_id,
            place=place,
            record=record,
            energy=SessionEnergy(start_kwh=float(told.get("meterStart") or 0) / 1000),
        )
        before = self.active.get(str(place.evse.evse_id))
        is_newest = before is None or str(before.record["started_at"]) <= at.isoformat()
        with self.state.writing():
            if before is not None and is_newest:
                self._close(before, at, "closed: the next one began at its connector")
            self.state.keep_fact("number", str(number))
            self.state.keep_fact(key, str(number))
            self._keep(transaction, ended=False)
            self.state.tell([("session", record)])
        if is_newest:
            self.active[str(place.evse.evse_id)] = transaction
        return number

    def stop(self, station: str, told: Mapping[str, Any]) -> None:
        """A transaction ends; one that nobody knows is remarked."""
        number = told.get("transactionId")
        name = f"{station}-{number}"
        transaction = self._by_number(station, number) or self._told_late(name)
        at = self._instant(told.get("timestamp"))
        if transaction is None:
            if self.state.read(MODULE, name) is None:
                place = next((each for each in self.places.values() if each.station == station), None)
                self._remark("unknown_session", place, name, "the end of what never began", "quarantined")
            return
        if transaction.record["status"] != "ACTIVE" and not transaction.is_end_inferred:
            return
        values = told.get("transactionData")
        self.measure(transaction.place, number, values if isinstance(values, list) else [])
        stop_kwh = float(told.get("meterStop") or 0) / 1000
        if transaction.energy.basis != INTERVAL or stop_kwh > transaction.energy.start_kwh:
            transaction.energy.kwh = max(stop_kwh - transaction.energy.start_kwh, 0.0)
        transaction.is_end_inferred = False
        self._end(transaction, at)

    def free(self, place: Place, at: datetime) -> None:
        """A connector is free: a transaction of which no end was told has ended, whoever forgot to say so."""
        transaction = self.active.get(str(place.evse.evse_id))
        if transaction is None:
            return
        self._close(transaction, at, "closed: its connector is free")

    def _close(self, transaction: Transaction, at: datetime, detail: str) -> None:
        """End a transaction of which nobody told the end."""
        place, session_id = transaction.place, transaction.session_id
        self._remark("unended_session", place, session_id, detail, "repaired")
        transaction.is_end_inferred = True
        self._end(transaction, at)

    def _end(self, transaction: Transaction, at: datetime) -> None:
        """A transaction has ended; the end that a station tells is newer than one that was inferred."""
        told_at = datetime.fromisoformat(str(transaction.record["last_updated"]))
        was_ended = transaction.record["status"] != "ACTIVE"
        transaction.record = {
            **transaction.record,
            "status": "COMPLETED",
            "ended_at": at.isoformat(),
            "energy_kwh": round(transaction.energy.kwh, 4),
            "last_updated": (max(at, told_at + timedelta(seconds=1)) if was_ended else at).isoformat(),
        }
        with self.state.writing():
            self._flush()
            self._keep(transaction, ended=True)
            self.state.tell([("session", transaction.record)])
        evse_id = str(transaction.place.evse.evse_id)
        if self.active.get(evse_id) is transaction:
            del self.active[evse_id]

    def _keep(self, transaction: Transaction, *, ended: bool) -> None:
        body = {
            "station": transaction.place.station,
            "connector": transaction.place.connector,
            "number": transaction.number,
            "record": transaction.record,
            "start_kwh": transaction.energy.start_kwh,
            "energy": transaction.energy.body(),
            "is_end_inferred": transaction.is_end_inferred,
        }
        self.state.keep(MODULE, transaction.session_id, body, self._now(), live=True, ended=ended)

    def measure(self, place: Place, number: object, values: Iterable[object]) -> None:
        """Meter values of a transaction; without one they are nobody's."""
        transaction = self.active.get(str(place.evse.evse_id))
        if number is None and transaction is None:
            return
        name = f"{place.station}-{number}"
        if transaction is None or number not in (None, transaction.number):
            transaction = self._told_late(name)
        for value in values:
            if not isinstance(value, dict):
                continue
            sampled = read_value(value, phases=place.evse.phases, voltage_v=place.evse.voltage_v)
            if transaction is not None and transaction.place == place:
                self._rows.append(self._row(transaction, sampled))
            else:
                self._rows.append((name, place.evse.evse_id, sampled.at, sampled.power_kw, None))

    def _row(self, transaction: Transaction, sampled: Sampled) -> tuple[object, ...]:
        """A row in our words; power is what the energy grew by where none is told."""
        energy, before = transaction.energy, transaction.energy.body()
        by_energy_kw, energy_kwh = energy.take(sampled, _read_instant(sampled.at))
        power_kw = by_energy_kw if sampled.power_kw is None else sampled.power_kw
        if energy.body() != before:
            self._to_keep[transaction.session_id] = transaction
        transaction.heard_at = self._now()
        evse_id = str(transaction.place.evse.evse_id)
        return (transaction.session_id, evse_id, sampled.at, power_kw, energy_kwh)

    def _by_number(self, station: str, number: object) -> Transaction | None:
        return next(
            (
                each
                for each in self.active.values()
                if each.place.station == station and each.number == number
            ),
            None,
        )

    def _instant(self, told: object) -> datetime:
        """A station's instant; now, where it has no clock yet."""
        at = _read_instant(told)
        return at if at is not None and (at >= OLD or self._now() < OLD) else self._now()

    # --- what is told on ------------------------------------------------------------------------------

    def _flush(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            with self.state.writing():
                self.state.tell(
                    [("meter", {name: list(each) for name, each in zip(COLUMNS, columns, strict=True)})]
                )
                for transaction in self._to_keep.values():
                    self._keep(transaction, ended=transaction.record["status"] != "ACTIVE")
            self._rows, self._to_keep = [], {}

    def news(self, after: int, most: int) -> News:
        """What came after a number, meter values included."""
        self._flush()
        now = self._now()
        if self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY:
            self._forgot_at = now
            self.state.forget(now - self._settings.keep_for, now - self._settings.keep_for)
        return self.state.news(after, most)

    def retell(self) -> None:
        """Tell again what is under way: somebody starts without memory."""
        told = {each["session_id"] for each in self.state.waiting("session")}
        self.state.tell(
            [("session", each.record) for each in self.active.values() if each.session_id not in told]
        )

    def newest(self, session_id: str) -> list[Sent]:
        """The newest commands of a session, oldest first."""
        return self.state.commands(session_id)

    def is_over(self, session_id: str) -> bool:
        """Whether a session is known, and has ended."""
        active = any(each.session_id == session_id for each in self.active.values())
        return not active and self.state.read(MODULE, session_id) is not None

    def _remark(
        self, kind: str, place: Place | None, session_id: str, detail: str, action: str = "kept"
    ) -> None:
        self.remarks.append(
            Remark(
                kind=kind,
                evse_id=str(place.evse.evse_id) if place else None,
                session_id=session_id or None,
                action=action,
                detail=detail,
            )
        )


def _read_instant(told: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(told) if isinstance(told, str) else None
        at = None if at is None else at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at is None or at.year < LAST_YEAR else None
