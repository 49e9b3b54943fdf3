"""Every page over a real store: nothing there yet, a day under way, core away."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.monitor import wiring
from dashboards.monitor.frame import look
from dashboards.monitor.site_page import local_day, measured_curve
from readyby.clocks import SetClock
from readyby.errors import Unreachable
from readyby.settings import Settings
from readyby.store import api
from tests.support.store_world import SITE, START, StoreWorld, minute, session_record, site

PAGES = {
    "site": "site_page:show_site",
    "sessions": "sessions_page:show_sessions",
    "commands": "commands_page:show_commands",
    "runs": "runs_page:show_runs",
    "quality": "quality_page:show_quality",
}


class Reader:
    """The store's reading side, as the pages know it."""

    def __init__(self, world: StoreWorld) -> None:
        self.ask, self.table = world.store.ask_sync, world.store.table_sync


class Away:
    def ask(self, query: Any) -> Any:
        raise Unreachable("core did not answer at core.sock within 2 s")

    table = ask


@pytest.fixture
def world(tmp_path) -> Iterator[StoreWorld]:
    world = StoreWorld()
    wiring.use(
        wiring.Desk(
            store=Reader(world),
            clock=SetClock(minute(31), 300.0),
            settings=Settings(site_id=SITE, state_dir=tmp_path),
        )
    )
    yield world
    wiring.use(None)
    world.close()


@pytest.fixture
def day(world: StoreWorld) -> StoreWorld:
    """Two cars with meter values, one with a request and a plan; one bad record."""
    world.furnish()
    world.do(api.PutSite(site=site(tariff_id="sce_tou_ev_4_march_2019"), at=START))
    ref = world.welcome(1)
    meter = [(f"S{car}", f"E{car}", minute(n), 2.0 * car, n / 30.0) for car in (1, 2) for n in range(1, 31)]
    world.ingest([session_record(2)], [*meter, ("S1", "E1", minute(31), -5.0, 1.0)], at=minute(31))
    world.submit(ref, "r1")
    return world


def draw(page: str) -> None:
    import importlib

    from dashboards.monitor.frame import framed

    module, _, name = page.partition(":")
    framed(getattr(importlib.import_module(f"dashboards.monitor.{module}"), name))()


def show(page: str) -> AppTest:
    shown = AppTest.from_function(draw, args=(PAGES[page],), default_timeout=30).run()
    assert not shown.exception, shown.exception
    return shown


def texts(shown: AppTest) -> str:
    return "\n".join(
        element.value for element in [*shown.markdown, *shown.info, *shown.error, *shown.success]
    )


def figures(shown: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in shown.metric}


def test_a_site_unknown_is_no_error(world):
    assert "core has just started" in texts(show("site"))


def test_core_away_is_said(world):
    desk = wiring.current()
    wiring.use(wiring.Desk(store=Away(), clock=desk.clock, settings=desk.settings))
    assert "Core does not answer" in texts(show("site"))


@pytest.mark.parametrize("page", PAGES)
def test_a_quiet_site_draws(world, page):
    world.do(api.PutSite(site=site(tariff_id="sce_tou_ev_4_march_2019"), at=START))
    show(page)


def test_the_head_says_time_feed_and_control(day):
    head = texts(show("runs"))
    assert "Lot" in head
    assert "Monday 2026-01-05 07:31 America/Los_Angeles" in head
    assert "feed 0 s old" in head
    assert ":green-badge[controlled]" in head
    assert "300 times as fast as life" in head


def test_the_site_page_counts(day):
    assert figures(show("site")) == {
        "Load now": "6.0 kW",
        "Highest today": "6.0 kW",
        "Plugged in": "2",
        "Welcomed": "1",
        "Plans": "0",
        "Promises kept": "0",
    }


def test_the_sessions_page_says_who_is_controlled(day):
    [table] = show("sessions").dataframe
    rows = table.value.set_index("EVSE")
    assert rows.loc["E1", "control"] == "planned"
    assert rows.loc["E2", "control"] == "as usual"
    assert rows.loc["E1", "leaves"] == "11:00"
    assert rows.loc["E2", "power"] == 4.0
    assert rows.loc["E1", "state"] == "charging"


def test_a_pause_is_shown_everywhere(day):
    day.do(api.PauseControl(site_id=SITE, paused=True, at=minute(31)))
    shown = show("sessions")
    assert "released: control is paused" in texts(shown)
    assert set(shown.dataframe[0].value["control"]) == {"released"}


def test_messages_that_wait_for_the_account_are_shown_everywhere(day):
    assert "messages wait" not in texts(show("site"))
    day.do(api.HoldSending(code="30034", detail="refused", at=minute(31)))
    assert ":red-badge[messages wait: carrier says 30034]" in texts(show("site"))
    (told,) = show("runs").error
    assert "the sending number is not registered for 10DLC" in told.value
    assert "one is tried at 07:31:30" in told.value


def test_an_old_feed_is_red(day):
    desk = wiring.current()
    clock = SetClock(minute(31) + timedelta(minutes=6), 1.0)
    wiring.use(wiring.Desk(store=desk.store, clock=clock, settings=desk.settings))
    assert ":red-badge[feed is 6 min old]" in texts(show("site"))


def test_the_quality_page_names_what_was_refused(day):
    shown = show("quality")
    assert figures(shown)["In quarantine"] == "1"
    assert "negative" in str(shown.dataframe[0].value)


def draw_ask() -> None:
    from dashboards.monitor.ask_page import show_ask

    show_ask()


def test_a_question_of_ones_own(day):
    shown = AppTest.from_function(draw_ask, default_timeout=30).run()
    assert not shown.exception
    shown.text_area[0].set_value("select evse_id from sessions order by evse_id")
    shown.button[0].click().run()
    assert list(shown.dataframe[0].value["evse_id"]) == ["E1", "E2"]


@pytest.mark.parametrize("question", ["delete from sessions", "select * from person", "select"])
def test_a_question_that_reaches_too_far_is_refused(day, question):
    shown = AppTest.from_function(draw_ask, default_timeout=30).run()
    shown.text_area[0].set_value(question)
    shown.button[0].click().run()
    assert not shown.exception
    assert len(shown.error) == 1
    assert not shown.dataframe


def test_no_personal_data_is_on_any_page(day):
    for page in PAGES:
        shown = show(page)
        seen = texts(shown) + "".join(str(table.value.to_dict()) for table in shown.dataframe)
        assert "+1626" not in seen
        assert "tok-" not in seen


def test_the_load_curve_does_not_fall_while_readings_are_awaited(day):
    day.ingest([], [("S1", "E1", minute(31), 2.0, 1.1)], at=minute(31))
    now = look(wiring.current())
    assert [kw for _, kw in measured_curve(now, local_day(now))] == [6.0] * 7
