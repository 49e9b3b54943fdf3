"""A station by the `ocpp` package, on its own: told what to do by lines of JSON, it tells what came of it.

Called as: ocpp_station.py ADDRESS NAME PASSWORD. A line is `[action, fields]` in the package's words; the
answer is the central system's. `profiles` answers the profiles that it holds.
"""

import asyncio
import base64
import json
import sys
from dataclasses import asdict
from datetime import datetime, timedelta

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.client import connect


class Station(ChargePoint):
    """Keeps profiles by purpose, and makes a composite schedule of them."""

    def __init__(self, name, connection):
        super().__init__(name, connection)
        self.profiles, self.transaction, self.now = {}, None, None

    @on("SetChargingProfile")
    def take_profile(self, connector_id, cs_charging_profiles):
        purpose = cs_charging_profiles["charging_profile_purpose"]
        if purpose == "TxProfile" and cs_charging_profiles.get("transaction_id") != self.transaction:
            return call_result.SetChargingProfile("Rejected")
        self.profiles[purpose] = cs_charging_profiles
        return call_result.SetChargingProfile("Accepted")

    @on("ClearChargingProfile")
    def clear_profile(self, charging_profile_purpose=None, **_):
        found = self.profiles.pop(charging_profile_purpose, None)
        return call_result.ClearChargingProfile("Accepted" if found else "Unknown")

    @on("GetCompositeSchedule")
    def compose(self, connector_id, duration, charging_rate_unit=None):
        profile = self.profiles.get("TxProfile") or self.profiles["TxDefaultProfile"]
        schedule = profile["charging_schedule"]
        begin = datetime.fromisoformat(schedule.get("start_schedule", self.now))
        now = datetime.fromisoformat(self.now)
        periods = []
        for period in schedule["charging_schedule_period"]:
            after_s = (begin + timedelta(seconds=period["start_period"]) - now).total_seconds()
            told = {"start_period": max(0, int(after_s)), "limit": float(period["limit"])}
            periods = [told] if after_s <= 0 else [*periods, told]
        return call_result.GetCompositeSchedule(
            status="Accepted",
            connector_id=connector_id,
            schedule_start=self.now,
            charging_schedule={
                "duration": duration,
                "start_schedule": self.now,
                "charging_rate_unit": schedule["charging_rate_unit"],
                "charging_schedule_period": [each for each in periods if each["start_period"] < duration],
            },
        )

    @on("ChangeConfiguration")
    def change(self, **_):
        return call_result.ChangeConfiguration("Accepted")

    @on("TriggerMessage")
    def trigger(self, **_):
        return call_result.TriggerMessage("NotImplemented")


async def obey(station, action, fields):
    if action == "profiles":
        return station.profiles
    if action == "now":
        station.now = fields["now"]
        return {}
    answer = await station.call(getattr(call, action)(**fields))
    if action == "StartTransaction":
        station.transaction = answer.transaction_id
    if action == "StopTransaction":
        station.transaction = None
        station.profiles.pop("TxProfile", None)
    return asdict(answer)


async def main(address, name, password):
    known = base64.b64encode(f"{name}:{password}".encode()).decode()
    async with connect(
        f"{address}/{name}", subprotocols=["ocpp1.6"], additional_headers={"Authorization": f"Basic {known}"}
    ) as connection:
        station = Station(name, connection)
        listening = asyncio.create_task(station.start())
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
        )
        while line := await lines.readline():
            answer = json.dumps(await obey(station, *json.loads(line)), default=float)
            sys.stdout.write(f"{answer}\n")
            sys.stdout.flush()
        listening.cancel()


asyncio.run(main(*sys.argv[1:]))
