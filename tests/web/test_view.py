"""What the page says in every phase of a session, in both languages, and never about the wrong one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.model import (
    Channel,
    Evse,
    EvseId,
    PlanVersion,
    RequestId,
    RequestKind,
    SessionId,
    SessionRef,
    Site,
    SiteId,
    Step,
)
from readyby.store.api import AcceptedRequest, DriverStatus, PlannedSession, SessionView, Settlement
from readyby.web.texts import translator
from readyby.web.view import DriverView, Phase, describe, phase_of

NOW = datetime(2019, 7, 24, 16, 40, tzinfo=UTC)  # Wed 9:40 AM on site
DEPARTURE = datetime(2019, 7, 25, 0, 30, tzinfo=UTC)
SITE = Site(
    site_id=SiteId("jpl"),
    name="Small site",
    time_zone="America/Los_Angeles",
    limit_kw=20.0,
    tariff_id="sce_tou_ev_4_march_2019",
    evses=(Evse(evse_id=EvseId("E1"), max_kw=6.656, min_kw=1.248, standing_cap_kw=2.5, voltage_v=208.0),),
)
SESSION = SessionView(
    session_id=SessionId("S1"),
    session_ref=SessionRef("ref-0001"),
    site_id=SITE.site_id,
    evse_id=EvseId("E1"),
    active=True,
    started_at=NOW - timedelta(hours=1),
    ended_at=None,
    delivered_kwh=4.2,
    power_kw=3.2,
    measured_at=NOW - timedelta(seconds=40),
    eligible=True,
    request=None,
    setpoint_kw=None,
    following=True,
)
REQUEST = AcceptedRequest(
    request_id=RequestId("r1"),
    sequence=1,
    kind=RequestKind.NEED,
    channel=Channel.PAGE,
    received_at=NOW,
    departure_at=DEPARTURE,
    energy_need_kwh=11.2,
    distance_mi=40.0,
    plan_version=PlanVersion(1),
)
PLANNED = PlannedSession(
    session_id=SESSION.session_id,
    evse_id=SESSION.evse_id,
    controlled=True,
    steps=(Step(NOW - timedelta(hours=1), 0.0), Step(NOW + timedelta(hours=2), 6.656)),
    expires_at=DEPARTURE,
    energy_need_kwh=11.2,
    departure_at=DEPARTURE,
    explanation={"en": "Waits for cheaper power.", "es": "Espera energía más barata."},
)
SETTLED = Settlement(
    session_id=SESSION.session_id,
    energy_kwh=11.2,
    cost_usd=1.0,
    uncontrolled_cost_usd=2.25,
    uncontrolled_energy_kwh=11.2,
    promise="kept",
    shortfall_kwh=0.0,
    settled_at=NOW,
)


def status(session: dict[str, Any] | None = None, **changes: Any) -> DriverStatus:
    known: dict[str, Any] = {
        "session": replace(SESSION, **(session or {})),
        "site": SITE,
        "language": "en",
        "wh_per_mi": 280.0,
        "planned": PLANNED,
        "plan_version": PlanVersion(1),
        "plan_made_at": NOW,
        "plan_dispatched": True,
        "control_paused": False,
        "feed_as_of": NOW,
        "last_request": REQUEST,
        "settled": None,
    }
    return DriverStatus(**{**known, **changes})


def view(found: DriverStatus, language: str = "en") -> DriverView:
    return describe(found, NOW, language, translator(language))


def ask(kind: RequestKind) -> AcceptedRequest:
    return replace(REQUEST, kind=kind, departure_at=None, energy_need_kwh=None, distance_mi=None)


@pytest.mark.parametrize(
    ("found", "phase", "headline"),
    [
        (status(last_request=None, planned=None), Phase.ASKING, "When do you leave?"),
        (status(planned=None), Phase.PLANNING, "Ready by Wed 5:30 PM"),
        (status(last_request=replace(REQUEST, plan_version=None)), Phase.PLANNING, "Ready by Wed 5:30 PM"),
        (status(), Phase.ON_TRACK, "Ready by Wed 5:30 PM"),
        (status(planned=replace(PLANNED, shortfall_kwh=2.5)), Phase.SHORT, "31 of 40 mi by Wed 5:30 PM"),
        (status({"delivered_kwh": 11.2}), Phase.READY, "Ready, with all you asked for"),
        (
            status(last_request=ask(RequestKind.CHARGE_NOW)),
            Phase.FULL_POWER,
            "Charging now, as fast as it can",
        ),
        (status(last_request=ask(RequestKind.RELEASE)), Phase.RELEASED, "Charging as usual"),
        (status(control_paused=True), Phase.PAUSED, "Charging as usual"),
        (status({"active": False, "ended_at": NOW}), Phase.ENDED, "Unplugged Wed 9:40 AM"),
    ],
)
def test_each_phase_has_its_headline(found: DriverStatus, phase: Phase, headline: str) -> None:
    assert phase_of(found) is phase
    assert view(found).headline == headline


@pytest.mark.parametrize(
    ("found", "activity"),
    [
        (status(), "Charging at 3.2 kW"),
        (status(last_request=None, planned=None), "Charging as usual, at 3.2 kW"),
        (status({"power_kw": 0.0}), "Waiting on purpose until 11:40 AM"),
        (status({"power_kw": 0.0}, planned=None), "The car is not drawing power right now"),
        (status({"power_kw": None}, planned=None), "Plugged in"),
        (status({"power_kw": 0.0, "delivered_kwh": 11.2}, planned=None), "Finished"),
        (status({"active": False, "ended_at": NOW}), "15 mi (4.2 kWh) added"),
    ],
)
def test_what_the_car_does_now(found: DriverStatus, activity: str) -> None:
    assert view(found).activity == activity


def test_progress_is_towards_the_need_in_the_drivers_unit() -> None:
    progress = view(status()).progress
    assert progress
    assert progress.text == "15 of 40 mi (11.2 kWh) added"
    assert progress.share == pytest.approx(4.2 / 11.2)
    in_kwh = view(status(last_request=replace(REQUEST, distance_mi=None))).progress
    assert in_kwh
    assert in_kwh.text == "4.2 of 11.2 kWh added"


@pytest.mark.parametrize(
    "found", [status(last_request=None), status(last_request=ask(RequestKind.CHARGE_NOW))]
)
def test_without_a_need_there_is_no_progress(found: DriverStatus) -> None:
    assert view(found).progress is None


def test_the_plans_reason_is_told_in_the_drivers_language() -> None:
    assert view(status()).why == "Waits for cheaper power."
    assert view(status(), "es").why == "Espera energía más barata."


def test_old_readings_are_called_old() -> None:
    fresh, old = view(status()), view(status({"measured_at": NOW - timedelta(minutes=11)}))
    assert (fresh.stale, fresh.updated, fresh.notices) == (False, "updated 40 s ago", ())
    assert (old.stale, old.updated) == (True, "updated 11 min ago")
    assert "may be old" in old.notices[0]
    assert view(status({"measured_at": None}, feed_as_of=None)).updated == "no reading yet"


def test_a_station_that_tells_seldom_is_not_called_silent_between() -> None:
    found = status({"measured_at": NOW - timedelta(minutes=20)}, meter_every=timedelta(minutes=15))
    assert (view(found).stale, view(found).notices) == (False, ())


def test_a_silent_network_is_told_from_a_silent_station() -> None:
    long_ago = NOW - timedelta(minutes=10)
    network = view(status({"measured_at": long_ago}, feed_as_of=long_ago)).notices[0]
    assert network.startswith("No contact with the charging network since 9:30 AM.")
    station = view(status({"measured_at": long_ago}, feed_as_of=NOW)).notices[0]
    assert station.startswith("We have not heard from the station")


def test_a_station_that_does_not_follow_is_told() -> None:
    assert "does not follow" in view(status({"following": False})).notices[0]


def test_the_end_tells_what_was_saved_if_anything_was() -> None:
    ended = {"active": False, "ended_at": NOW}
    goodbye = "The next time you plug in, a new text message brings a new link."
    saved = "$1.25 less for energy than charging at once."
    assert view(status(ended, settled=SETTLED)).why == f"{saved} {goodbye}"
    assert view(status(ended, settled=replace(SETTLED, cost_usd=3.0))).why == goodbye
    assert view(status(ended)).why == goodbye


def test_an_ended_session_is_never_stale() -> None:
    ended = view(status({"active": False, "ended_at": NOW, "measured_at": NOW - timedelta(days=1)}))
    assert (ended.stale, ended.notices, ended.updated) == (False, (), "")


@given(
    st.sampled_from([None, *RequestKind]),
    st.booleans(),
    st.booleans(),
    st.one_of(st.none(), st.floats(0, 7)),
    st.floats(0, 200),
    st.sampled_from(["en", "es"]),
)
def test_every_state_can_be_told(
    kind: RequestKind | None,
    active: bool,
    paused: bool,
    power_kw: float | None,
    delivered: float,
    language: str,
) -> None:
    request = None if kind is None else REQUEST if kind is RequestKind.NEED else ask(kind)
    session = {
        "active": active,
        "ended_at": None if active else NOW,
        "power_kw": power_kw,
        "delivered_kwh": delivered,
    }
    shown = view(status(session, last_request=request, control_paused=paused), language)
    assert shown.headline
    assert shown.activity
    assert "{" not in shown.headline + shown.activity + shown.why
    assert shown.progress is None or 0 <= shown.progress.share <= 1
