"""Demand response by the command line: added, listed, cancelled; what cannot be promised is said."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from readyby.any_store import open_any_store
from readyby.cli.app import app
from readyby.clocks import wall_now
from readyby.settings import Settings
from readyby.sites import load_site
from readyby.store.api import PutSite

SOON = wall_now().replace(microsecond=0) + timedelta(hours=1)
WINDOW = (SOON.isoformat(), (SOON + timedelta(hours=2)).isoformat())


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    monkeypatch.setenv("READYBY_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("READYBY_TOML", "/dev/null")
    with open_any_store(Settings(), make=True) as store:
        store.do(PutSite(site=load_site(repository / "data", "jpl"), at=wall_now()))


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["event", *words])
    assert result.exit_code == code, result.output
    return result.output


def test_an_event_is_added_listed_and_cancelled() -> None:
    said = run("add", "dr-7", "cap", *WINDOW, "90")
    assert said.startswith("dr-7: cap of 90 kW")
    assert "promised" not in said
    assert run("list").startswith("dr-7: cap 90 kW, ")
    assert run("cancel", "dr-7") == "dr-7: cancelled\n"
    assert run("list") == ""


def test_a_cap_below_the_standing_caps_is_not_promised() -> None:
    assert "standing caps alone are 67.4 kW: this cap cannot be promised" in run(
        "add", "dr-7", "cap", *WINDOW, "60"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("add", "dr-7", "cap", *reversed(WINDOW), "90"),
        ("add", "dr-7", "cap", WINDOW[0][:19], WINDOW[1], "90"),
        ("add", "dr-7", "most", *WINDOW, "90"),
        ("add", "dr-7", "cap", *WINDOW, "--", "-1"),
        ("cancel", "dr-8"),
    ],
)
def test_what_cannot_be_is_refused(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["event", *words])
    assert result.exit_code != 0
    assert run("list") == ""
