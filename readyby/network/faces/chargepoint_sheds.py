"""Limits of simulated ports: carried out as orders for whoever charges there, kept for whoever comes next."""

import contextlib
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from readyby.envelope import instant, us
from readyby.network.faces.chargepoint_xml import Misfit
from readyby.network.network import Network

ENDLESS = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shed:
    """A port's limit, and until when."""

    limit_kw: float
    until: datetime


class PortSheds:
    """What each port was limited to, and what of it is in force."""

    def __init__(self, network: Network) -> None:
        self._network = network
        evses = network.site.evses
        self._kw_per_a = {str(evse.evse_id): evse.voltage_v * evse.phases / 1000 for evse in evses}
        self._max_kw = {str(evse.evse_id): evse.max_kw for evse in evses}
        self._told: dict[str, Shed] = {}
        self._by_order: dict[str, Shed] = {}
        self._numbers = itertools.count(1)

    def limit(self, outlet: str, port: Element, minutes: int, watts: object) -> None:
        """Limit a port, in kW or by a percentage of what it gives now; no minutes: without an end.

        Raises:
            Misfit: both or neither is told, or the station refuses.
        """
        allowed, percent = port.findtext("allowedLoadPerPort"), port.findtext("percentShedPerPort")
        try:
            if bool(allowed) is bool(percent):
                raise Misfit("171", "Tell kW or a percentage")
            giving_kw = watts / 1000 if isinstance(watts, int | float) else 0.0
            kw = float(allowed) if allowed else giving_kw * (1 - float(percent or 0) / 100)
        except ValueError:
            raise Misfit("171", "Invalid number") from None
        span = timedelta(minutes=minutes) if minutes else ENDLESS
        shed = Shed(limit_kw=kw, until=self._network.at + span)
        if outlet in self._network.charging:
            self._order(outlet, shed)
        self._told[outlet] = shed

    def clear(self, outlet: str) -> None:
        """Release a port."""
        self._told.pop(outlet, None)
        if outlet in self._network.charging:
            self._order(outlet, None)

    def hold_next(self, outlet: str) -> None:
        """A car came: what its port was limited to holds it, too."""
        shed = self._told.get(outlet)
        if shed is not None and shed.until > self._network.at and outlet in self._network.charging:
            with contextlib.suppress(Misfit):
                self._order(outlet, shed)

    def _order(self, outlet: str, shed: Shed | None) -> None:
        network = self._network
        now_us = us(network.at)
        name = f"chargepoint-{outlet}-{next(self._numbers)}"
        amps: list[tuple[str, float]] = []
        if shed is not None:
            kw = min(shed.limit_kw, self._max_kw[outlet])
            amps = [(network.at.isoformat(), int(kw / self._kw_per_a[outlet] * 10 + 1e-6) / 10)]
            self._by_order[name] = shed
        told = {
            "order": name,
            "rank": [now_us + next(self._numbers), 0],
            "outlet": outlet,
            "charge": network.charging[outlet],
            "until": shed.until.isoformat() if shed else None,
            "amps": amps,
        }
        if network.orders.take(told, network.charging, now_us)["result"] != "taken":
            raise Misfit("126", "Failed to shed requested load")

    def in_force_kw(self, outlet: str) -> float | None:
        """What a port is limited to now by its station; None: nothing."""
        now = self._network.at
        if outlet not in self._network.charging:
            shed = self._told.get(outlet)
            return shed.limit_kw if shed is not None and shed.until > now else None
        held = self._network.orders.held.get(outlet)
        if held is None or not held.starts_us or instant(held.until_us) <= now:
            return None
        return self._by_order[held.order_id].limit_kw if held.order_id in self._by_order else None
