"""Connecting a ChargePoint account: its ports, its credentials, and nothing left behind where it fails."""

from datetime import timedelta
from pathlib import Path

import pytest

from readyby.clocks import SystemClock
from readyby.errors import BadInput, Misconfigured
from readyby.exchange.chargepoint.onboarding import connect_chargepoint
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.network_files import network_path, read_network_file, secret_path
from readyby.network.faces.chargepoint import ChargepointFace
from readyby.network.network import Network
from readyby.settings import Settings
from readyby.sites import load_site
from tests.exchange.ocpi.conftest import loopback, served
from tests.exchange.test_onboarding import settings, site_evse


def account(*, password: str = "password") -> ChargepointFace:
    site, clock = load_site(Settings().data_dir, "jpl"), SystemClock()
    network = Network(site, (), start_at=clock.now() - timedelta(minutes=4))
    return ChargepointFace(
        network, key="key", password=password, advance=lambda: network.advance(clock.now(), 0)
    )


def connect_account(folder: Path, port: int, ports: list[str], said: list[str], **fields: object) -> None:
    connect_chargepoint(
        settings(folder),
        "cp",
        {"url": f"http://127.0.0.1:{port}/services", "deadline_s": 5.0, **fields},
        ("key", "password"),
        ports,
        try_evse=None,
        say=said.append,
    )


def test_an_account_without_ports_says_those_it_has_and_writes_nothing(tmp_path):
    sock, port = loopback()
    said: list[str] = []
    with served(account().app, sock):
        connect_account(tmp_path, port, [], said)
    assert said[0].startswith("The account has 52 ports")
    assert said[1] == "--port 1:100001:1=EVSE"
    assert not (tmp_path / "networks").exists()


def test_an_account_is_looked_at_and_its_credentials_lie_apart(tmp_path):
    sock, port = loopback()
    said: list[str] = []
    with served(account().app, sock):
        connect_account(tmp_path, port, [f"1:100001:2={site_evse()}"], said, group_ids=[7])
    assert said[0] == "EVSEs: 1, of which 1 take commands"
    assert any("one step at a time" in line for line in said)
    assert any("a limit ends with its step" in line for line in said)
    made = read_network_file(tmp_path, "cp", ChargepointSettings)
    assert made.stations == {"1:100001": {"2": site_evse()}}
    assert made.group_ids == (7,)
    assert "password" not in network_path(tmp_path, "cp").read_text()
    assert secret_path(tmp_path, "cp").read_text() == "key:password"
    assert secret_path(tmp_path, "cp").stat().st_mode & 0o077 == 0


def test_nothing_is_left_behind_where_an_account_refuses(tmp_path):
    sock, port = loopback()
    with served(account(password="another").app, sock), pytest.raises(Misconfigured):
        connect_account(tmp_path, port, [f"1:100001:1={site_evse()}"], [])
    assert list((tmp_path / "networks").iterdir()) == []


@pytest.mark.parametrize("port", ["1:100001:1=nowhere", "EVSE", "100001=EVSE"])
def test_a_port_that_cannot_be_is_named(tmp_path, port):
    with pytest.raises(BadInput, match="port"):
        connect_account(tmp_path, 9, [port], [])
