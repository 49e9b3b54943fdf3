"""Who is at which port, seen by asking: sessions begin and end between two readings (the adapter's memory).

getLoad names the driver and the power at a port, but no begin, no energy, and before version 5.1 no
session. So a session begins when it is first seen, and its energy is what the readings add up to, until its
summary puts them right. Answers may be out of date by `lag`: who has just left is not taken to be back.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from readyby.exchange.adapter import Remark
from readyby.exchange.chargepoint.objects import PortKey, PortLoad
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.network_state import NetworkState
from readyby.model import Evse, Site

MODULE: Final = "sessions"
COLUMNS: Final = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")
DRAWS_KW: Final = 0.05
TOLD_EVERY: Final = timedelta(minutes=15)

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A port of a station as the EVSE that it is."""

    key: PortKey
    site_id: str
    evse: Evse

    @property
    def evse_id(self) -> str:
        return str(self.evse.evse_id)


@dataclass(slots=True, kw_only=True)
class Stay:
    """A session under way at a port, with what was read of it last."""

    place: Place
    record: dict[str, object]
    started_at: datetime
    told_at: datetime
    user: str | None = None
    credential: str | None = None
    session_no: str | None = None
    energy_kwh: float = 0.0
    load_kw: float | None = None
    load_at: datetime | None = None
    free_since: datetime | None = None

    @property
    def session_id(self) -> str:
        return str(self.record["session_id"])

    def is_another(self, load: PortLoad) -> bool:
        """Whether a reading shows another session: another number, else another driver, else another card."""
        pairs = (
            (self.session_no, load.session_no),
            (self.user, load.user),
            (self.credential, load.credential),
        )
        for mine, theirs in pairs:
            if mine is not None and theirs is not None:
                return mine.casefold() != theirs.casefold()
        return False


