"""How a demo begins, and what its parts may and may not see."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from readyby.demo.parts import LEDGER_KEY_VARIABLE, demo_environment, demo_parts
from readyby.demo.start import Wish, begin, follow_demo
from readyby.errors import Misconfigured
from readyby.settings import PROJECT_ROOT, Settings

ZONE = ZoneInfo("America/Los_Angeles")
FOREIGN = {
    "PATH": "/usr/bin",
    "HOME": "/home/somebody",
    "PREFECT_API_URL": "https://prefect.example/api",
    "PREFECT_API_KEY": "theirs",
    "PREFECT_PROFILE": "work",
    "READYBY_SMS": "twilio",
    "READYBY_TWILIO_AUTH_TOKEN": "theirs",
    "READYBY_PREFECT_API_URL": "https://prefect.example/api",
    "READYBY_VENDOR_URL": "https://vendor.example",
    "READYBY_EXCHANGE_URL": "https://exchange.example",
}


@pytest.fixture
def settings() -> Iterator[Settings]:
    """In a folder with a short name: the path of a socket has at most a hundred letters."""
    with TemporaryDirectory(prefix="rb") as folder:
        yield Settings(state_dir=Path(folder) / "state")


def started(wish: Wish, settings: Settings) -> Settings:
    begun = begin(wish, settings)
    begun.folder.close()
    return begun.settings


def test_on_screen_it_begins_at_half_past_six(settings):
    begun = started(Wish(speed=60.0), settings)
    assert begun.domain_start.astimezone(ZONE).time() == time(6, 30)
    assert begun.domain_start.astimezone(ZONE).date().isoformat() == begun.demo_day
    assert begun.state_dir == settings.state_dir


def test_a_measured_run_begins_at_five_in_a_fresh_folder_of_its_own(settings):
    wish = Wish(speed=300.0, until_served=10, as_json=True)
    begun = started(wish, settings)
    assert begun.domain_start.astimezone(ZONE).time() == time(5, 0)
    assert begun.state_dir == settings.state_dir / "until-served"
    (begun.state_dir / "readyby.duckdb").touch()
    again = started(wish, settings)
    assert not (again.state_dir / "readyby.duckdb").exists()


def test_a_measured_run_in_a_named_folder_goes_on_there(settings, tmp_path):
    wish = Wish(speed=300.0, until_served=10, state_dir=tmp_path / "named")
    started(wish, settings)
    (tmp_path / "named" / "readyby.duckdb").touch()
    begun = begin(wish, settings)
    begun.folder.close()
    assert begun.goes_on
    assert (tmp_path / "named" / "readyby.duckdb").exists()


def test_a_second_start_keeps_day_origin_and_ports(settings):
    first = started(Wish(speed=60.0, day="2019-07-23"), settings)
    second = begin(Wish(speed=300.0), settings)
    second.folder.close()
    assert second.goes_on
    assert second.settings.speed == 300.0
    for field in ("demo_day", "demo_seed", "domain_start", "public_url", "prefect_port"):
        assert getattr(second.settings, field) == getattr(first, field)


def test_another_day_on_the_same_folder_names_both_ways_out(settings):
    started(Wish(speed=60.0, day="2019-07-23"), settings)
    with pytest.raises(Misconfigured, match="--fresh, or choose another folder"):
        begin(Wish(speed=60.0, day="2019-07-24"), settings)
    assert started(Wish(speed=60.0, day="2019-07-24", fresh=True), settings).demo_day == "2019-07-24"


def test_a_day_that_is_no_date(settings):
    with pytest.raises(Misconfigured, match="write it as 2019-07-24"):
        begin(Wish(speed=60.0, day="tomorrow"), settings)
    started(Wish(speed=60.0), settings)  # and the folder is free again


def test_nothing_that_an_operator_set_reaches_a_part(settings, monkeypatch):
    for name, value in FOREIGN.items():
        if name.startswith("READYBY_"):
            monkeypatch.setenv(name, value)
    begun = started(Wish(speed=60.0), Settings(state_dir=settings.state_dir))
    environment = demo_environment(begun, FOREIGN)
    assert "example" not in json.dumps(environment)
    assert "theirs" not in json.dumps(environment)
    assert environment["READYBY_SMS"] == "phones"
    assert environment["READYBY_TOML"] == os.devnull
    assert environment["PREFECT_API_URL"] == f"http://127.0.0.1:{begun.prefect_port}/api"
    assert environment["PREFECT_HOME"].startswith(str(begun.state_dir))
    assert environment["PREFECT_PROFILES_PATH"].startswith(str(begun.state_dir))
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"
    assert "PREFECT_PROFILE" not in environment
    assert environment["HOME"] == "/home/somebody"


def test_a_part_reads_the_same_settings_from_its_environment(settings, monkeypatch):
    begun = started(Wish(speed=60.0), settings)
    for name, value in demo_environment(begun, FOREIGN).items():
        if name.startswith("READYBY_"):
            monkeypatch.setenv(name, value)
    assert Settings() == begun


def test_secrets_travel_by_file_only(settings):
    begun = started(Wish(speed=60.0), settings)
    given = begun.model_copy(update={"pepper": SecretStr("hushhush")})
    assert "hushhush" not in json.dumps(demo_environment(given, {}))


def test_only_the_world_gets_the_ledgers_key(settings):
    parts = demo_parts(started(Wish(speed=60.0), settings), "the-key", FOREIGN)
    assert [part.name for part in parts if "the-key" in part.environment.values()] == ["world"]
    assert all("the-key" not in " ".join(part.command) for part in parts)
    assert [part.environment.get(LEDGER_KEY_VARIABLE) for part in parts if part.name == "world"] == [
        "the-key"
    ]


def test_every_part_waits_only_for_parts_there_are(settings):
    parts = demo_parts(started(Wish(speed=60.0), settings), "k", {})
    names = {part.name for part in parts}
    assert {"core", "exchange", "world", "prefect-server", "worker", "driver-app", "monitor-app"} <= names
    assert all(set(part.after) < names for part in parts)
    assert all(part.folder == PROJECT_ROOT for part in parts)


def test_the_doctor_follows_the_demo_of_the_folder(settings):
    begun = started(Wish(speed=60.0), settings)
    assert follow_demo(settings).prefect_api == begun.prefect_api
    assert follow_demo(settings).speed == 60.0
    assert follow_demo(Settings(state_dir=settings.state_dir / "none")).speed is None


def test_instants_are_utc(settings):
    assert started(Wish(speed=60.0), settings).domain_start == datetime(2019, 7, 24, 13, 30, tzinfo=UTC)
