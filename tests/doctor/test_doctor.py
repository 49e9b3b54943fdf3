"""Each check of the doctor: well, and broken with its remedy."""

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from readyby.cli.app import app
from readyby.doctor import Finding, Health, examine, machine, outage, running
from readyby.doctor.checks import CHECKS
from readyby.doctor.findings import look
from readyby.secrets_file import read_secrets, secrets_path
from readyby.settings import Settings
from readyby.sites import load_site
from readyby.tariff_files import tariff_of

NOBODY = "http://127.0.0.1:9"
JULY = datetime(2019, 7, 24, 20, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path) -> Settings:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return Settings(state_dir=folder, min_free_mb=1, exchange_url=NOBODY, prefect_api_url=f"{NOBODY}/api")


def changed(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update=values)


def assert_told(finding: Finding, health: Health, *words: str) -> None:
    assert finding.health is health, finding
    assert bool(finding.remedy) is (health is not Health.OK), finding
    for word in words:
        assert word in f"{finding.detail} {finding.remedy}", finding


# --- the machine --------------------------------------------------------------------------------------


def test_python(settings, monkeypatch):
    assert_told(machine.check_python(settings), Health.OK)
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    assert_told(machine.check_python(settings), Health.FAIL, "install Python 3.11")


def test_packages(settings, monkeypatch):
    assert_told(machine.check_packages(settings), Health.OK)
    true_version = machine.metadata.version
    monkeypatch.setattr(
        machine.metadata, "version", lambda name: "0.155.0" if name == "fastapi" else true_version(name)
    )
    assert_told(machine.check_packages(settings), Health.FAIL, "fastapi is 0.155.0", "<0.151", "make setup")


def test_settings(settings, monkeypatch):
    assert_told(machine.check_settings(settings), Health.OK)
    monkeypatch.setenv("READYBY_SPED", "60")
    assert_told(machine.check_settings(settings), Health.WARN, "READYBY_SPED", "typing error")


def test_state_dir(settings, tmp_path):
    assert_told(machine.check_state_dir(settings), Health.OK)
    assert_told(
        machine.check_state_dir(changed(settings, state_dir=tmp_path / "new")), Health.OK, "will be made"
    )
    settings.state_dir.chmod(0o755)
    assert_told(machine.check_state_dir(settings), Health.WARN, "chmod 700")


def test_secrets(settings):
    assert_told(machine.check_secrets(settings), Health.OK, "will be made")
    read_secrets(settings)
    assert_told(machine.check_secrets(settings), Health.OK, "owner only")
    secrets_path(settings).chmod(0o644)
    assert_told(look("secrets", machine.check_secrets, settings), Health.FAIL, "chmod 600")


@pytest.mark.parametrize(
    ("free_mb", "health"), [(99, Health.FAIL), (399, Health.WARN), (400, Health.OK), (5000, Health.OK)]
)
def test_disk(settings, monkeypatch, free_mb, health):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=free_mb * 2**20))
    words = [f"{free_mb} MB free"] + (["READYBY_MIN_FREE_MB"] if health is Health.FAIL else [])
    assert_told(machine.check_disk(changed(settings, min_free_mb=100)), health, *words)


def test_ports(settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finding = machine.check_ports(changed(settings, monitor_port=port))
    assert_told(finding, Health.WARN, f"MONITOR_PORT {port}", "READYBY_*_PORT")


def test_browser(settings, monkeypatch):
    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/chromium")
    assert_told(machine.check_browser(settings), Health.OK)
    monkeypatch.setattr(machine.shutil, "which", lambda _: None)
    assert_told(machine.check_browser(settings), Health.WARN, "apt install chromium")


def test_messages(settings):
    assert_told(machine.check_messages(settings), Health.OK, "no text reaches a real phone")
    bare = changed(settings, sms="twilio")
    assert_told(machine.check_messages(bare), Health.FAIL, "READYBY_TWILIO_ACCOUNT_SID")
    full = changed(
        bare,
        twilio_account_sid="AC1",
        twilio_auth_token=SecretStr("hush"),
        twilio_messaging_service_sid="MG1",
        public_url="http://chargers.example",
    )
    assert_told(machine.check_messages(full), Health.FAIL, "https")
    assert_told(
        machine.check_messages(changed(full, public_url="https://chargers.example")), Health.OK, "configured"
    )


def test_data(settings):
    assert_told(machine.check_data(settings), Health.OK, "52 EVSEs")
    assert_told(
        look("data", machine.check_data, changed(settings, site_id="atlantis")), Health.FAIL, "known sites"
    )


# --- what runs ----------------------------------------------------------------------------------------


def test_nothing_runs_is_no_failure(settings):
    """Before the first start there is nothing to fail: warnings say how to start each part."""
    for check in ("store", "exchange", "feed", "sending", "prefect", "scheduled_runs", "worker"):
        finding = look(check, CHECKS[check], settings)
        assert finding.health is not Health.FAIL, finding
        if finding.health is Health.WARN:
            assert "start it: readyby" in finding.remedy


@contextmanager
def core_listens(settings: Settings) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(settings.socket_path))
        listener.listen()
        yield


