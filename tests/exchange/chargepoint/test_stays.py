"""Sessions seen by asking: begins, ends and drivers, through answers that are late or leave things out."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from readyby.clocks import SetClock
from readyby.exchange.chargepoint.objects import PortLoad
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.stays import Stays
from readyby.exchange.network_state import NetworkState
from readyby.network.faces.chargepoint import Quirks
from tests.exchange.chargepoint.conftest import START, site_of, visit_of

KEY = ("1:1", "1")
MINUTE = timedelta(minutes=1)


class Port:
    """One port, shown as a test says."""

    def __init__(self, path: Path | None = None, **more: object) -> None:
        self.clock, self.state = SetClock(START), NetworkState(path)
        settings = ChargepointSettings(stations={"1:1": {"1": "E0"}}, lag=timedelta(minutes=3), **more)
        self.stays = Stays(settings, [site_of()], self.clock.now, self.state)
        self.seq = self.rows = 0

    def shows(
        self,
        user: str | None = None,
        load_kw: float | None = 0.0,
        *,
        status: str = "UNKNOWN",
        credential: str | None = None,
        session_no: str | None = None,
        minutes: float = 1,
    ) -> list[tuple[object, ...]]:
        """What is told of the session after a reading some time later."""
        self.clock.instant += timedelta(minutes=minutes)
        load = PortLoad(
            key=KEY,
            user=user,
            credential=credential,
            session_no=session_no,
            load_kw=load_kw,
            is_shed=False,
            limit_kw=None,
        )
        self.stays.observe([load], {KEY: status})
        news = self.state.news(self.seq, 100)
        self.seq = news.last_seq
        self.rows += sum(len(body["power_kw"]) for kind, body in news.rows if kind == "meter")
        return [(body["token_uid"], body["status"]) for kind, body in news.rows if kind == "session"]

    @property
    def remarks(self) -> list[str]:
        return [remark.kind for remark in self.stays.remarks]


def test_a_session_begins_when_somebody_is_seen_and_ends_when_nobody_is():
    port = Port()
    assert port.shows() == []
    assert port.shows("U1", 3.0) == [("U1", "ACTIVE")]
    assert port.shows("U1", 3.0) == []
    assert port.shows() == [("U1", "COMPLETED")]


def test_another_driver_is_another_session():
    port = Port()
    port.shows("U1", 3.0)
    assert port.shows("U2", 3.0) == [("U1", "COMPLETED"), ("U2", "ACTIVE")]


def test_another_card_of_the_same_driver_is_the_same_session():
    port = Port(token="credentialID")
    port.shows("U1", 3.0, credential="C1")
    assert port.shows("U1", 3.0, credential="C2") == [("C2", "ACTIVE")]


def test_another_number_is_another_session_of_the_same_driver():
    port = Port()
    port.shows("U1", 3.0, session_no="77")
    assert port.stays.open["E0"].session_id == "77"
    assert port.shows("U1", 3.0, session_no="78") == [("U1", "COMPLETED"), ("U1", "ACTIVE")]
    assert port.shows() == [("U1", "COMPLETED")]
    assert port.shows("U1", 3.0, session_no="78", minutes=60) == []


def test_who_has_just_left_is_not_back_by_an_old_answer():
    port = Port()
    port.shows("U1", 3.0)
    port.shows()
    assert port.shows("U1", 3.0) == []
    assert port.shows("U1", 3.0, minutes=3) == [("U1", "ACTIVE")]


def test_a_driver_who_is_not_named_any_more_stays_who_he_is():
    port = Port()
    port.shows("U1", 3.0)
    assert port.shows(None, 3.0) == []
    assert port.remarks == ["token_changed"]
    assert port.stays.open["E0"].record["token_uid"] == "U1"


def test_a_car_without_a_name_is_a_session_without_a_token():
    port = Port()
    assert port.shows(None, 3.0) == [(None, "ACTIVE")]
    assert port.shows("U1", 3.0) == [("U1", "ACTIVE")]


def test_a_port_that_is_only_said_to_be_in_use_may_name_its_driver_yet():
    port = Port()
    assert port.shows(status="INUSE") == []
    assert port.shows("U1", 3.0, status="INUSE") == [("U1", "ACTIVE")]
    nameless = Port()
    assert nameless.shows(status="INUSE") == []
    assert nameless.shows(status="INUSE", minutes=3) == [(None, "ACTIVE")]


def test_a_car_that_is_full_is_still_there():
    port = Port()
    port.shows("U1", 3.0)
    assert port.shows("U1", 0.0, status="INUSE") == []
    assert port.shows(None, 0.0, status="INUSE") == []
    assert "E0" in port.stays.open


def test_a_station_out_of_reach_tells_nothing():
    port = Port()
    port.shows("U1", 3.0)
    assert port.shows(None, 0.0, status="UNREACHABLE") == []
    assert port.rows == 1
    assert "E0" in port.stays.open


def test_a_free_port_that_names_its_driver_has_forgotten_the_end():
    port = Port()
    port.shows("U1", 3.0)
    assert port.shows("U1", 0.0, status="AVAILABLE") == []
    assert port.shows("U1", 0.0, status="AVAILABLE") == []
    assert port.shows("U1", 0.0, status="AVAILABLE", minutes=2) == [("U1", "COMPLETED")]
    assert port.remarks == ["unended_session"]
    assert port.shows("U1", 0.0, status="AVAILABLE", minutes=30) == []


def test_energy_is_the_lower_power_of_two_readings_and_never_falls():
    port = Port()
    port.shows("U1", 6.0)
    port.shows("U1", 6.0, minutes=10)
    port.shows("U1", 3.0, minutes=10)
    port.shows("U1", None, minutes=10)
    port.shows("U1", 0.0, minutes=10)
    assert port.stays.open["E0"].energy_kwh == pytest.approx(1.0 + 0.5)


def test_the_same_reading_twice_is_one():
    port = Port()
    port.shows("U1", 6.0)
    port.shows("U1", 6.0, minutes=0)
    assert port.rows == 1


def test_what_is_under_way_survives_a_restart(tmp_path):
    port = Port(tmp_path / "x.sqlite")
    port.shows("U1", 6.0)
    port.shows("U1", 6.0, minutes=10)
    name = port.stays.open["E0"].session_id
    port.state.close()
    again = Port(tmp_path / "x.sqlite")
    again.clock.instant = port.clock.instant
    stay = again.stays.open["E0"]
    assert (stay.session_id, stay.energy_kwh) == (name, pytest.approx(1.0))
    again.stays.retell()
    again.stays.retell()
    told = [body["session_id"] for kind, body in again.state.news(0, 100).rows if kind == "session"]
    assert told == [name]


# --- with their summaries ---------------------------------------------------------------------------------


async def test_a_summary_puts_end_and_energy_right(begin):
    async with begin(visit_of(0, stay_h=1)) as pair:
        await pair.let(timedelta(minutes=70))
        last = pair.sessions[-1]
        assert (last["status"], last["live"]) == ("COMPLETED", True)
        assert datetime.fromisoformat(last["ended_at"]) == START + timedelta(hours=1)
        truth = pair.network.ledger_json()["sessions"][0]["energy_kwh"]
        assert last["energy_kwh"] == pytest.approx(truth, abs=0.01)
        told = len(pair.sessions)
        await pair.let(timedelta(minutes=30))
        assert len(pair.sessions) == told


async def test_session_numbers_name_sessions_where_they_are_told(begin):
    async with begin(visit_of(0, stay_h=1), quirks=Quirks(session_numbers=True)) as pair:
        await pair.let(timedelta(minutes=70))
        assert {each["session_id"] for each in pair.sessions} == {"53000001"}
        assert pair.sessions[-1]["status"] == "COMPLETED"


async def test_who_comes_back_at_once_is_told_apart_by_the_summary(begin):
    async with begin(
        visit_of(0, stay_h=0.5), visit_of(1, at_min=30.4, stay_h=3, token="T0", evse_id="E0")
    ) as pair:
        await pair.let(timedelta(minutes=45))
        ended = [each["session_id"] for each in pair.sessions if each["status"] == "COMPLETED"]
        assert len(set(ended)) == 1
        assert pair.adapter.stays.open["E0"].session_id not in ended


async def test_a_session_that_nobody_saw_is_history(begin):
    async with begin(visit_of(0, stay_h=0.4), visit_of(1)) as pair:
        pair.clock.instant += timedelta(hours=1)
        await pair.pull()
        (old,) = [each for each in pair.sessions if each["evse_id"] == "E0"]
        assert (old["live"], old["status"], old["session_id"]) == (False, "COMPLETED", "53000001")
        assert [each["live"] for each in pair.sessions if each["evse_id"] == "E1"] == [True]


async def test_pages_of_summaries_are_all_read(begin):
    stays = [visit_of(n, at_min=7.0 * n, stay_h=0.1, evse_id="E0") for n in range(6)]
    async with begin(*stays, quirks=Quirks(page=2)) as pair:
        pair.clock.instant += timedelta(hours=2)
        await pair.pull()
        assert len({each["session_id"] for each in pair.sessions}) == 6
        assert pair.remarks == []


async def test_an_energy_that_cannot_be_is_left_out(begin):
    async with begin(visit_of(0, stay_h=1)) as pair:
        await pair.let(timedelta(minutes=30))
        pair.face._told.ended["S0"] = {**pair.face._told.here["E0"], "wh": 910_000, "state": "finished"}
        pair.face._told.ended["S0"]["end"] = (START + timedelta(hours=1)).isoformat()
        await pair.let(timedelta(minutes=40))
        assert "implausible_energy" in pair.remarks
        assert pair.sessions[-1]["energy_kwh"] == pytest.approx(1.2, abs=0.1)
