"""Sets stations up when they connect: what they measure, and the standing caps that they hold."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, Final

import structlog

from readyby.errors import ReadyByError, Unreachable
from readyby.exchange.ocpi.profiles import Rating
from readyby.exchange.ocpp.link import StationLink, StationRefused
from readyby.exchange.ocpp.profiles import default_profile
from readyby.exchange.ocpp.settings import OcppSettings
from readyby.exchange.ocpp.transactions import Place

AGAIN_S: Final = (2.0, 10.0, 60.0, 300.0)
"""After so many seconds, or a boot, a station that is not set up is told again."""
MEASURANDS: Final = "Energy.Active.Import.Register,Power.Active.Import"

log = structlog.get_logger("readyby.exchange.ocpp")


class StationSetUp:
    """`capped` are the EVSEs whose station holds their standing cap by its own word.

    `facts_changed`: there are others since that was looked at. `later` are tries under way.
    """

    def __init__(self, settings: OcppSettings, places: Iterable[Place]) -> None:
        self._settings, self._places = settings, tuple(places)
        self.capped: set[str] = set()
        self.facts_changed = False
        self.later: set[asyncio.Task[None]] = set()

    async def begin(self, link: StationLink) -> None:
        """Set a station up; one that is not ready yet, as before its boot is over, gets more tries later."""
        wishes = {
            "MeterValueSampleInterval": str(self._settings.sample_s),
            "MeterValuesSampledData": MEASURANDS,
        }
        places = [each for each in self._places if each.station == link.station]
        if not await self._try(link, wishes, places):
            begin(self._try_later(link, wishes, places), self.later)

    async def _try_later(self, link: StationLink, wishes: dict[str, str], places: list[Place]) -> None:
        for pause_s in chain(AGAIN_S, repeat(AGAIN_S[-1])):
            await link.booted_within(pause_s)
            if not link.is_open or await self._try(link, wishes, places):
                return

    async def _try(self, link: StationLink, wishes: dict[str, str], places: list[Place]) -> bool:
        """Have a station measure as often as is needed, and hold the standing caps of its connectors.

        Whether that is done; what is done is taken from `wishes` and `places`.
        """
        for key, value in tuple(wishes.items()):
            with suppress(Unreachable):
                with suppress(StationRefused):
                    await link.call("ChangeConfiguration", {"key": key, "value": value})
                del wishes[key]
        for place in tuple(places):
            if await self._hold_cap(link, place):
                places.remove(place)
        return not wishes and not places

    async def _hold_cap(self, link: StationLink, place: Place) -> bool:
        """Whether a station holds a connector's standing cap by its own word."""
        evse_id = str(place.evse.evse_id)
        payload = {
            "connectorId": place.connector,
            "csChargingProfiles": default_profile(place.connector, rating_of(self._settings, place)),
        }
        try:
            is_held = (await link.call("SetChargingProfile", payload)).get("status") == "Accepted"
        except ReadyByError:
            is_held = False
        if not is_held:
            log.warning("station holds no standing cap", station=link.station, evse_id=evse_id)
        if is_held is not (evse_id in self.capped):
            self.facts_changed = True
            (self.capped.add if is_held else self.capped.discard)(evse_id)
        return is_held


def rating_of(settings: OcppSettings, place: Place) -> Rating:
    """What a connector's limits are told in."""
    evse = place.evse
    return Rating(
        unit=settings.rate_unit,
        phases=evse.phases,
        voltage_v=evse.voltage_v,
        max_kw=evse.max_kw,
        standing_cap_kw=evse.standing_cap_kw,
    )


def begin(work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
    """Begin a task that is among others until it ends."""
    task = asyncio.create_task(work)
    among.add(task)
    task.add_done_callback(among.discard)
