"""Connecting a network: its file, its secret, what is tried, and what is left behind where that fails."""

import asyncio
import json
import socket
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from readyby.clocks import SetClock, SystemClock
from readyby.contract import PlanEnvelope
from readyby.errors import BadInput, ReadyByError, Unreachable
from readyby.exchange.network_files import network_path, read_network_file, secret_path
from readyby.exchange.ocpi.relation import end_relation, register_again, rotate_tokens
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.exchange.ocpp.server import password_digest
from readyby.exchange.ocpp.settings import OcppSettings
from readyby.exchange.onboarding import connect_ocpi, connect_ocpp, read_status, status_lines, write_network
from readyby.network.faces.ocpi import OcpiFace
from readyby.network.faces.ocpp import OcppFace
from readyby.network.network import Network as SimulatedNetwork
from readyby.network.visits import Visit
from readyby.settings import Settings
from readyby.sites import load_site
from tests.exchange.ocpi.conftest import loopback, served
from tests.exchange.served import NOW, bench_on, network, plan
from tests.exchange.served import TOKEN as EXCHANGE_TOKEN
from tests.exchange.test_serve import free_port

TOKEN = "token-a-of-the-cpo"


def settings(folder: Path) -> Settings:
    port = free_port()
    return Settings(state_dir=folder, exchange_port=port, exchange_url=f"http://127.0.0.1:{port}")


def fields_of(made: Settings, port: int) -> dict[str, object]:
    """What an operator at a port is connected by."""
    return {
        "versions_url": f"http://127.0.0.1:{port}/versions",
        "public_url": f"http://127.0.0.1:{made.exchange_port}/ocpi",
    }


def site_evse() -> str:
    return str(load_site(Settings().data_dir, "jpl").evses[0].evse_id)


LIMITED = [
    "limit of 1.248 kW: accepted",
    "limit of 1.248 kW: read back",
    "release: accepted",
    "release: read back",
]


def visit(clock: SystemClock) -> Visit:
    """A car that charges now."""
    return Visit(
        session_id="S0",
        evse_id=site_evse(),
        token_uid="T0",
        arrives_at=clock.now() - timedelta(minutes=5),
        leaves_at=clock.now() + timedelta(hours=5),
        energy_kwh=30,
        car_kw=6.6,
        efficiency=0.97,
    )


def cpo(port: int) -> OcpiFace:
    site, clock = load_site(Settings().data_dir, "jpl"), SystemClock()
    network = SimulatedNetwork(site, [visit(clock)], start_at=clock.now() - timedelta(minutes=4), sample_s=1)
    return OcpiFace(
        network,
        public_url=f"http://127.0.0.1:{port}",
        token_a=TOKEN,
        advance=lambda: network.advance(clock.now(), 0),
    )


def test_an_operator_is_registered_with_and_said_what_it_can(tmp_path):
    sock, port = loopback()
    made = settings(tmp_path)
    said: list[str] = []
    fields = fields_of(made, port) | {"meter_every": "PT900S"}
    with served(cpo(port).app, sock):
        connect_ocpi(made, "acme", fields, TOKEN, try_evse=None, say=said.append)
    assert said[0] == "registered: OCPI 2.2.1"
    assert any("sessions: 1 active" in line for line in said)
    assert any("the others count at their maximum" in line for line in said)
    assert any(
        line.startswith("meters: a value every 900 s; an EVSE without one for 30 min") for line in said
    )
    assert read_network_file(tmp_path, "acme", OcpiSettings).versions_url == fields["versions_url"]
    assert network_path(tmp_path, "acme").read_text().find(TOKEN) == -1
    assert secret_path(tmp_path, "acme").stat().st_mode & 0o077 == 0


def test_an_operators_evse_is_limited_read_back_and_released(tmp_path, monkeypatch):
    monkeypatch.setattr("readyby.network.orders.DELAY_S", (0.0, 0.2))
    sock, port = loopback()
    made = settings(tmp_path)
    said: list[str] = []
    fields = fields_of(made, port)
    face = cpo(port)
    with served(face.app, sock):
        connect_ocpi(made, "acme", fields, TOKEN, try_evse=site_evse(), say=said.append)
    assert [line.partition(" after ")[0] for line in said[-5:-1]] == LIMITED
    assert face.network.orders.held[site_evse()].limits_kw == ()


