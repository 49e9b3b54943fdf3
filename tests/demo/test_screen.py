"""The screen and the plain lines: what people read while the demo lives."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from readyby.demo.part import Part
from readyby.demo.screen import PartLine, Snapshot, draw, draw_start, spark
from readyby.demo.stage import LiveStage, PlainStage
from readyby.demo.supervisor import PartState
from readyby.store.api import Counts, JournalLine

AT = datetime(2019, 7, 24, 15, tzinfo=UTC)
COUNTS = Counts(
    sessions_seen=40,
    sessions_active=33,
    eligible_sessions=31,
    participants=261,
    welcome_sms=30,
    requests=25,
    plans=61,
    commands={"verified": 300, "not_followed": 4},
    meter_values=3000,
    quarantined=3,
    runs_in_run=200,
    runs_bare=1,
    runs_unrecorded=2,
    settled={"kept": 2, "short": 1},
)
NOW = Snapshot(
    domain_at=AT,
    time_zone="America/Los_Angeles",
    speed_asked=300.0,
    speed_reached=281.6,
    site_kw=120.04,
    limit_kw=150.0,
    recent_kw=(0.0, 75.0, 150.0),
    counts=COUNTS,
    journal=[JournalLine(at=AT, kind="plan", text=f"plan {n}") for n in range(61, 1, -1)],
    urls={
        "drivers' phones": "http://127.0.0.1:41513/phones/",
        "driver app": "http://127.0.0.1:8501",
        "monitor": "http://127.0.0.1:8502",
        "Prefect": "http://127.0.0.1:4200",
        "exchange": "http://127.0.0.1:41999/openapi.json",
    },
)
PART = Part(name="core", command=("true",), environment={}, folder=Path())


def rendered(what: object, width: int = 110) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(what)
    return console.export_text()


@pytest.mark.parametrize("width", [80, 110, 200])
def test_the_screen_shows_what_matters(width):
    shown = rendered(draw(NOW, width, 30), width)
    for text in (
        "Wednesday 2019-07-24 08:00 America/Los_Angeles",
        "120.0 of 150 kW",
        "http://127.0.0.1:8502",
        "40 seen, 33 active",
        "30 of 31 eligible",
        "2 to record",
        "2 kept, 1 short",
        "plan 61",
    ):
        assert text in shown, text
    assert all(len(line) <= width for line in shown.splitlines())


def test_the_screen_fits_the_terminal():
    for width, height in ((80, 24), (110, 30), (110, 40)):
        assert len(rendered(draw(NOW, width, height), width).splitlines()) == height


def test_a_narrow_terminal_breaks_no_line():
    assert not [line for line in rendered(draw(NOW, 80, 24), 80).splitlines() if "…" in line]


def test_core_away_is_said_not_hidden():
    away = replace(NOW, domain_at=None, counts=None, site_kw=None, journal=())
    part = PartLine(name="core", state=PartState.RESTARTING, seconds=1.0)
    shown = rendered(draw(away, parts=[part]))
    assert "core does not answer" in shown
    assert "core restarting" in shown


def test_a_pause_is_said():
    assert "control is paused" in rendered(draw(replace(NOW, control_paused=True)))


def test_start_up_shows_each_part():
    parts = [
        PartLine(name="prefect-server", state=PartState.STARTING, seconds=3.25),
        PartLine(name="core", state=PartState.FAILED, seconds=1.0, detail="core: ended with exit code 1"),
    ]
    shown = rendered(draw_start(parts, "/srv/.readyby"))
    assert "prefect-server" in shown
    assert "3.2 s" in shown
    assert "ended with exit code 1" in shown


@given(st.lists(st.floats(0, 400), max_size=100), st.floats(1, 400))
def test_a_spark_has_one_block_a_value_and_is_never_taller_than_its_top(values, top):
    drawn = spark(values, top, width=60)
    assert len(drawn) == min(len(values), 60)
    assert all(block == "█" for block, value in zip(drawn, values[-60:], strict=True) if value >= top)


def test_plain_lines_say_each_state_once_and_looks_now_and_then():
    console = Console(file=io.StringIO(), width=200)
    with PlainStage(console) as stage:
        stage.tell(PART, PartState.WAITING, "")
        stage.tell(PART, PartState.UP, "")
        stage.tell(PART, PartState.RESTARTING, "core: ended with signal SIGKILL")
        stage.show(NOW)
        stage.show(NOW)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0].endswith("core: up")
    assert lines[1].endswith("core: restarting (core: ended with signal SIGKILL)")
    assert all(f"{name} {url}" in lines[2] for name, url in NOW.urls.items())
    local = NOW.domain_at.astimezone(ZoneInfo(NOW.time_zone))
    assert f"{local:%H:%M}: 33 active, 30 welcomed, 25 requests, 61 plans, 120.0 of 150 kW" in lines[3]


def test_a_terminal_gets_start_up_then_the_screen_then_the_end():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, height=40, _environ={})
    with LiveStage(console, "/srv/.readyby") as stage:
        stage.tell(PART, PartState.STARTING, "")
        stage.refresh()
        stage.tell(PART, PartState.UP, "")
        stage.show(NOW)
        stage.show(NOW)
        stage.tell(PART, PartState.STOPPED, "")
        stage.say("stopping")
    shown = file.getvalue()
    assert shown.index("is starting") < shown.index("site load") < shown.index("stopping")
    assert shown.count("\x1b[?1049h") == shown.count("\x1b[?1049l") == 1  # the other screen is left again
