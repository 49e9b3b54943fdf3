"""Which network the exchange serves, by its settings; and over OCPI, as a process of its own."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from readyby.clocks import SystemClock
from readyby.errors import BadInput, Misconfigured, NotFound
from readyby.exchange.chargepoint.adapter import ChargepointAdapter
from readyby.exchange.chargepoint.hosting import CREDENTIALS_VARIABLE
from readyby.exchange.native import NativeAdapter
from readyby.exchange.network_files import read_network_secret, secret_path, write_private
from readyby.exchange.networks import open_network
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.network.faces.ocpi import OcpiFace
from readyby.network.network import Network
from readyby.settings import Settings
from readyby.sites import load_site
from tests.exchange.ocpi.conftest import loopback, served
from tests.exchange.test_serve import Process

VARIABLE = "READYBY_OCPI_TOKEN_A"


def settings(folder: Path, **more: str) -> Settings:
    return Settings(state_dir=folder, **more)


async def test_the_embedded_network_is_served_unless_told_otherwise(tmp_path):
    opened = open_network(settings(tmp_path), SystemClock())
    assert isinstance(opened.adapter, NativeAdapter)
    await opened.adapter.close()


async def test_a_partner_is_opened_by_its_file(tmp_path):
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "acme.toml").write_text('versions_url = "http://127.0.0.1:9/versions"\n')
    opened = open_network(settings(tmp_path, network="ocpi", network_name="acme"), SystemClock())
    assert isinstance(opened.adapter, OcpiAdapter)
    assert opened.adapter.name == "acme"
    await opened.adapter.close()


async def test_an_account_is_opened_by_its_file_and_its_secret(tmp_path, monkeypatch):
    monkeypatch.delenv(CREDENTIALS_VARIABLE, raising=False)
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "cp.toml").write_text('stations = { "1:100001" = { "1" = "AG-1F01" } }\n')
    made = settings(tmp_path, network="chargepoint", network_name="cp")
    with pytest.raises(Misconfigured, match="KEY:PASSWORD"):
        open_network(made, SystemClock())
    write_private(secret_path(tmp_path, "cp"), "the-key:pass:word\n")
    opened = open_network(made, SystemClock())
    assert isinstance(opened.adapter, ChargepointAdapter)
    assert opened.adapter.settings.license_key.get_secret_value() == "the-key"
    assert opened.adapter.settings.password.get_secret_value() == "pass:word"
    await opened.adapter.close()


def test_a_missing_file_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(NotFound, match="network add"):
        open_network(settings(tmp_path, network="ocpi"), SystemClock())


def test_a_wrong_field_is_named(tmp_path):
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "ocpi.toml").write_text("version_url = 1\n")
    with pytest.raises(BadInput, match="version_url"):
        open_network(settings(tmp_path, network="ocpi"), SystemClock())


def test_a_secret_comes_from_the_environment_or_a_private_file(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert read_network_secret(tmp_path, "acme", VARIABLE) == ""
    path = secret_path(tmp_path, "acme")
    write_private(path, "from-file\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_network_secret(tmp_path, "acme", VARIABLE) == "from-file"
    monkeypatch.setenv(VARIABLE, "from-environment")
    assert read_network_secret(tmp_path, "acme", VARIABLE) == "from-environment"


def test_a_secret_that_others_may_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    write_private(secret_path(tmp_path, "acme"), "x")
    secret_path(tmp_path, "acme").chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        read_network_secret(tmp_path, "acme", VARIABLE)


def wait_until(fact: Callable[[], bool], what: str, within_s: float = 30.0) -> None:
    until = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < until, what
        time.sleep(0.05)


@pytest.mark.system
def test_the_process_registers_serves_and_registers_again_when_it_is_forgotten(tmp_path):
    site = load_site(Settings().data_dir, "jpl")
    network = Network(site, (), start_at=SystemClock().now())
    cpo, cpo_port = loopback()
    face = OcpiFace(
        network,
        public_url=f"http://127.0.0.1:{cpo_port}",
        token_a="token-a-of-the-cpo",
        advance=lambda: network.advance(SystemClock().now(), 0),
    )
    process = Process(tmp_path, READYBY_NETWORK="ocpi", READYBY_POLL_S="0.3")
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "ocpi.toml").write_text(
        f'versions_url = "http://127.0.0.1:{cpo_port}/versions"\n'
        f'public_url = "http://127.0.0.1:{process.port}/ocpi"\n'
        'pull_every = "PT0.5S"\n'
    )
    write_private(secret_path(tmp_path, "ocpi"), "token-a-of-the-cpo")
    with served(face.app, cpo):
        process.start()
        try:
            wait_until(lambda: len(process.get("/v1/evses").json()) == len(site.evses), "no EVSEs")
            first = face.forget_partner("token-a-of-the-cpo")
            assert first
            wait_until(lambda: face.teller.partner is not None, "not registered again")
            wait_until(lambda: process.get("/v1/health").json()["status"] == "ok", "still in trouble")
        finally:
            process.kill()
    log = process.log.read_text()
    assert "registering with partner" in log
    assert "token-a-of-the-cpo" not in log
    assert first not in log
