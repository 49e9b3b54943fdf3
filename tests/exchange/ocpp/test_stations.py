"""What stations may do, and what becomes of it: doors, standing caps, replays, wild frames."""

import asyncio
import base64
import json
import ssl
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from pydantic import ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from readyby.errors import Misconfigured, Unreachable
from readyby.exchange.adapter import Verdict
from readyby.exchange.ocpp.meter import read_value
from readyby.exchange.ocpp.server import is_welcome, password_digest
from readyby.exchange.ocpp.settings import OcppSettings, Station
from tests.exchange.ocpp.conftest import PASSWORD, START, Pair
from tests.exchange.test_adapters import setpoint

OCPP = [Subprotocol("ocpp1.6")]


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def station_at(pair: Pair, name: str = "E0", password: str = PASSWORD, **more: Any) -> Any:
    return connect(
        f"ws://127.0.0.1:{pair.adapter.port}/ocpp/{name}",
        additional_headers={"Authorization": basic(name, password)},
        **{"subprotocols": OCPP, **more},
    )


@pytest.mark.parametrize(
    ("path", "header", "welcome"),
    [
        ("/ocpp/CP1", basic("CP1", "right"), True),
        ("/ocpp/CP1", basic("CP1", "wrong"), False),
        ("/ocpp/CP1", basic("CP2", "right"), False),
        ("/ocpp/CP1", None, False),
        ("/ocpp/CP1", "Basic ???", False),
        ("/ocpp/CP1", "Bearer right", False),
        ("/ocpp/CP9", basic("CP9", "right"), False),
        ("/elsewhere/CP1", basic("CP1", "right"), False),
    ],
)
def test_only_a_known_station_with_its_password_comes_in(path, header, welcome):
    station = Station(connectors={"1": "E0"}, password_sha256=password_digest("right"))
    assert is_welcome(OcppSettings(stations={"CP1": station}), path, header) is welcome


def test_a_station_without_a_password_needs_the_operators_word():
    stations = {"CP1": Station(connectors={"1": "E0"})}
    assert not is_welcome(OcppSettings(stations=stations), "/ocpp/CP1", None)
    assert is_welcome(OcppSettings(stations=stations, without_passwords=True), "/ocpp/CP1", None)


def test_an_evse_stands_once():
    station = Station(connectors={"1": "E0"})
    with pytest.raises(ValidationError, match="twice"):
        OcppSettings(stations={"CP1": station, "CP2": station})


async def test_a_stranger_is_refused_at_the_door(begin):
    async with begin(connected=False) as pair:
        with pytest.raises(InvalidStatus) as caught:
            async with station_at(pair, password="wrong"):
                pass
        assert caught.value.response.status_code == 401


async def test_a_port_that_is_taken_is_named(begin):
    async with begin(connected=False) as pair:
        with pytest.raises(Misconfigured, match="another port"):
            async with begin(connected=False, port=pair.adapter.port):
                pass


async def test_a_certificate_that_cannot_be_read_is_named(begin, tmp_path):
    bad = tmp_path / "cert.pem"
    bad.write_text("no certificate")
    with pytest.raises(Misconfigured, match="tls_certificate"):
        async with begin(connected=False, tls_certificate=bad, tls_key=bad):
            pass
    assert ssl.OPENSSL_VERSION


async def test_a_cap_counts_only_when_its_station_has_taken_it(begin):
    async with begin(connected=False) as pair:
        facts = {each.evse_id: each for each in await pair.adapter.list_evses()}
        assert facts["E0"].standing_cap_kw == facts["E0"].max_kw
        async with pair.face.connected():
            await pair.adapter.settled()
            assert (await pair.adapter.pull(None)).facts_changed
            facts = {each.evse_id: each for each in await pair.adapter.list_evses()}
            assert facts["E0"].standing_cap_kw == pytest.approx(1.248)
            assert pair.network.cap_kw("E0") == pytest.approx(1.248)


async def test_a_station_that_is_not_ready_when_it_connects_is_set_up_after_its_boot(begin):
    async with begin(connected=False, call_within_s=30.0) as pair, station_at(pair) as connection:
        station = OtherStation("E0", connection)
        station.profiles, station.takes_profiles = [], False
        task = asyncio.create_task(station.start())
        await pair.adapter.settled()
        assert (await pair.adapter.list_evses())[0].standing_cap_kw == pytest.approx(6.656)
        station.takes_profiles = True
        await station.call(call.BootNotification("Model", "Vendor"))
        async with asyncio.timeout(10):
            while (await pair.adapter.list_evses())[0].standing_cap_kw > 6.0:
                await asyncio.sleep(0.01)
        assert (await pair.adapter.pull(None)).facts_changed
        task.cancel()


async def test_a_station_that_is_away_is_unreachable(begin):
    async with begin(connected=False) as pair:
        pair.adapter.transactions.start(pair.adapter.transactions.places["E0", 1], start())
        with pytest.raises(Unreachable, match="not connected"):
            await pair.adapter.submit([setpoint(session_id="E0-1")])


def start(minutes: float = 0.0, meter: int = 1_000) -> dict[str, Any]:
    at = (START + timedelta(minutes=minutes)).isoformat()
    return {"connectorId": 1, "idTag": "T0", "meterStart": meter, "timestamp": at}


async def test_a_start_told_again_is_the_same_and_a_late_one_is_history(begin):
    async with begin(connected=False) as pair:
        desk = pair.adapter.transactions
        place = desk.places["E0", 1]
        first = desk.start(place, start())
        assert desk.start(place, start()) == first
        pair.clock.instant += timedelta(hours=2)
        desk.start(desk.places["E1", 1], start(30))
        told = (await pair.adapter.pull(None)).sessions
        assert [(each["session_id"], each["live"]) for each in told] == [("E0-1", True), ("E1-2", False)]


