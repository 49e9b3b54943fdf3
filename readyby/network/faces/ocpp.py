"""The simulated network as OCPP 1.6J stations, one an outlet: websocket clients of a central system.

Written apart from the product's own OCPP: it shares no code with it, so that an error in one shows. What a
station may draw without a profile is its maximum, until a TxDefaultProfile says less.
"""

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from readyby.envelope import us
from readyby.model import Evse
from readyby.network.beside import beside
from readyby.network.network import Network

PAGE = 5_000
TELL_EVERY_S = 0.05
CALL_WITHIN_S = 10.0
RECONNECT_S = 1.0
LIFETIME_WH = 4_200_000

Json = dict[str, Any]

log = structlog.get_logger("readyby.network.ocpp")


class SimulatedStation:
    """One outlet's station on its connection."""

    def __init__(self, face: "OcppFace", evse: Evse) -> None:
        self._face, self._evse = face, evse
        self.outlet = str(evse.evse_id)
        self._kw_per_a = evse.voltage_v * evse.phases / 1000
        self._connection: ClientConnection | None = None
        self.came = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._names = itertools.count()
        self.transactions: dict[str, int] = {}
        self.register_wh = LIFETIME_WH

    async def run(self, url: str, headers: Mapping[str, str]) -> None:
        """Stay connected, as far as the central system lets us."""
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with connect(
                    f"{url}/{self.outlet}",
                    subprotocols=[Subprotocol("ocpp1.6")],
                    additional_headers=headers,
                    compression=None,
                    ping_interval=None,
                ) as connection:
                    self._connection = connection
                    self.came.set()
                    async for frame in connection:
                        await self._take(json.loads(frame))
            self._connection = None
            await asyncio.sleep(RECONNECT_S)

    async def call(self, action: str, payload: Json) -> Json:
        """The central system's answer; empty where there is none."""
        if self._connection is None:
            return {}
        name = f"{self.outlet}-{next(self._names)}"
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[name] = waiting
        try:
            await self._connection.send(json.dumps([2, name, action, payload]))
            async with asyncio.timeout(CALL_WITHIN_S):
                return await waiting
        except (WebSocketException, TimeoutError):
            return {}
        finally:
            self._waiting.pop(name, None)

    async def _take(self, frame: list[Any]) -> None:
        if frame[0] == 2:
            answer = self._answered(str(frame[2]), frame[3])
            if self._connection is not None:
                await self._connection.send(json.dumps([3, frame[1], answer]))
        elif (waiting := self._waiting.get(str(frame[1]))) is not None and not waiting.done():
            waiting.set_result(frame[2] if frame[0] == 3 else {})

    # --- what it is told ------------------------------------------------------------------------------

    def _answered(self, action: str, told: Json) -> Json:
        self._face.advance()
        if action == "SetChargingProfile":
            return {"status": self._set_profile(told["csChargingProfiles"])}
        if action == "ClearChargingProfile":
            return {"status": self._order([], None)}
        if action == "GetCompositeSchedule":
            return self._composite(int(told["duration"]))
        if action == "TriggerMessage":
            return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    def _set_profile(self, profile: Json) -> str:
        schedule = profile["chargingSchedule"]
        periods = schedule["chargingSchedulePeriod"]
        if not periods or periods[0]["startPeriod"] != 0:
            return "Rejected"
        amps = [self._amps(each["limit"], schedule["chargingRateUnit"]) for each in periods]
        if profile["chargingProfilePurpose"] == "TxDefaultProfile":
            self._face.network.hold_cap(self.outlet, amps[0] * self._kw_per_a)
            return "Accepted"
        if profile.get("transactionId") not in self.transactions.values():
            return "Rejected"
        begin = datetime.fromisoformat(schedule["startSchedule"])
        starts = [(begin + timedelta(seconds=each["startPeriod"])).isoformat() for each in periods]
        return self._order(list(zip(starts, amps, strict=True)), begin + timedelta(days=7))

    def _amps(self, limit: float, unit: str) -> float:
        return limit if unit == "A" else int(limit / 100 / self._kw_per_a) / 10

    def _order(self, amps: list[tuple[str, float]], until: datetime | None) -> str:
        network = self._face.network
        now_us = us(network.at)
        told = {
            "order": f"ocpp-{self.outlet}-{next(self._names)}",
            "rank": [now_us + next(self._names), 0],
            "outlet": self.outlet,
            "charge": network.charging.get(self.outlet),
            "until": until.isoformat() if until else None,
            "amps": amps,
        }
        taken = network.orders.take(told, network.charging, now_us)
        return "Accepted" if taken["result"] == "taken" else "Rejected"

    def _composite(self, duration_s: int) -> Json:
        network = self._face.network
        now_us, held = us(network.at), network.orders.held.get(self.outlet)
        cap_kw = network.cap_kw(self.outlet)
        periods: list[Json] = []
        at_us = now_us
        while at_us < now_us + duration_s * 1_000_000:
            limit_kw, next_us = held.in_force(at_us) if held is not None else (None, 2**62)
            amps = round((cap_kw if limit_kw is None else limit_kw) / self._kw_per_a, 1)
            periods.append({"startPeriod": (at_us - now_us) // 1_000_000, "limit": amps})
            at_us = max(next_us, at_us + 1_000_000)
        start = stamp(network.at)
        schedule = {
            "duration": duration_s,
            "startSchedule": start,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": periods,
        }
        return {"status": "Accepted", "connectorId": 1, "scheduleStart": start, "chargingSchedule": schedule}

    # --- what it tells --------------------------------------------------------------------------------

    async def boot(self) -> None:
        """Say who we are, and that we are free."""
        await self.call("BootNotification", {"chargePointVendor": "Simulated", "chargePointModel": "Outlet"})

    async def take_charge(self, charge: Json) -> None:
        """A charge began, went on or ended."""
        name = str(charge["charge"])
        if charge["state"] == "charging":
            if name not in self.transactions:
                told = {
                    "connectorId": 1,
                    "idTag": str(charge["card"] or "unknown")[:20],
                    "meterStart": self.register_wh,
                    "timestamp": charge["begin"],
                }
                answer = await self.call("StartTransaction", told)
                self.transactions[name] = int(answer.get("transactionId", -1))
            return
        end = {
            "transactionId": self.transactions.pop(name, -1),
            "meterStop": self.register_wh + int(charge["wh"]),
            "timestamp": charge["end"],
        }
        if await self.call("StopTransaction", end) is not None and end["transactionId"] != -1:
            self.register_wh = int(end["meterStop"])
            await self.call(
                "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
            )

    async def take_sample(self, charge: str, at: str, watts: object, watt_hours: object) -> None:
        """The meter was read."""
        sampled = [{"value": str(watts), "measurand": "Power.Active.Import", "unit": "W"}]
        if isinstance(watt_hours, int | float):
            register = {"value": str(self.register_wh + watt_hours), "unit": "Wh"}
            sampled.append({**register, "measurand": "Energy.Active.Import.Register"})
        told: Json = {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": sampled}]}
        if (number := self.transactions.get(charge)) is not None:
            told["transactionId"] = number
        await self.call("MeterValues", told)


class OcppFace:
    """All stations of a network, to be connected to the central system at `url` (without the station)."""

    def __init__(
        self,
        network: Network,
        *,
        url: str,
        passwords: Mapping[str, str] | None = None,
        advance: Callable[[], None] = lambda: None,
    ) -> None:
        self.network, self.advance = network, advance
        self._url, self._passwords = url, passwords or {}
        self.stations = {str(evse.evse_id): SimulatedStation(self, evse) for evse in network.site.evses}
        for evse in network.site.evses:
            network.hold_cap(str(evse.evse_id), evse.max_kw)
        self._cursor: str | None = None

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Stations connect, boot, and stay connected; whoever holds this calls `tell`."""
        tasks = [
            asyncio.create_task(each.run(self._url, self._headers(each.outlet)))
            for each in self.stations.values()
        ]
        try:
            for each in self.stations.values():
                await each.came.wait()
                await each.boot()
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The same, telling by itself."""
        async with self.connected(), beside(self._tell_forever()):
            yield

    async def _tell_forever(self) -> None:
        while True:
            await self.tell()
            await asyncio.sleep(TELL_EVERY_S)

    def _headers(self, outlet: str) -> dict[str, str]:
        password = self._passwords.get(outlet)
        if password is None:
            return {}
        return {"Authorization": f"Basic {base64.b64encode(f'{outlet}:{password}'.encode()).decode()}"}

    async def tell(self) -> None:
        """Tell the central system what happened in the network."""
        self.advance()
        page = self.network.page(self._cursor, PAGE)
        if page["restarted"]:
            for station in self.stations.values():
                await station.boot()
        self._cursor = page["cursor"]
        for charge in page["charges"]:
            await self.stations[str(charge["outlet"])].take_charge(charge)
        samples = page["samples"]
        rows = zip(*(samples[name] for name in ("charge", "outlet", "time", "watts", "wh")), strict=True)
        for charge, outlet, *told in rows:
            known = self.stations.get(str(outlet))
            if known is not None:
                await known.take_sample(str(charge), *told)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")