class Stays:
    """The sessions of all ports, kept in `state` until the exchange has them. `now` gives domain time."""

    def __init__(
        self,
        settings: ChargepointSettings,
        sites: Iterable[Site],
        now: Callable[[], datetime],
        state: NetworkState,
    ) -> None:
        self._settings, self._now, self.state = settings, now, state
        evses = {str(evse.evse_id): (str(site.site_id), evse) for site in sites for evse in site.evses}
        self.places = {
            (station, port): Place(key=(station, port), site_id=evses[evse_id][0], evse=evses[evse_id][1])
            for station, ports in settings.stations.items()
            for port, evse_id in ports.items()
            if evse_id in evses
        }
        self.by_evse = {place.evse_id: place for place in self.places.values()}
        self.open: dict[str, Stay] = {}
        self.remarks: list[Remark] = []
        self.wants_summaries = False
        self._left: dict[str, tuple[Stay, datetime]] = {}
        self._nameless_since: dict[str, datetime] = {}
        self._rows: list[tuple[object, ...]] = []
        for kept in state.read_all(MODULE, only_open=True):
            self._resume(kept.body)

    def _resume(self, body: Body) -> None:
        place = self.places.get((body["station"], body["port"]))
        if place is None:
            return
        self.open[place.evse_id] = Stay(
            place=place,
            record=body["record"],
            started_at=datetime.fromisoformat(body["record"]["started_at"]),
            told_at=datetime.fromisoformat(body["record"]["last_updated"]),
            user=body["user"],
            credential=body["credential"],
            session_no=body["session_no"],
            energy_kwh=body["energy_kwh"],
        )

    # --- readings -------------------------------------------------------------------------------------

    def observe(self, loads: Iterable[PortLoad], statuses: Mapping[PortKey, str]) -> None:
        """Take in what ports show now; a port that is not told of stays as it was."""
        with self.state.writing():
            for load in loads:
                if (place := self.places.get(load.key)) is not None:
                    self._observe(place, load, statuses.get(load.key, "UNKNOWN"), self._now())
            self._flush()

    def _observe(self, place: Place, load: PortLoad, status: str, now: datetime) -> None:
        """One port. A station that is out of reach shows what was, so nothing of it is believed."""
        if status == "UNREACHABLE":
            return
        stay = self.open.get(place.evse_id)
        draws = (load.load_kw or 0.0) >= DRAWS_KW
        is_named = any((load.user, load.credential, load.session_no))
        if status == "AVAILABLE" and not draws:
            if stay is not None:
                self._free(stay, now, is_named=is_named)
            return
        if not (draws or is_named or status == "INUSE"):
            self._nameless_since.pop(place.evse_id, None)
            if stay is not None:
                self.end(stay, now)
            return
        if stay is not None and stay.is_another(load):
            self.end(stay, now)
            stay = None
        if stay is None:
            if self._is_too_early(place, load, now, is_known=draws or is_named):
                return
            stay = self._begin(place, load, now)
        self._go_on(stay, load, now)

    def _free(self, stay: Stay, now: datetime, *, is_named: bool) -> None:
        """A free port has no session; one that still names its driver is only late, or forgot the end."""
        if not is_named:
            self.end(stay, now)
            return
        stay.free_since = stay.free_since or now
        if now - stay.free_since >= self._settings.lag:
            self.remark(
                "unended_session", stay.place, stay.session_id, "closed: its port is free", "repaired"
            )
            self.end(stay, stay.free_since)

    def _is_too_early(self, place: Place, load: PortLoad, now: datetime, *, is_known: bool) -> bool:
        """Whether a reading may still show who has just left, or not yet who has just come."""
        if not is_known:
            since = self._nameless_since.setdefault(place.evse_id, now)
            return now - since < self._settings.lag
        self._nameless_since.pop(place.evse_id, None)
        left, seen_at = self._left.get(place.evse_id, (None, now))
        if left is None or left.is_another(load):
            return False
        is_over = left.session_no is not None and left.session_no == load.session_no
        return is_over or now - seen_at < self._settings.lag

    def _begin(self, place: Place, load: PortLoad, now: datetime) -> Stay:
        station, port = place.key
        record: dict[str, object] = {
            "session_id": load.session_no or f"{station}-{port}-{now:%Y%m%dT%H%M%SZ}",
            "site_id": place.site_id,
            "evse_id": place.evse_id,
            "token_uid": None,
            "status": "ACTIVE",
            "started_at": now.isoformat(),
            "ended_at": None,
            "energy_kwh": 0.0,
            "last_updated": now.isoformat(),
            "live": True,
        }
        stay = Stay(place=place, record=record, started_at=now, told_at=now - TOLD_EVERY)
        self.open[place.evse_id] = stay
        return stay

    def _go_on(self, stay: Stay, load: PortLoad, now: datetime) -> None:
        """A reading of a session: between two readings it counts at the lower power of both."""
        stay.free_since = None
        if load.load_kw is not None and (stay.load_at is None or now > stay.load_at):
            if stay.load_kw is not None and stay.load_at is not None:
                hours = (now - stay.load_at) / timedelta(hours=1)
                stay.energy_kwh += min(stay.load_kw, load.load_kw) * hours
            stay.load_kw, stay.load_at = load.load_kw, now
            self._rows.append(
                (
                    stay.session_id,
                    stay.place.evse_id,
                    now.isoformat(),
                    load.load_kw,
                    round(stay.energy_kwh, 4),
                )
            )
        stay.user, stay.credential = load.user or stay.user, load.credential or stay.credential
        stay.session_no = load.session_no or stay.session_no
        shown = self.token_of(load.user, load.credential)
        token = stay.record["token_uid"] if shown is None else shown
        if shown is None and token is not None:
            self.remark("token_changed", stay.place, stay.session_id, "its driver is not named any more")
        if token != stay.record["token_uid"] or now - stay.told_at >= TOLD_EVERY:
            stay.told_at = now
            stay.record = {
                **stay.record,
                "token_uid": token,
                "energy_kwh": round(stay.energy_kwh, 4),
                "last_updated": now.isoformat(),
            }
            self.state.tell([("session", stay.record)])
        self._keep(stay, ended=False)

    def end(self, stay: Stay, at: datetime) -> None:
        """A session ended, as far as readings tell; its summary will say when, and with how much energy."""
        now = self._now()
        stay.record = {
            **stay.record,
            "status": "COMPLETED",
            "ended_at": max(at, stay.started_at).isoformat(),
            "energy_kwh": round(stay.energy_kwh, 4),
            "last_updated": now.isoformat(),
        }
        self._flush()
        self._keep(stay, ended=True)
        self.state.tell([("session", stay.record)])
        evse_id = stay.place.evse_id
        self._left[evse_id] = (stay, now)
        if self.open.get(evse_id) is stay:
            del self.open[evse_id]
        self.wants_summaries = True

    # --- what is kept ---------------------------------------------------------------------------------

    def _keep(self, stay: Stay, *, ended: bool) -> None:
        body = {
            "station": stay.place.key[0],
            "port": stay.place.key[1],
            "record": stay.record,
            "user": stay.user,
            "credential": stay.credential,
            "session_no": stay.session_no,
            "energy_kwh": stay.energy_kwh,
            "summary": None,
        }
        self.keep_body(stay.session_id, body, ended=ended)

    def keep_body(self, session_id: object, body: Body, *, ended: bool) -> None:
        self.state.keep(MODULE, str(session_id), body, self._now(), live=True, ended=ended)

    def _flush(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            told = {name: list(column) for name, column in zip(COLUMNS, columns, strict=True)}
            self.state.tell([("meter", told)])
            self._rows = []

    def retell(self) -> None:
        """Tell again what is under way: somebody starts without memory."""
        told = {each["session_id"] for each in self.state.waiting("session")}
        self.state.tell(
            [("session", each.record) for each in self.open.values() if each.session_id not in told]
        )

    def is_over(self, session_id: str) -> bool:
        """Whether a session is known, and has ended."""
        active = any(each.session_id == session_id for each in self.open.values())
        return not active and self.state.read(MODULE, session_id) is not None

    def token_of(self, user: str | None, credential: str | None) -> str | None:
        return user if self._settings.token == "userID" else credential  # noqa: S105 - a field's name

    def remark(self, kind: str, place: Place, session_id: str, detail: str, action: str = "kept") -> None:
        self.remarks.append(
            Remark(kind=kind, evse_id=place.evse_id, session_id=session_id, action=action, detail=detail)
        )
