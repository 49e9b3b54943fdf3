"""Many OCPP stations as websocket clients, in a process of their own: the load of `readyby bench exchange`.

Lean on purpose: what is measured is the exchange. Told on the command line: the port, how many stations, and
seconds between two meter values. Prints `ready` when all have begun a transaction.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

POWER_W = 1_200


class LoadStation:
    """One station with a car: it measures, and takes every profile."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self._number = name, number
        self._count = 0
        self._register_wh = 1_000.0

    async def run(self, port: int, every_s: float, count: int, begun: asyncio.Semaphore) -> None:
        url = f"ws://127.0.0.1:{port}/ocpp/{self.name}"
        async with connect(
            url, subprotocols=[Subprotocol("ocpp1.6")], compression=None, ping_interval=None
        ) as link:
            answers = asyncio.Queue[object]()
            reader = asyncio.create_task(self._read(link, answers))
            await self._call(link, "BootNotification", {"chargePointVendor": "x", "chargePointModel": "y"})
            await answers.get()
            start = {"connectorId": 1, "idTag": f"T{self._number}", "meterStart": 1_000, "timestamp": now()}
            await self._call(link, "StartTransaction", start)
            told = await answers.get()
            number = told["transactionId"] if isinstance(told, dict) else 0
            begun.release()
            await asyncio.sleep(every_s * self._number / count)
            try:
                while True:
                    began_s = time.monotonic()
                    self._register_wh += POWER_W * every_s / 3600
                    await self._call(link, "MeterValues", self._values(number))
                    await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began_s)))
            finally:
                reader.cancel()

    def _values(self, number: int) -> dict[str, object]:
        sampled = [
            {"value": str(POWER_W), "measurand": "Power.Active.Import", "unit": "W"},
            {"value": f"{self._register_wh:.0f}", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        ]
        values = [{"timestamp": now(), "sampledValue": sampled}]
        return {"connectorId": 1, "transactionId": number, "meterValue": values}

    async def _call(self, link: object, action: str, payload: object) -> None:
        self._count += 1
        await link.send(json.dumps([2, str(self._count), action, payload]))  # type: ignore[attr-defined] # the connection's type is the library's own

    async def _read(self, link: object, answers: "asyncio.Queue[object]") -> None:
        async for frame in link:  # type: ignore[attr-defined] # as above
            told = json.loads(frame)
            if told[0] == 2:
                await link.send(json.dumps([3, told[1], {"status": "Accepted"}]))  # type: ignore[attr-defined] # as above
            elif told[0] == 3 and self._count <= 2:
                answers.put_nowait(told[2])


def now() -> str:
    """The load's clock: the machine's."""
    return datetime.fromtimestamp(time.time_ns() / 1e9, UTC).isoformat()


async def load(port: int, count: int, every_s: float) -> None:
    """Connect all stations, and measure until the process is ended."""
    begun = asyncio.Semaphore(0)
    tasks = [
        asyncio.create_task(LoadStation(f"CP{number}", number).run(port, every_s, count, begun))
        for number in range(count)
    ]
    for _ in range(count):
        await begun.acquire()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(load(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
