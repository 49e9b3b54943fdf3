"""What a partner delivers, by push or pull: merged into the copy, and told to the exchange in its words.

A delivery is one transaction: the copy and the news of it are kept together. What cannot be read is kept
as a reject with its reason, and the rest goes on.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import orjson
import structlog

from readyby.clocks import machine_ms
from readyby.exchange.adapter import Remark
from readyby.exchange.network_state import Kept
from readyby.exchange.ocpi.evses import EvseBook
from readyby.exchange.ocpi.meter import meter_values
from readyby.exchange.ocpi.mirror import Change, patched, replaced
from readyby.exchange.ocpi.objects import (
    Fields,
    OcpiEvse,
    OcpiSession,
    fields_of,
    is_other,
    is_recent,
    key,
    parse_cdr,
    parse_evses,
    parse_session,
    text,
)
from readyby.exchange.ocpi.partner import Partner
from readyby.exchange.ocpi.roll import SESSIONS, Roll, Unknown, key_of
from readyby.exchange.ocpi.wire import BadMessage, stamp
from readyby.requests import ValidRequest

LOCATIONS, CDRS = "locations", "cdrs"
TELL_EVERY = timedelta(minutes=15)
"""A session that only draws on is told of so often; its energy is in the meter values."""
PUSHES_KNOWN = 5_000
TOLD = frozenset({"ACTIVE", "COMPLETED", "INVALID"})

log = structlog.get_logger("readyby.exchange.ocpi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a delivery. `created`: it was new here; `note` tells why nothing changed."""

    created: bool
    changed: bool
    note: str = ""


