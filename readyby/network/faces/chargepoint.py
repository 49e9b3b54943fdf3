"""The simulated network as ChargePoint web services: stations of two ports behind one SOAP address.

Written apart from the product's own ChargePoint: it shares no code with it, so that an error in one shows.
It tells who is at a port and what it draws, but no begin and no energy before a session is over. A limit
belongs to its port, ends after its minutes, and holds the next car, too. `Quirks` make it lag and refuse.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from readyby.envelope import instant as instant_of
from readyby.envelope import us
from readyby.network.faces import chargepoint_xml as xml
from readyby.network.faces.chargepoint_sheds import PortSheds
from readyby.network.faces.chargepoint_told import Told
from readyby.network.faces.chargepoint_xml import Fields, Misfit, Node
from readyby.network.network import Network

PORTS_A_STATION = 2
FIRST_STATION = 100_001
MAX_BODY_BYTES = 1024 * 1024
OUT_OF_REACH = timedelta(seconds=150)
MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Quirks:
    """How the service behaves. `cache` is how long getLoad tells the same; `code` answers every request."""

    cache: timedelta = timedelta(0)
    calls_per_minute: int = 100_000
    page: int = 100
    session_numbers: bool = False
    code: str = "100"
    refused: frozenset[str] = frozenset()
    """Operations that the account's rights do not allow."""


