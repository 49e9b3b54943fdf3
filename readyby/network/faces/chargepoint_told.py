"""What the simulated ports told their service: who is there, what they draw, and who has been there."""

import itertools
from datetime import datetime
from typing import Any
from zlib import crc32

from readyby.envelope import us
from readyby.network.faces.chargepoint_sheds import PortSheds
from readyby.network.network import Network

FIRST_SESSION = 53_000_001
PAGE = 5_000
Charge = dict[str, Any]


class Told:
    """The newest word of each outlet: its charge (`here`), its power, and when it was heard; and what ended.

    Drivers (`users`) and numbers are by charge.
    """

    def __init__(self, network: Network, sheds: PortSheds) -> None:
        self._network, self._sheds = network, sheds
        self._cursor = f"{network.changes.epoch}:0"
        self._count = itertools.count(FIRST_SESSION)
        self.here: dict[str, Charge] = {}
        self.ended: dict[str, Charge] = {}
        self.users: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.heard_us: dict[str, int] = {}
        self.watts: dict[str, object] = {}

    def tell(self) -> None:
        """Take in what happened in the network up to now."""
        page = self._network.page(self._cursor, PAGE)
        self._cursor = str(page["cursor"])
        for charge in page["charges"]:
            self._take(charge)
        samples = page["samples"]
        for outlet, at, watts in zip(samples["outlet"], samples["time"], samples["watts"], strict=True):
            self.watts[outlet] = watts
            self.heard_us[outlet] = us(datetime.fromisoformat(at))

    def _take(self, charge: Charge) -> None:
        name, outlet = str(charge["charge"]), str(charge["outlet"])
        self.numbers.setdefault(name, next(self._count))
        if charge["card"] is not None:
            self.users.setdefault(name, str(100_000 + crc32(str(charge["card"]).encode()) % 900_000))
        is_here = self.here.get(outlet, {}).get("charge") == name
        if charge["state"] != "charging":
            self.ended.setdefault(name, charge)
            if is_here:
                del self.here[outlet]
            return
        if not is_here:
            self.watts[outlet] = 0
            self.heard_us[outlet] = us(self._network.at)
            self._sheds.hold_next(outlet)
        self.here[outlet] = charge