def test_an_evse_without_a_car_is_not_tried(tmp_path):
    sock, port = loopback()
    made = settings(tmp_path)
    fields = fields_of(made, port)
    other = str(load_site(Settings().data_dir, "jpl").evses[1].evse_id)
    face = cpo(port)
    said: list[str] = []
    with served(face.app, sock):
        with pytest.raises(BadInput, match="a car charges now"):
            connect_ocpi(made, "acme", fields, TOKEN, try_evse=other, say=said.append)
        assert "unregistered: for another try ask the operator for a new token A" in said
        assert list((tmp_path / "networks").iterdir()) == []


def test_a_stations_evse_is_limited_read_back_and_released(tmp_path, monkeypatch):
    """The station is set up with what the command says, while the command waits for it."""
    monkeypatch.setattr("readyby.network.orders.DELAY_S", (0.0, 0.2))
    made, port = settings(tmp_path), free_port()
    said: list[str] = []
    stop = threading.Event()
    station = threading.Thread(target=lambda: asyncio.run(plug_in_when_told(said, port, stop)))
    station.start()
    try:
        connect_ocpp(
            made,
            "ocpp",
            {"port": port, "sample_s": 5},
            [f"{site_evse()}={site_evse()}"],
            try_evse=site_evse(),
            say=said.append,
        )
    finally:
        stop.set()
        station.join()
    assert [line.partition(" after ")[0] for line in said[-5:-1]] == LIMITED
    assert any("standing caps: held at 1 of 1" in line for line in said)


async def plug_in_when_told(said: list[str], port: int, stop: threading.Event) -> None:
    """A station that connects once its address and password were printed."""
    while not said:
        await asyncio.sleep(0.01)
    site, clock = load_site(Settings().data_dir, "jpl"), SystemClock()
    one = replace(site, evses=site.evses[:1])
    network = SimulatedNetwork(one, [visit(clock)], start_at=clock.now() - timedelta(minutes=4), sample_s=1)
    face = OcppFace(
        network,
        url=f"ws://127.0.0.1:{port}/ocpp",
        passwords={site_evse(): said[0].rsplit(" ", 1)[-1]},
        advance=lambda: network.advance(clock.now(), 0),
    )
    async with face.running():
        while not stop.is_set():
            await asyncio.sleep(0.01)


def test_nothing_is_left_behind_where_the_operator_does_not_answer(tmp_path):
    made = settings(tmp_path)
    fields = fields_of(made, free_port()) | {"deadline_s": 1.0}
    with pytest.raises(ReadyByError):
        connect_ocpi(made, "acme", fields, TOKEN, try_evse=None, say=print)
    assert list((tmp_path / "networks").iterdir()) == []


def test_a_wrong_field_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(BadInput, match="versions_url"):
        connect_ocpi(settings(tmp_path), "acme", {"versions_url": "ftp://x"}, TOKEN, try_evse=None, say=print)
    assert not (tmp_path / "networks").exists()


def test_stations_get_passwords_of_which_the_digest_is_kept(tmp_path):
    said: list[str] = []
    connect_ocpp(
        settings(tmp_path), "ocpp", {"port": 8890}, [f"CP1={site_evse()}"], try_evse=None, say=said.append
    )
    made = read_network_file(tmp_path, "ocpp", OcppSettings)
    password = said[0].rsplit(" ", 1)[-1]
    assert made.stations["CP1"].password_sha256 == password_digest(password)
    assert made.stations["CP1"].connectors == {"1": site_evse()}
    assert password not in network_path(tmp_path, "ocpp").read_text()


def test_an_unknown_evse_is_named(tmp_path):
    with pytest.raises(BadInput, match="station"):
        connect_ocpp(settings(tmp_path), "ocpp", {}, ["CP1=nowhere"], try_evse=None, say=print)


def test_a_network_is_not_written_over(tmp_path):
    write_network(settings(tmp_path), "acme", {"port": 1})
    with pytest.raises(BadInput, match="already"):
        write_network(settings(tmp_path), "acme", {"port": 2})


def test_status_without_an_exchange_names_the_remedy(tmp_path):
    with pytest.raises(Unreachable, match="readyby exchange"):
        read_status(settings(tmp_path))