class ChargepointFace:
    """The service for whoever has `key` and `password`. `advance` brings the network up to now.

    With `caps_held` a port without a limit gives its standing cap, else all it can.
    """

    def __init__(
        self,
        network: Network,
        *,
        key: str,
        password: str,
        advance: Callable[[], None] = lambda: None,
        quirks: Quirks | None = None,
        caps_held: bool = True,
    ) -> None:
        self.network, self._advance, self.quirks = network, advance, quirks or Quirks()
        self._shown = (key, password)
        self.outlets = {
            (f"1:{FIRST_STATION + number // PORTS_A_STATION}", str(number % PORTS_A_STATION + 1)): str(
                evse.evse_id
            )
            for number, evse in enumerate(network.site.evses)
        }
        self.sheds = PortSheds(network)
        self._told = Told(network, self.sheds)
        self._cached: dict[str, tuple[datetime, Fields]] = {}
        self._calls: deque[datetime] = deque()
        self.operations: list[str] = []
        """Every operation that was called, in order."""
        for evse in () if caps_held else network.site.evses:
            network.hold_cap(str(evse.evse_id), evse.max_kw)

    @property
    def stations(self) -> dict[str, dict[str, str]]:
        """Station id to port number to outlet."""
        found: dict[str, dict[str, str]] = {}
        for (station, port), outlet in self.outlets.items():
            found.setdefault(station, {})[port] = outlet
        return found

    @property
    def app(self) -> Starlette:
        """The service as an application."""
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY_BYTES:
                return Response("too large", 413)
        self._advance()
        self._told.tell()
        if self._is_too_often():
            return Response("too many requests", 429, {"Retry-After": "5"})
        read = xml.read_request(bytes(body))
        if read is None:
            return _sent(xml.fault("InvalidSecurity", "no request"), 500)
        operation, query, shown = read
        if shown != self._shown:
            return _sent(xml.fault("FailedAuthentication", "Authentication failed"), 500)
        self.operations.append(operation)
        return _sent(xml.answer(operation, self._fields(operation, query)))

    def _is_too_often(self) -> bool:
        now = self.network.at
        while self._calls and now - self._calls[0] > MINUTE:
            self._calls.popleft()
        self._calls.append(now)
        return len(self._calls) > self.quirks.calls_per_minute

    def _fields(self, operation: str, query: Node) -> Fields:
        try:
            return {**xml.DONE, **self._act(operation)(query)}
        except Misfit as error:
            return {"responseCode": error.code, "responseText": str(error)}

    def _act(self, operation: str) -> Callable[[Node], Fields]:
        acts: dict[str, Callable[[Node], Fields]] = {
            "getStations": self._list_stations,
            "getStationStatus": self._tell_status,
            "getLoad": self._tell_load,
            "getChargingSessionData": self._list_sessions,
            "shedLoad": self._shed,
            "clearShedState": self._clear,
        }
        if operation not in acts or operation in self.quirks.refused:
            raise Misfit("101", "Not permitted")
        if self.quirks.code != "100":
            raise Misfit(self.quirks.code, "Gone wrong")
        return acts[operation]

    # --- what is there --------------------------------------------------------------------------------

    def _list_stations(self, query: Node) -> Fields:
        start = xml.number(query.findtext("searchQuery/startRecord"), 1)
        wanted = query.findtext("searchQuery/stationID")
        told = [each for each in self.stations if wanted in (None, "", each)]
        page = told[start - 1 : start - 1 + self.quirks.page]
        if not page:
            raise Misfit("102", "No stations found")
        evses = {str(evse.evse_id): evse for evse in self.network.site.evses}
        found = [
            {
                "stationID": station,
                "stationManufacturer": "Simulated",
                "Port": [
                    {
                        "portNumber": port,
                        "Voltage": evses[outlet].voltage_v,
                        "Power": round(evses[outlet].max_kw, 3),
                    }
                    for port, outlet in self.stations[station].items()
                ],
                "numPorts": len(self.stations[station]),
            }
            for station in page
        ]
        return {"stationData": found, "moreFlag": int(start - 1 + len(page) < len(told))}

    def _tell_status(self, query: Node) -> Fields:
        wanted = [each.text for each in query.iterfind("searchQuery/stationIDs/stationID")]
        single = query.findtext("searchQuery/stationID")
        ids = [each for each in self.stations if each in (wanted or [single])]
        found = [
            {
                "stationID": station,
                "Port": [
                    {"portNumber": port, "Status": self._status(outlet), "TimeStamp": self._heard(outlet)}
                    for port, outlet in self.stations[station].items()
                ],
            }
            for station in ids
        ]
        return {"stationData": found, "moreFlag": 0}

    def _status(self, outlet: str) -> str:
        """By the station itself, which knows whether a car is there; unless it is out of reach."""
        if outlet not in self.network.charging:
            return "AVAILABLE"
        heard = instant_of(self._told.heard_us.get(outlet, us(self.network.at)))
        return "UNREACHABLE" if self.network.at - heard > OUT_OF_REACH else "INUSE"

    def _heard(self, outlet: str) -> str:
        return xml.stamp(instant_of(self._told.heard_us.get(outlet, us(self.network.at))))

    def _tell_load(self, query: Node) -> Fields:
        wanted = query.findtext("searchQuery/stationID")
        if wanted and wanted not in self.stations:
            raise Misfit("102", "No load recorded")
        return {"stationData": [self._load(each) for each in self.stations if not wanted or each == wanted]}

    def _load(self, station: str) -> Fields:
        """A station's loads, as old as the cache lets them be."""
        at, told = self._cached.get(station, (None, {}))
        now = self.network.at
        if at is None or now - at >= self.quirks.cache:
            ports = [self._port(port, outlet) for port, outlet in self.stations[station].items()]
            told = {
                "stationID": station,
                "stationName": f"SIMULATED / {station}",
                "stationLoad": f"{sum(float(str(port['portLoad'])) for port in ports):.3f}",
                "Port": ports,
            }
            self._cached[station] = (now, told)
        return told

    def _port(self, port: str, outlet: str) -> Fields:
        charge = self._told.here.get(outlet)
        limit_kw = self.sheds.in_force_kw(outlet)
        watts = self._told.watts.get(outlet, 0) if outlet in self.network.charging and charge else 0
        told: Fields = {
            "portNumber": port,
            "userID": self._told.users.get(str(charge["charge"])) if charge and charge["card"] else None,
            "credentialID": charge["card"] if charge else None,
            "shedState": int(limit_kw is not None),
            "portLoad": f"{watts / 1000:.3f}" if isinstance(watts, int | float) else "0.000",
            "allowedLoad": f"{limit_kw or 0:.3f}",
            "percentShed": 0,
        }
        if self.quirks.session_numbers and charge:
            told["sessionID"] = self._told.numbers[str(charge["charge"])]
        return told

    def _list_sessions(self, query: Node) -> Fields:
        since = xml.instant(query.findtext("searchQuery/fromTimeStamp"))
        until = xml.instant(query.findtext("searchQuery/toTimeStamp"))
        start = xml.number(query.findtext("searchQuery/startRecord"), 1)
        places = {outlet: key for key, outlet in self.outlets.items()}
        told = [
            charge
            for charge in self._told.ended.values()
            if (since is None or datetime.fromisoformat(charge["end"]) >= since)
            and (until is None or datetime.fromisoformat(charge["end"]) < until)
        ]
        page = told[start - 1 : start - 1 + self.quirks.page]
        if not page:
            raise Misfit("136", "No session data found")
        found = [
            {
                "stationID": places[str(charge["outlet"])][0],
                "portNumber": places[str(charge["outlet"])][1],
                "sessionID": self._told.numbers[str(charge["charge"])],
                "Energy": f"{charge['wh'] / 1000:.6f}",
                "startTime": xml.stamp(datetime.fromisoformat(charge["begin"])),
                "endTime": xml.stamp(datetime.fromisoformat(charge["end"])),
                "userID": self._told.users.get(str(charge["charge"])),
                "recordNumber": start + number,
                "credentialID": charge["card"],
            }
            for number, charge in enumerate(page)
        ]
        return {"ChargingSessionData": found, "MoreFlag": int(start - 1 + len(page) < len(told))}

    # --- limits ---------------------------------------------------------------------------------------

    def _shed(self, query: Node) -> Fields:
        station = query.findtext("shedQuery/shedStation/stationID", "")
        if station not in self.stations:
            raise Misfit("119", "Invalid Station ID")
        interval = query.findtext("shedQuery/timeInterval")
        minutes = xml.number(interval, 0)
        told = list(query.iterfind("shedQuery/shedStation/Ports/Port"))
        if not told:
            raise Misfit("171", "Name ports")
        for port in told:
            outlet = self.outlets.get((station, port.findtext("portNumber", "")))
            if outlet is None:
                raise Misfit("171", "Invalid port")
            self.sheds.limit(outlet, port, minutes, self._told.watts.get(outlet, 0))
        return {"Success": 1, "stationID": station}

    def _clear(self, query: Node) -> Fields:
        """All ports of a station, whichever the request names."""
        station = query.findtext("shedQuery/shedStation/stationID", "")
        if station not in self.stations:
            raise Misfit("119", "Invalid Station ID")
        for outlet in self.stations[station].values():
            self.sheds.clear(outlet)
        return {"Success": 1, "stationID": station}


def _sent(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="text/xml")