async def test_transactions_survive_a_restart(begin, tmp_path):
    async with begin(connected=False) as pair:
        pair.adapter.transactions.start(pair.adapter.transactions.places["E0", 1], start())
    async with begin(connected=False) as pair:
        assert pair.adapter.transactions.active["E0"].session_id == "E0-1"
        pair.adapter.transactions.stop("E0", {"transactionId": 1, "meterStop": 3_500, "timestamp": "x"})
        told = (await pair.adapter.pull(None)).sessions[-1]
        assert (told["status"], told["energy_kwh"]) == ("COMPLETED", 2.5)


async def test_a_connector_that_is_free_has_no_transaction(begin):
    async with begin(connected=False) as pair:
        desk = pair.adapter.transactions
        place = desk.places["E0", 1]
        desk.start(place, start())
        desk.free(place, START + timedelta(minutes=9))
        batch = await pair.adapter.pull(None)
        assert batch.sessions[-1]["status"] == "COMPLETED"
        assert [remark.kind for remark in batch.remarks] == ["unended_session"]


@pytest.mark.parametrize(
    ("samples", "power_kw", "register_kwh"),
    [
        ([{"value": "1500"}], None, 1.5),
        ([{"value": "1.5", "unit": "kWh"}], None, 1.5),
        ([{"value": "3300", "measurand": "Power.Active.Import"}], 3.3, None),
        ([{"value": "3.3", "measurand": "Power.Active.Import", "unit": "kW"}], 3.3, None),
        (
            [
                {"value": "1000", "measurand": "Power.Active.Import", "unit": "W", "phase": f"L{n}"}
                for n in (1, 2, 3)
            ],
            3.0,
            None,
        ),
        ([{"value": "10", "measurand": "Current.Import", "unit": "A"}], 6.9, None),
        ([{"value": "10", "measurand": "Current.Import", "phase": "L1"}], 2.3, None),
        ([{"value": "10000", "measurand": "Current.Import", "unit": "mA", "phase": "L1"}], 2.3, None),
        ([{"value": "nonsense"}, {"value": "NaN"}], None, None),
        ([{"value": "9000", "location": "Inlet"}, {"value": "1500", "location": "Outlet"}], None, 1.5),
        ([{"value": "9000", "location": "Inlet"}, {"value": "1500"}], None, 1.5),
        ([{"value": "9000", "location": "Inlet"}, {"value": "77", "location": "EV"}], None, 9.0),
        ([{"value": "77", "location": "EV"}], None, None),
        ([{"value": "80", "measurand": "SoC", "unit": "Percent"}], None, None),
    ],
)
def test_measurands_units_and_phases(samples, power_kw, register_kwh):
    read = read_value({"timestamp": "t", "sampledValue": samples}, phases=3, voltage_v=230.0)
    assert read.power_kw == (None if power_kw is None else pytest.approx(power_kw))
    assert read.register_kwh == (None if register_kwh is None else pytest.approx(register_kwh))


class OtherStation(ChargePoint):
    """A station by the `ocpp` package's own station side."""

    profiles: list[dict[str, Any]]
    takes_profiles = True

    @on("SetChargingProfile")
    def take_profile(self, **told: Any) -> call_result.SetChargingProfile:
        self.profiles.append(told)
        return call_result.SetChargingProfile("Accepted" if self.takes_profiles else "Rejected")

    @on("ChangeConfiguration")
    def change(self, **_told: Any) -> call_result.ChangeConfiguration:
        return call_result.ChangeConfiguration("NotSupported")


async def test_the_station_side_of_others_works(begin):
    async with begin(connected=False) as pair, station_at(pair) as connection:
        station = OtherStation("E0", connection)
        station.profiles = []
        task = asyncio.create_task(station.start())
        booted = await station.call(call.BootNotification("Model", "Vendor"))
        assert booted.status == "Accepted"
        await pair.adapter.settled()
        begun = await station.call(call.StartTransaction(1, "T0", 1_000, START.isoformat()))
        (word,) = await pair.adapter.submit([setpoint(session_id=f"E0-{begun.transaction_id}")])
        assert word.verdict is Verdict.ACCEPTED
        purposes = [each["cs_charging_profiles"]["charging_profile_purpose"] for each in station.profiles]
        assert purposes == ["TxDefaultProfile", "TxProfile"]
        task.cancel()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
ACTIONS = st.sampled_from(
    [
        "BootNotification",
        "StartTransaction",
        "StopTransaction",
        "MeterValues",
        "StatusNotification",
        "../x",
        "",
    ]
)
FRAMES = (
    JSON.map(json.dumps)
    | st.text(max_size=60)
    | st.binary(max_size=60)
    | st.tuples(st.just(2), JSON, ACTIONS, JSON).map(json.dumps)
    | st.tuples(st.sampled_from([2, 3, 4, 9]), JSON, JSON).map(json.dumps)
    | st.just("[" * 20_000)
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=st.lists(FRAMES, min_size=1, max_size=10))
def test_wild_frames_break_nothing(begin, frames, caplog):
    async def fuzz() -> None:
        async with begin(connected=False) as pair:
            async with station_at(pair) as connection:
                with suppress(ConnectionClosed):
                    for frame in frames:
                        await connection.send(frame)
                    await connection.send(json.dumps([2, "last", "Heartbeat", {}]))
                    async with asyncio.timeout(10):
                        while json.loads(await connection.recv())[1] != "last":
                            pass
                assert connection.close_code in (None, 1007, 1008, 1009)
            async with station_at(pair, "E1") as connection:
                await connection.send(json.dumps([2, "1", "Heartbeat", {}]))
                assert pair.adapter.links

    asyncio.run(fuzz())
    assert "Traceback" not in caplog.text
