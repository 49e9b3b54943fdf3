"""What the service tells of ports and sessions, and how it is asked (pure).

Read tolerantly: a port or session that cannot be read is left out of the rest. `allowedLoad` is a limit in kW
only where `shedState` is 1 and no percentage is shed; a 0 elsewhere means that there is none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Final
from xml.etree.ElementTree import Element

from readyby.exchange.chargepoint.wire import BadDocument, Query, children, text

PortKey = tuple[str, str]
"""Station id and port number."""
NOBODY: Final = frozenset({"", "0", "null"})
LONGEST_ID: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PortLoad:
    """A port in the answer of getLoad: who is there, what it draws, and how it is limited.

    `session_no` comes from version 5.1 on. `limit_kw` is None where no limit in kW is in force, `is_shed`
    whether any is.
    """

    key: PortKey
    user: str | None
    credential: str | None
    session_no: str | None
    load_kw: float | None
    is_shed: bool
    limit_kw: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A finished session."""

    number: str
    key: PortKey
    user: str | None
    credential: str | None
    started_at: datetime
    ended_at: datetime
    energy_kwh: float | None


def load_query(*, group_id: int | None = None, station_id: str | None = None) -> Query:
    """Ask for the loads of a group or a station."""
    return {"searchQuery": {"sgID": str(group_id)} if station_id is None else {"stationID": station_id}}


def read_loads(answer: Element) -> Iterator[PortLoad]:
    """The ports in an answer of getLoad."""
    for station in children(answer, "stationData"):
        for port in children(station, "Port"):
            shed, percent = text(port, "shedState") == "1", _number(text(port, "percentShed"))
            allowed_kw = _number(text(port, "allowedLoad"))
            yield PortLoad(
                key=(text(station, "stationID"), text(port, "portNumber")),
                user=_name(text(port, "userID")),
                credential=_name(text(port, "credentialID")),
                session_no=_name(text(port, "sessionID")),
                load_kw=_number(text(port, "portLoad")),
                is_shed=shed,
                limit_kw=allowed_kw if shed and not percent else None,
            )


def status_query(station_ids: Iterable[str]) -> Query:
    """Ask for the status of stations."""
    return {"searchQuery": {"stationIDs": {"stationID": list(station_ids)}}}


def read_statuses(answer: Element) -> Iterator[tuple[PortKey, str]]:
    """Ports with AVAILABLE, INUSE, UNREACHABLE or UNKNOWN."""
    for station in children(answer, "stationData"):
        for port in children(station, "Port"):
            yield (text(station, "stationID"), text(port, "portNumber")), text(port, "Status").upper()


def stations_query(start_record: int) -> Query:
    """Ask for the account's stations, from a record on."""
    return {"searchQuery": {"startRecord": str(start_record)}}


def read_ports(answer: Element) -> Iterator[PortKey]:
    """The ports in an answer of getStations."""
    for station in children(answer, "stationData"):
        for port in children(station, "Port"):
            yield text(station, "stationID"), text(port, "portNumber")


def summaries_query(since: datetime, until: datetime, start_record: int) -> Query:
    """Ask for sessions that finished, from a record on."""
    return {
        "searchQuery": {
            "fromTimeStamp": stamp(since),
            "toTimeStamp": stamp(until),
            "startRecord": str(start_record),
        }
    }


def read_summary(record: Element) -> Summary:
    """A finished session.

    Raises:
        BadDocument: it cannot be read; names the field.
    """
    number = _name(text(record, "sessionID"))
    key = (text(record, "stationID"), text(record, "portNumber"))
    if number is None or not number.isalnum() or not all(key):
        raise BadDocument("sessionID, stationID or portNumber: missing")
    started_at, ended_at = _instant(record, "startTime"), _instant(record, "endTime")
    if ended_at < started_at:
        raise BadDocument("endTime: before startTime")
    return Summary(
        number=number,
        key=key,
        user=_name(text(record, "userID")),
        credential=_name(text(record, "credentialID")),
        started_at=started_at,
        ended_at=ended_at,
        energy_kwh=_number(text(record, "Energy")),
    )


def shed_query(key: PortKey, limit_kw: float, minutes: int) -> Query:
    """Limit a port to a power for so many minutes."""
    station_id, port = key
    ports = {"Port": {"portNumber": port, "allowedLoadPerPort": f"{limit_kw:.3f}"}}
    return {
        "shedQuery": {"shedStation": {"stationID": station_id, "Ports": ports}, "timeInterval": str(minutes)}
    }


def clear_query(station_id: str) -> Query:
    """Release all ports of a station."""
    return {"shedQuery": {"shedStation": {"stationID": station_id}}}


def is_done(answer: Element) -> bool:
    """Whether a command was carried out by the service's own word, besides its responseCode."""
    return text(answer, "Success").lower() in {"1", "true"}


def stamp(at: datetime) -> str:
    """An instant as the service writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(record: Element, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(text(record, name))
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadDocument(f"{name}: no instant") from None


def _name(told: str) -> str | None:
    return None if told.lower() in NOBODY else told[:LONGEST_ID]


def _number(told: str) -> float | None:
    try:
        value = float(told)
    except ValueError:
        return None
    return value if isfinite(value) else None