def test_core_without_an_exchange_is_a_failure(settings):
    with core_listens(settings):
        assert_told(running.check_exchange(settings), Health.FAIL, "start it: readyby exchange")


def test_messages_that_wait_for_the_account_are_a_failure(settings, monkeypatch):
    from readyby.store import open_store
    from readyby.store.api import HoldSending

    store = open_store(settings.database_path, pepper=read_secrets(settings).pepper_bytes)
    monkeypatch.setattr(running, "core_answers", lambda _: True)

    @contextmanager
    def of_core(_: Settings) -> Iterator[object]:
        yield SimpleNamespace(ask=store.ask_sync)

    monkeypatch.setattr(running, "open_any_store", of_core)
    assert_told(running.check_sending(settings), Health.OK, "messages leave")
    store.do_sync(HoldSending(code="20003", detail="refused", at=JULY))
    found = running.check_sending(settings)
    assert_told(found, Health.FAIL, "credentials are wrong (20003)", "READYBY_TWILIO_", "2019-07-24 20:00")
    store.close()


def test_a_database_without_core(settings):
    from readyby.store import open_store

    open_store(settings.database_path, pepper=read_secrets(settings).pepper_bytes, min_free_mb=1).close()
    assert_told(running.check_store(settings), Health.WARN, "start it: readyby core")


@pytest.fixture
def exchange(settings, httpserver: HTTPServer) -> Settings:
    return changed(settings, exchange_url=httpserver.url_for("").rstrip("/"))


def test_an_exchange_that_is_well(exchange, httpserver):
    token = read_secrets(exchange).exchange_token
    httpserver.expect_request("/v1/health", headers={"Authorization": f"Bearer {token}"}).respond_with_json(
        {"status": "ok", "network": "native", "as_of": None}
    )
    assert_told(running.check_exchange(exchange), Health.OK, "native")


def test_an_exchange_that_is_not(exchange, httpserver):
    httpserver.expect_request("/v1/health").respond_with_json({"status": "degraded", "detail": "vendor away"})
    assert_told(running.check_exchange(exchange), Health.FAIL, "vendor away", "READYBY_VENDOR_URL")


def test_an_exchange_with_another_token(exchange, httpserver):
    httpserver.expect_request("/v1/health").respond_with_data("", HTTPStatus.UNAUTHORIZED)
    assert_told(running.check_exchange(exchange), Health.FAIL, "READYBY_EXCHANGE_TOKEN")


@pytest.fixture
def prefect(settings, httpserver: HTTPServer) -> Settings:
    httpserver.expect_request("/api/health").respond_with_json(True)
    return changed(settings, prefect_api_url=httpserver.url_for("/api"))


def answer(httpserver: HTTPServer, path: str, body: object, status: int = 200) -> None:
    httpserver.expect_request(f"/api{path}", method="POST").respond_with_json(body, status=status)


def deployments(*names: str, active: bool = True) -> list[dict[str, object]]:
    return [{"id": name, "name": name, "paused": False, "schedules": [{"active": active}]} for name in names]


def test_prefect_without_deployments(prefect, httpserver):
    answer(httpserver, "/deployments/filter", deployments("plan-site"))
    assert_told(running.check_prefect(prefect), Health.FAIL, "welcome-drivers", "readyby deploy")


def test_schedules_without_scheduled_runs_are_a_failure(prefect, httpserver):
    answer(httpserver, "/deployments/filter", deployments("back-up-store"))
    answer(httpserver, "/flow_runs/filter", [])
    assert_told(running.check_scheduled_runs(prefect), Health.FAIL, "make setup")


