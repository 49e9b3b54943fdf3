"""By which profile a station holds its standing cap, and that nothing else is counted on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result

from readyby.exchange.adapter import EvseFacts
from readyby.exchange.trial import abilities
from tests.exchange.ocpp.conftest import Begin, Pair
from tests.exchange.ocpp.test_stations import station_at

MAX_A, CAP_A = 32.0, 6.0


class Choosy(ChargePoint):
    """A station by the `ocpp` package that takes profiles of some purposes only."""

    takes: frozenset[str]
    told: list[tuple[int, dict[str, Any]]]
    configured: list[tuple[str, str]]
    lacks = ""

    @on("SetChargingProfile")
    def take(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> call_result.SetChargingProfile:
        self.told.append((connector_id, cs_charging_profiles))
        purpose = cs_charging_profiles["charging_profile_purpose"]
        return call_result.SetChargingProfile("Accepted" if purpose in self.takes else "NotSupported")

    @on("ChangeConfiguration")
    def change(self, key: str, value: str) -> call_result.ChangeConfiguration:
        self.configured.append((key, value))
        return call_result.ChangeConfiguration(
            "Rejected" if self.lacks and self.lacks in value else "Accepted"
        )


@asynccontextmanager
async def station(pair: Pair, name: str, *takes: str, lacks: str = "") -> AsyncIterator[Choosy]:
    async with station_at(pair, name) as connection:
        made = Choosy(name, connection)
        made.takes, made.told = frozenset(takes), []
        made.configured, made.lacks = [], lacks
        task = asyncio.create_task(made.start())
        await made.call(call.BootNotification("Model", "Vendor"))
        await pair.adapter.settled()
        try:
            yield made
        finally:
            task.cancel()


async def facts_of(pair: Pair, evse_id: str) -> EvseFacts:
    return next(each for each in await pair.adapter.list_evses() if each.evse_id == evse_id)


def limits(told: list[tuple[int, dict[str, Any]]]) -> dict[tuple[int, str], float]:
    return {
        (connector, profile["charging_profile_purpose"]): profile["charging_schedule"][
            "charging_schedule_period"
        ][0]["limit"]
        for connector, profile in told
    }


async def test_a_default_profile_holds_the_cap_and_the_stations_maximum_stands_beside_it(
    begin: Begin,
) -> None:
    async with (
        begin(connected=False, holds_maximum=True) as pair,
        station(pair, "E0", "ChargePointMaxProfile", "TxDefaultProfile") as made,
    ):
        facts = await facts_of(pair, "E0")
        assert (facts.standing_cap_kw, facts.cap_held_by) == (pytest.approx(1.248), "TxDefaultProfile")
        assert limits(made.told) == {(0, "ChargePointMaxProfile"): MAX_A, (1, "TxDefaultProfile"): CAP_A}
        line = abilities(pair.adapter, await pair.adapter.list_evses())[-1]
        assert line.startswith("standing caps: held at 1 of 3 EVSEs (1 by TxDefaultProfile);")


async def test_a_maximum_holds_the_cap_only_of_who_never_draws_more(begin: Begin) -> None:
    async with (
        begin(connected=False, holds_maximum=True) as pair,
        station(pair, "E0", "ChargePointMaxProfile"),
        station(pair, "E2", "ChargePointMaxProfile") as made,
    ):
        controlled, never_more = await facts_of(pair, "E0"), await facts_of(pair, "E2")
        assert (controlled.controlled, never_more.controlled) == (True, False)
        assert (controlled.standing_cap_kw, controlled.cap_held_by) == (controlled.max_kw, "")
        assert never_more.standing_cap_kw == pytest.approx(1.248)
        assert never_more.cap_held_by == "ChargePointMaxProfile"
        assert limits(made.told)[0, "ChargePointMaxProfile"] == CAP_A


async def test_a_station_that_takes_neither_counts_at_its_maximum(begin: Begin) -> None:
    async with begin(connected=False, holds_maximum=True) as pair, station(pair, "E2"):
        facts = await facts_of(pair, "E2")
        assert (facts.standing_cap_kw, facts.cap_held_by) == (facts.max_kw, "")


async def test_no_maximum_is_given_unless_the_settings_say_that_all_connectors_are_named(
    begin: Begin,
) -> None:
    async with (
        begin(connected=False) as pair,
        station(pair, "E2", "ChargePointMaxProfile", "TxDefaultProfile") as made,
    ):
        assert [connector for connector, _ in made.told] == [1]


@pytest.mark.parametrize("lacks", ["", "Register"])
async def test_a_station_without_a_register_is_asked_for_intervals(begin: Begin, lacks: str) -> None:
    async with begin(connected=False) as pair, station(pair, "E0", "TxDefaultProfile", lacks=lacks) as made:
        measured = [value.split(",")[0] for key, value in made.configured if key == "MeterValuesSampledData"]
    register, interval = "Energy.Active.Import.Register", "Energy.Active.Import.Interval"
    assert measured == ([register, interval] if lacks else [register])
