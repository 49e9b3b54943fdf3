"""What is asked of an account: its ports, their loads and statuses, and its finished sessions.

Each part may fail by itself; what the others told counts.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, tostring

from readyby.errors import ReadyByError, Transient
from readyby.exchange.adapter import Remark
from readyby.exchange.chargepoint.objects import (
    PortKey,
    PortLoad,
    load_query,
    read_loads,
    read_ports,
    read_statuses,
    stations_query,
    status_query,
    summaries_query,
)
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.soap import Soap
from readyby.exchange.chargepoint.wire import Query, children, text

STATIONS_A_CALL: Final = 50
MOST_PAGES: Final = 200
NO_STATIONS: Final = frozenset({"102"})
NO_SESSIONS: Final = frozenset({"102", "136"})


class Readings:
    """Reads an account. `remark` takes what is noticed on the way."""

    def __init__(self, settings: ChargepointSettings, soap: Soap, remark: Callable[[Remark], None]) -> None:
        self._settings, self._soap, self._remark = settings, soap, remark

    def ports(self) -> frozenset[PortKey]:
        """The ports that the account offers.

        Raises:
            ReadyByError: as Soap.
        """
        pages = self._pages("getStations", stations_query, "stationData", "moreFlag", NO_STATIONS)
        return frozenset(port for page in pages for port in read_ports(page))

    def loads(self, station_ids: Iterable[str]) -> tuple[list[PortLoad], list[ReadyByError]]:
        """The loads of stations, by group where there are groups, and what failed of it.

        Stations that no group tells of are asked one by one.

        Raises:
            ReadyByError: nothing could be read.
        """
        wanted, found, faults = list(station_ids), list[PortLoad](), list[ReadyByError]()
        groups = [load_query(group_id=each) for each in self._settings.group_ids] if len(wanted) > 1 else []
        self._ask_loads(groups, found, faults)
        if not faults:
            missing = set(wanted) - {load.key[0] for load in found}
            self._ask_loads([load_query(station_id=each) for each in sorted(missing)], found, faults)
        if faults and not found:
            raise faults[0]
        return found, faults

    def _ask_loads(self, queries: Iterable[Query], found: list[PortLoad], faults: list[ReadyByError]) -> None:
        """Ask until the way fails; a station that is refused leaves the others."""
        for query in queries:
            try:
                answer = self._soap.call("getLoad", query)
            except Transient as error:
                faults.append(error)
                return
            except ReadyByError as error:
                faults.append(error)
                continue
            found.extend(read_loads(answer) if answer is not None else ())

    def statuses(self) -> tuple[dict[PortKey, str], list[ReadyByError]]:
        """The status of all ports, and what failed of it."""
        statuses: dict[PortKey, str] = {}
        ids = list(self._settings.stations) if self._settings.reads_status else []
        for start in range(0, len(ids), STATIONS_A_CALL):
            try:
                query = status_query(ids[start : start + STATIONS_A_CALL])
                answer = self._soap.call("getStationStatus", query)
            except ReadyByError as error:
                return statuses, [error]
            statuses.update(read_statuses(answer) if answer is not None else ())
        return statuses, []

    def summaries(self, since: datetime, until: datetime) -> Iterator[list[Element]]:
        """The finished sessions of a time, page by page.

        Raises:
            ReadyByError: as Soap.
        """

        def query(start: int) -> Query:
            return summaries_query(since, until, start)

        element = "ChargingSessionData"
        for page in self._pages("getChargingSessionData", query, element, "MoreFlag", NO_SESSIONS):
            yield list(children(page, element))

    def _pages(
        self,
        operation: str,
        query: Callable[[int], Query],
        element: str,
        flag: str,
        nothing: frozenset[str],
    ) -> Iterator[Element]:
        """The answers of an operation that pages by record number; pages that lead nowhere end it."""
        start, before = 1, b""
        for _ in range(MOST_PAGES):
            answer = self._soap.call(operation, query(start), nothing=nothing)
            if answer is None:
                return
            records, content = list(children(answer, element)), tostring(answer)
            more = text(answer, flag).lower() in {"1", "true"}
            if more and (not records or content == before):
                break
            yield answer
            if not more:
                return
            start, before = start + len(records), content
        detail = f"{operation}: a page leads to itself: reading ends"
        self._remark(Remark(kind="endless_pages", action="repaired", detail=detail))