def test_scheduled_runs_appear(prefect, httpserver):
    answer(httpserver, "/deployments/filter", deployments("back-up-store"))
    answer(httpserver, "/flow_runs/filter", [{"id": "x"}])
    assert_told(running.check_scheduled_runs(prefect), Health.OK)


def test_no_active_schedule(prefect, httpserver):
    answer(httpserver, "/deployments/filter", deployments("plan-site", active=False))
    assert_told(running.check_scheduled_runs(prefect), Health.WARN, "readyby deploy")


@pytest.mark.parametrize(
    ("body", "status", "health", "word"),
    [
        ([{"status": "ONLINE"}], 200, Health.OK, "takes runs"),
        ([{"status": "OFFLINE"}], 200, Health.WARN, "prefect worker start --pool readyby"),
        ([], 200, Health.WARN, "prefect worker start --pool readyby"),
        ({"detail": "none"}, 404, Health.WARN, "readyby deploy"),
    ],
)
def test_worker(prefect, httpserver, body, status, health, word):
    answer(httpserver, "/work_pools/readyby/workers/filter", body, status)
    assert_told(running.check_worker(prefect), health, word)


def test_an_operators_own_prefect_server_needs_no_sqlite(prefect):
    assert_told(running.check_immediate(prefect), Health.OK, "operator's own")


# --- what an outage could cost ------------------------------------------------------------------------


def test_an_outage_costs_what_the_caps_could_add_to_the_peak(settings):
    site = load_site(settings.data_dir, "jpl")
    cost = outage.outage_cost(site, tariff_of(site, settings.data_dir), billing_peak_kw=50.0, at=JULY)
    assert cost.worst_kw == pytest.approx(50 * 1.248 + 2 * 2.496)
    assert cost.above_peak_kw == pytest.approx(17.392)
    per_kw = cost.usd / cost.above_peak_kw
    assert 1 < per_kw < 50
    more = outage.outage_cost(site, tariff_of(site, settings.data_dir), billing_peak_kw=140.0, at=JULY)
    assert more.usd == 0.0


def test_limit_safety_is_told_in_kw_and_dollars(settings):
    assert_told(outage.check_limit_safety(settings), Health.OK, "limit_safety: claimed", "67.4 kW", "$")


@pytest.mark.invariant("I-1")
def test_caps_above_the_limit_are_not_claimed(settings, tmp_path):
    data = tmp_path / "data"
    (data / "sites").mkdir(parents=True)
    (data / "tariffs").symlink_to(settings.data_dir / "tariffs")
    text = (settings.data_dir / "sites" / "jpl.toml").read_text()
    (data / "sites" / "jpl.toml").write_text(text.replace("limit_kw = 150.0", "limit_kw = 60.0"))
    finding = outage.check_limit_safety(changed(settings, data_dir=data))
    assert_told(finding, Health.WARN, "limit_safety: not_claimed", "standing_cap_kw")


# --- the command --------------------------------------------------------------------------------------


def test_what_a_check_trips_over_is_a_finding(settings):
    def trips(_: Settings) -> Finding:
        raise OSError("disk on fire")

    assert_told(look("store", trips, settings), Health.FAIL, "disk on fire")


def test_every_check_reports(settings):
    assert [finding.check for finding in examine(settings)] == list(CHECKS)


def test_the_command_answers_in_json_and_fails_only_for_failures(monkeypatch, tmp_path):
    monkeypatch.setenv("READYBY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("READYBY_MIN_FREE_MB", "1")
    monkeypatch.setenv("READYBY_PREFECT_API_URL", f"{NOBODY}/api")
    told = CliRunner().invoke(app, ["doctor", "--json"])
    found = json.loads(told.output)
    assert told.exit_code == 0, told.output
    assert found["ok"] is True
    assert all(set(check) == {"check", "health", "detail", "remedy"} for check in found["checks"])
    monkeypatch.setenv("READYBY_SMS", "twilio")
    told = CliRunner().invoke(app, ["doctor", "--json"])
    assert told.exit_code == 1
    assert json.loads(told.output)["ok"] is False
    lines = CliRunner().invoke(app, ["doctor"]).output
    assert "remedy: set them from Twilio's console" in lines
