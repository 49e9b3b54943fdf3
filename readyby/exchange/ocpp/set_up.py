"""Sets stations up when they connect: what they measure, and the standing caps that they hold."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, Final

import structlog

from readyby.errors import ReadyByError, Unreachable
from readyby.exchange.ocpi.profiles import Rating
from readyby.exchange.ocpp.link import StationLink, StationRefused
from readyby.exchange.ocpp.profiles import default_profile, maximum_profile
from readyby.exchange.ocpp.settings import OcppSettings
from readyby.exchange.ocpp.transactions import Place

AGAIN_S: Final = (2.0, 10.0, 60.0, 300.0)
"""After so many seconds, or a boot, a station that is not set up is told again."""
BY_DEFAULT: Final = "TxDefaultProfile"
BY_MAXIMUM: Final = "ChargePointMaxProfile"
MEASURANDS: Final = (
    "Energy.Active.Import.Register,Power.Active.Import",
    "Energy.Active.Import.Interval,Power.Active.Import",
)
"""What stations are to measure, the best first: one that has no register rejects it."""

log = structlog.get_logger("readyby.exchange.ocpp")


class StationSetUp:
    """`caps` are the EVSEs whose station holds their standing cap by its own word, and by which profile.

    A ChargePointMaxProfile does where its station has no other connector and the EVSE may never draw more.

    `facts_changed`: there are others since that was looked at. `later` are tries under way.
    """

    def __init__(self, settings: OcppSettings, places: Iterable[Place]) -> None:
        self._settings, self._places = settings, tuple(places)
        self.caps: dict[str, str] = {}
        self._maxed: set[str] = set()
        self.facts_changed = False
        self.later: set[asyncio.Task[None]] = set()

    async def begin(self, link: StationLink) -> None:
        """Set a station up; one that is not ready yet, as before its boot is over, gets more tries later."""
        wishes = {
            "MeterValueSampleInterval": (str(self._settings.sample_s),),
            "MeterValuesSampledData": MEASURANDS,
        }
        self._maxed.discard(link.station)
        places = [each for each in self._places if each.station == link.station]
        if not await self._try(link, wishes, places):
            begin(self._try_later(link, wishes, places), self.later)

    async def _try_later(
        self, link: StationLink, wishes: dict[str, tuple[str, ...]], places: list[Place]
    ) -> None:
        for pause_s in chain(AGAIN_S, repeat(AGAIN_S[-1])):
            await link.booted_within(pause_s)
            if not link.is_open or await self._try(link, wishes, places):
                return

    async def _try(self, link: StationLink, wishes: dict[str, tuple[str, ...]], places: list[Place]) -> bool:
        """Have a station measure as often as is needed, and hold the standing caps of its connectors.

        Whether that is done; what is done is taken from `wishes` and `places`.
        """
        for key, values in tuple(wishes.items()):
            with suppress(Unreachable):
                with suppress(StationRefused):
                    await self._configure(link, key, values)
                del wishes[key]
        if self._settings.holds_maximum and link.station not in self._maxed:
            await self._hold_maximum(link)
        for place in tuple(places):
            if await self._hold_cap(link, place):
                places.remove(place)
        return not wishes and not places

    async def _configure(self, link: StationLink, key: str, values: Sequence[str]) -> None:
        """Set the first value that the station does not reject."""
        for value in values:
            answer = await link.call("ChangeConfiguration", {"key": key, "value": value})
            if answer.get("status") != "Rejected":
                return

    async def _hold_maximum(self, link: StationLink) -> None:
        """Have a station hold what its EVSEs may ever draw together, where it takes such a profile."""
        places = [each for each in self._places if each.station == link.station]
        ratings = [(each, rating_of(self._settings, each)) for each in places]
        limit = round(sum(rating.limit(most_kw(place)) for place, rating in ratings), 1)
        phases = max(rating.phases for _, rating in ratings)
        profile = maximum_profile(limit, self._settings.rate_unit, phases)
        if await self._takes(link, 0, profile):
            self._maxed.add(link.station)
        else:
            log.warning("station holds no maximum", station=link.station)

    async def _takes(self, link: StationLink, connector: int, profile: dict[str, Any]) -> bool:
        payload = {"connectorId": connector, "csChargingProfiles": profile}
        try:
            return bool((await link.call("SetChargingProfile", payload)).get("status") == "Accepted")
        except ReadyByError:
            return False

    async def _hold_cap(self, link: StationLink, place: Place) -> bool:
        """Whether a station holds a connector's standing cap by its own word."""
        evse_id = str(place.evse.evse_id)
        profile = default_profile(place.connector, rating_of(self._settings, place))
        is_held = await self._takes(link, place.connector, profile)
        by = BY_DEFAULT if is_held else BY_MAXIMUM if self._is_held_by_maximum(place) else ""
        if not by:
            log.warning("station holds no standing cap", station=link.station, evse_id=evse_id)
        if by != self.caps.get(evse_id, ""):
            self.facts_changed = True
            self.caps[evse_id] = by
        return is_held

    def _is_held_by_maximum(self, place: Place) -> bool:
        is_alone = sum(each.station == place.station for each in self._places) == 1
        is_never_more = most_kw(place) <= place.evse.standing_cap_kw
        return place.station in self._maxed and is_alone and is_never_more


def most_kw(place: Place) -> float:
    """What a connector may ever draw: plans raise only EVSEs that are controlled above their standing cap."""
    return place.evse.max_kw if place.evse.controlled else place.evse.standing_cap_kw


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