class Deliveries:
    """The one way in for everything that a partner tells."""

    def __init__(self, partner: Partner, evses: EvseBook, on_push: Callable[[datetime], None]) -> None:
        """`on_push` is told how new a pushed change is."""
        self._settings, self._state = partner.settings, partner.state
        self._evses, self._now = evses, partner.now
        self.roll = Roll(partner, evses)
        self._on_push = on_push
        self._partner = partner
        self._pushed: dict[str, bytes] = {}
        self.ignored = 0
        self.wants_pull = False
        self._learn_evses()

    # --- sessions -------------------------------------------------------------------------------------

    def put_session(self, value: object, *, pulled: bool = False) -> Taken:
        """Take a whole session.

        Raises:
            BadMessage: it cannot be read; it is kept as a reject. Unknown: its party is not the partner's.
        """
        try:
            new = parse_session(value, self._settings.dialect)
            self.roll.check_owner(new.country_code, new.party_id)
            with self._state.writing():
                old = self._state.read(SESSIONS, key_of(new))
                change = replaced(old.body if old else None, fields_of(value, "session"))
                self._keep(old, change, new, pulled=pulled)
        except BadMessage as error:
            self.reject(SESSIONS, error, value)
            raise
        if not pulled:
            self._remark_push(new, change, value, "duplicate_session", "stale_session")
        return Taken(created=old is None, changed=change.changed, note=change.note)

    def patch_session(self, country_code: str, party_id: str, session_id: str, value: object) -> Taken:
        """Take a part of a session.

        Raises:
            Unknown: the session is not here, so the part is of no use: the partner is to PUT the whole.
            BadMessage: the part cannot be read, or leaves something that cannot.
        """
        try:
            patch = fields_of(value, "session")
            with self._state.writing():
                old = self._known(key(country_code, party_id, session_id))
                change = patched(old.body, patch)
                new = parse_session(change.copy, self._settings.dialect)
                self._keep(old, change, new)
            self._remark_push(new, change, value, "duplicate_meter", "meter_order")
        except Unknown:
            detail = "a part of a session that is not known: it is pulled"
            self._partner.remark(Remark(kind="unknown_session", action="repaired", detail=detail))
            raise
        except BadMessage as error:
            self.reject(SESSIONS, error, value)
            raise
        return Taken(created=False, changed=change.changed, note=change.note)

    def _remark_push(
        self, session: OcpiSession, change: Change, value: object, duplicate: str, stale: str
    ) -> None:
        """A push that was pushed before, or that is older than what is known."""
        name, digest = key_of(session), blake2b(orjson.dumps(value), digest_size=16).digest()
        kind = duplicate if self._pushed.get(name) == digest else stale if change.note else ""
        self._pushed.pop(name, None)
        self._pushed[name] = digest
        while len(self._pushed) > PUSHES_KNOWN:
            del self._pushed[next(iter(self._pushed))]
        if kind:
            evse = self._evses.by_uid(session.evse_uid)
            evse_id = evse.evse_id if evse else session.evse_uid
            detail = "pushed twice" if kind == duplicate else "pushed after a newer one, which stands"
            session_id = self.roll.session_id(session)
            self._partner.remark(Remark(kind=kind, evse_id=evse_id, session_id=session_id, detail=detail))

    def _known(self, session_key: str) -> Kept:
        """A session's copy; one that is missed here is pulled soon."""
        kept = self._state.read(SESSIONS, session_key)
        if kept is None:
            self.wants_pull = True
            raise Unknown("session: not known here; PUT the whole object")
        return kept

    def read_session(self, country_code: str, party_id: str, session_id: str) -> Kept | None:
        return self._state.read(SESSIONS, key(country_code, party_id, session_id))

    def _keep(self, old: Kept | None, change: Change, new: OcpiSession, *, pulled: bool = False) -> None:
        """Keep a changed copy, `new` when read, with its news."""
        if not change.changed:
            return
        now = self._now()
        before = self.roll.parsed(old)
        was_active = before is not None and before.status == "ACTIVE"
        live = old.live if old is not None and was_active else self._is_live(new, now, pulled=pulled)
        self._state.keep(SESSIONS, key_of(new), change.copy, now, live=live, ended=new.is_final)
        self.roll.place(new)
        if not pulled:
            self._on_push(new.last_updated)
        for reason, period in new.faults:
            self.reject(SESSIONS, BadMessage(reason), period)
        self._tell(before, new, old.told_at if old else None, live=live)

    def _is_live(self, session: OcpiSession, now: datetime, *, pulled: bool) -> bool:
        """A start that was queued somewhere is history; a list read now shows what is active now."""
        within = self._settings.live_within
        recent = is_recent(session.last_updated, now, within)
        return (
            session.status == "ACTIVE" and recent and (pulled or is_recent(session.started_at, now, within))
        )

    def _tell(
        self, old: OcpiSession | None, new: OcpiSession, told_at: datetime | None, *, live: bool
    ) -> None:
        """Tell what is new: the session when it is another than before, or was not told of for a while."""
        site_id = self._evses.site_of(new.location_id)
        if site_id is None:
            self.ignored += 1
            return
        if new.status not in TOLD:
            return
        rows: list[tuple[str, Mapping[str, object]]] = []
        if old is None or told_at is None or is_other(old, new) or new.last_updated - told_at >= TELL_EVERY:
            rows.append(("session", self.record(new, site_id, live=live)))
            self._state.keep_told(SESSIONS, key_of(new), new.last_updated)
        evse = self._evses.by_uid(new.evse_uid)
        rating = evse.rating(self._settings) if evse else None
        values = meter_values(
            old, new, phases=rating.phases if rating else 1, voltage_v=rating.voltage_v if rating else 230.0
        )
        if values:
            count = len(values)
            columns: dict[str, object] = {
                "session_id": [self.roll.session_id(new)] * count,
                "evse_id": [evse.evse_id if evse else new.evse_uid] * count,
                "measured_at": [value.measured_at.isoformat() for value in values],
                "power_kw": [value.power_kw for value in values],
                "energy_kwh": [value.energy_kwh for value in values],
            }
            rows.append(("meter", columns))
        self._state.tell(rows)

    def record(self, session: OcpiSession, site_id: str, *, live: bool) -> dict[str, object]:
        """A session in the words of `contract.SessionRecord`: the only place that a token's uid leaves by."""
        evse = self._evses.by_uid(session.evse_uid)
        ended_at = session.ended_at or (session.last_updated if session.is_final else None)
        return {
            "session_id": self.roll.session_id(session),
            "site_id": evse.site_id if evse else site_id,
            "evse_id": evse.evse_id if evse else session.evse_uid,
            "token_uid": session.token_uid,
            "status": session.status,
            "started_at": session.started_at.isoformat(),
            "ended_at": None if ended_at is None or not session.is_final else ended_at.isoformat(),
            "energy_kwh": session.energy_kwh,
            "last_updated": session.last_updated.isoformat(),
            "live": live,
        }

    def take_wish(self, session_key: str, wish: ValidRequest) -> bool:
        """Tell what a driver asks for through the partner; False where the session has ended.

        Raises:
            Unknown: the session's EVSE is none that is controlled.
        """
        session = self.roll.session(session_key)
        evse = self.roll.evse_of(session_key)
        if session is None or evse is None or not evse.facts(self._settings).controlled:
            raise Unknown("session: its EVSE takes no charging preferences")
        if session.status != "ACTIVE":
            return False
        body: dict[str, object] = {
            "wish_id": secrets.token_hex(16),
            "session_id": self.roll.session_id(session),
            "kind": wish.kind.value,
            "departure_at": wish.departure_at.isoformat() if wish.departure_at else None,
            "energy_need_kwh": wish.energy_need_kwh,
            "machine_ms": machine_ms(),
        }
        self._state.tell([("wish", body)])
        return True

    def retell(self) -> None:
        """Tell again all sessions that are active: somebody starts without memory."""
        with self._state.writing():
            told = {each["session_id"] for each in self._state.waiting("session")}
            for kept in self._state.read_all(SESSIONS, only_open=True):
                if self.roll.name_in(kept.body) in told or (session := self.roll.parsed(kept)) is None:
                    continue
                site_id = self._evses.site_of(session.location_id)
                if session.status in TOLD and site_id is not None:
                    self._state.tell([("session", self.record(session, site_id, live=kept.live))])

    def forget(self, now: datetime) -> None:
        """Drop what is not needed any more."""
        if self._state.forget(now - self._settings.keep_for, now - self._settings.keep_silent_for):
            self.roll.find_places()

    # --- locations ------------------------------------------------------------------------------------

    def put_location(self, value: object) -> Taken:
        """Take a whole location.

        Raises:
            BadMessage: it cannot be read; it is kept as a reject.
        """
        try:
            fields = fields_of(value, "location")
            name = key(text(fields, "country_code", 2), text(fields, "party_id", 3), text(fields, "id"))
            _, faults = parse_evses(value)
            with self._state.writing():
                old = self._state.read(LOCATIONS, name)
                change = replaced(old.body if old else None, fields)
                if change.changed:
                    self._state.keep(LOCATIONS, name, change.copy, self._now(), live=False, ended=False)
        except BadMessage as error:
            self.reject(LOCATIONS, error, value)
            raise
        for fault in faults:
            self.reject(LOCATIONS, BadMessage(fault), value)
        if change.changed:
            self._learn_evses()
        return Taken(created=old is None, changed=change.changed, note=change.note)

    def read_location(self, name: str) -> Fields:
        """A location's copy.

        Raises:
            Unknown: it is not here.
        """
        kept = self._state.read(LOCATIONS, name)
        if kept is None:
            raise Unknown("location: not known here; PUT the whole object")
        return kept.body

    def keep_location(self, location: Fields) -> None:
        """Keep a location that was changed inside.

        Raises:
            BadMessage: it cannot be read any more.
        """
        names = (text(location, "country_code", 2), text(location, "party_id", 3), text(location, "id"))
        parse_evses(location)
        self._state.keep(LOCATIONS, key(*names), location, self._now(), live=False, ended=False)
        self._learn_evses()

    def _learn_evses(self) -> None:
        found: list[OcpiEvse] = []
        for kept in self._state.read_all(LOCATIONS):
            found.extend(parse_evses(kept.body)[0])
        self._evses.learn(found)

    # --- charge detail records ------------------------------------------------------------------------

    def take_cdr(self, value: object) -> str:
        """Take a charge detail record: it ends its session where nobody said so. Its name here.

        Raises:
            BadMessage: it cannot be read; it is kept as a reject.
        """
        try:
            cdr = parse_cdr(value)
            self.roll.check_owner(cdr.country_code, cdr.party_id)
            name = key(cdr.country_code, cdr.party_id, cdr.id)
            with self._state.writing():
                self._state.keep(CDRS, name, fields_of(value, "cdr"), self._now(), live=False, ended=True)
                self._close_by(cdr.country_code, cdr.party_id, cdr.session_id, cdr.ended_at, cdr.energy_kwh)
        except BadMessage as error:
            self.reject(CDRS, error, value)
            raise
        return cdr.id

    def _close_by(
        self, country_code: str, party_id: str, session_id: str | None, ended_at: datetime, energy_kwh: float
    ) -> None:
        old = self.read_session(country_code, party_id, session_id) if session_id else None
        if old is None:
            return
        session = self.roll.parsed(old)
        if session is None or session.is_final:
            return
        end = {
            "status": "COMPLETED",
            "end_date_time": stamp(ended_at),
            self._settings.dialect.kwh_field: energy_kwh,
            "last_updated": stamp(max(session.last_updated, ended_at) + timedelta(seconds=1)),
        }
        change = patched(old.body, end)
        self._keep(old, change, parse_session(change.copy, self._settings.dialect))

    # --- what is wrong --------------------------------------------------------------------------------

    def reject(self, module: str, error: BadMessage, value: object) -> None:
        """Keep what could not be read, and tell of it. Log and notice name the fault and never the object."""
        if self._state.reject(module, str(error), orjson.dumps(value), self._now()):
            log.warning("ocpi object rejected", partner=self._settings.name, module=module, reason=str(error))
            kind = "unreadable_session" if module == SESSIONS else "unreadable_object"
            self._partner.remark(Remark(kind=kind, action="quarantined", detail=f"{module}: {error}"))

    def take_all(self, values: Iterable[object], take: Callable[[object], object]) -> int:
        """Take a page, each object by itself; how many could be read."""
        good = 0
        for value in values:
            try:
                take(value)
                good += 1
            except BadMessage:
                continue
        return good
