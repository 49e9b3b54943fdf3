"""People by the command line: enrolled, listed without numbers, paused, and forgotten to the last byte."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from readyby.cli.app import app

PHONE, OTHER = "+12135550142", "+12135550143"
TOKEN = "CANARY-TOKEN-7781"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("READYBY_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("READYBY_TOML", "/dev/null")
    return tmp_path


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["participants", *words])
    assert result.exit_code == code, result.output
    return result.output


def add(phone: str = PHONE, token: str = TOKEN) -> str:
    return run("add", token, phone, "paper form 17", "--language", "es")


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_person_is_added_and_listed_without_the_number() -> None:
    assert "1 added" in add()
    shown = run("list")
    assert "...0142" in shown
    assert "paper form 17" in shown
    assert PHONE not in shown
    (person,) = json.loads(run("list", "--json"))
    assert person["language"] == "es"
    assert person["paused"] is False


def test_a_wrong_number_is_refused_by_line() -> None:
    assert "phone: cannot be used" in run("add", TOKEN, "12", "form", code=1)


def test_a_person_is_paused_and_resumed() -> None:
    add()
    run("pause", "(213) 555-0142")
    assert json.loads(run("list", "--json"))[0]["paused"] is True
    run("pause", PHONE, "--resume")
    assert json.loads(run("list", "--json"))[0]["paused"] is False
    assert "nobody is enrolled" in run("pause", OTHER, code=1)


@pytest.mark.invariant("I-31")
def test_who_is_erased_leaves_no_byte_behind(state: Path) -> None:
    add()
    add(OTHER, "ANOTHER-TOKEN")
    assert PHONE.encode() in bytes_of(state)
    assert "1 enrollments" in run("erase", PHONE)
    left = bytes_of(state)
    assert PHONE.encode() not in left
    assert TOKEN.encode() not in left
    assert OTHER.encode() in left
    assert "1 participants" in run("list")
    assert "0 enrollments" in run("erase", PHONE)