async def test_status_is_what_a_running_exchange_knows_of_each_evse(tmp_path):
    """From the plan to the proof by the meter, as the command prints it."""
    made = Settings(
        state_dir=tmp_path,
        exchange_token=SecretStr(EXCHANGE_TOKEN),
        exchange_url=f"http://127.0.0.1:{(port := free_port())}",
    )
    adapter, clock = network(), SetClock(NOW)
    adapter.plug_in("S0", "E0", None, NOW)
    bench = bench_on(tmp_path / "exchange.sqlite", adapter, clock)
    server = uvicorn.Server(
        uvicorn.Config(bench.app, host="127.0.0.1", port=port, log_config=None, lifespan="off")
    )
    task = asyncio.create_task(server.serve())
    try:
        await bench.poll()
        bench.exchange.take_plan(PlanEnvelope.model_validate(plan(E0=3.0)))
        await bench.let(5, E0=3.0)
        while not server.started:
            await asyncio.sleep(0.01)
        lines = status_lines(await asyncio.to_thread(read_status, made))
    finally:
        server.should_exit = True
        await task
        bench.ledger.close()
    assert lines[0].startswith("memory: ok")
    assert lines[1] == "meters tell every 60 s; silent after 5 minutes"
    assert lines[2] == "standing caps: held at 4 of 4 EVSEs (4 by the hardware)"
    assert lines[4].split()[:7] == ["E0", "yes", "3.00", "3.00", "3.00", "verified", "yes"]
    assert lines[5].split()[:7] == ["E1", "yes", "-", "-", "-", "-", "yes"]


def test_status_is_a_line_an_evse():
    told = {
        "network": {"network": "ocpi", "status": "ok", "as_of": "now", "detail": ""},
        "evses": [
            {
                "evse_id": "E1",
                "standing_cap_kw": 1.2,
                "max_kw": 6.6,
                "cap_held_by": "TxDefaultProfile",
                "reachable": True,
                "power_kw": 3.0,
                "setpoint_kw": 3.12,
                "verified_kw": 2.5,
                "command_state": "verified",
                "following": False,
                "measured_at": None,
            }
        ],
        "alarms": [{"at": "then", "evse_id": None, "kind": "network_lost"}],
    }
    first, caps, _, evse, alarm = status_lines(told)
    assert caps == "standing caps: held at 1 of 1 EVSEs (1 by TxDefaultProfile)"
    assert first.startswith("ocpi: ok")
    assert evse.split() == ["E1", "yes", "3.00", "3.12", "2.50", "verified", "NO", "-"]
    assert alarm == "alarm then network: network_lost"


def test_tokens_are_rotated_and_the_relation_ended_without_code(tmp_path):
    sock, port = loopback()
    made = settings(tmp_path)
    fields = fields_of(made, port)
    kept = tmp_path / "networks" / "acme.credentials.json"
    with served(cpo(port).app, sock):
        connect_ocpi(made, "acme", fields, TOKEN, try_evse=None, say=print)
        before = json.loads(kept.read_text())
        rotate_tokens(made, "acme")
        after = json.loads(kept.read_text())
        assert {before["token_b"], before["token_c"]}.isdisjoint({after["token_b"], after["token_c"]})
        end_relation(made, "acme")
    assert list((tmp_path / "networks").iterdir()) == []


def test_a_lost_relation_is_begun_anew_by_a_new_token(tmp_path):
    sock, port = loopback()
    made = settings(tmp_path)
    fields = fields_of(made, port)
    kept = tmp_path / "networks" / "acme.credentials.json"
    with served(cpo(port).app, sock):
        connect_ocpi(made, "acme", fields, TOKEN, try_evse=None, say=print)
    sock.close()
    again = socket.create_server(("127.0.0.1", port))
    kept.unlink()
    with served(cpo(port).app, again):
        with pytest.raises(ReadyByError):
            register_again(made, "acme", "not-the-token")
        register_again(made, "acme", TOKEN)
        before = json.loads(kept.read_text())
        rotate_tokens(made, "acme")
    assert before["token_c"]
    assert before["token_c"] != json.loads(kept.read_text())["token_c"]


def test_files_stay_where_the_operator_does_not_let_go(tmp_path):
    sock, port = loopback()
    made = settings(tmp_path)
    fields = fields_of(made, port)
    with served(cpo(port).app, sock):
        connect_ocpi(made, "acme", fields, TOKEN, try_evse=None, say=print)
    with pytest.raises(Unreachable):
        end_relation(made, "acme")
    assert network_path(tmp_path, "acme").exists()
