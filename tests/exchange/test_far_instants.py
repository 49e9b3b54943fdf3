"""Instants at the ends of the calendar cost the record that names them, and nothing else (I-25)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from readyby.clocks import SetClock
from readyby.contract import SessionRecord
from readyby.exchange.adapter import Batch, EvseFacts
from readyby.exchange.ocpp.settings import OcppSettings, Station
from readyby.exchange.ocpp.transactions import Transactions
from readyby.exchange.quality import Inspector
from tests.exchange.test_adapters import garage

NOW = datetime(2019, 7, 24, 15, tzinfo=UTC)
FAR = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59+00:00")


def record(**changes: Any) -> dict[str, object]:
    told: dict[str, object] = {
        "session_id": "S0",
        "site_id": "garage",
        "evse_id": "E0",
        "status": "ACTIVE",
        "started_at": NOW.isoformat(),
        "energy_kwh": 0.0,
        "last_updated": NOW.isoformat(),
    }
    return told | changes


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("field", ["started_at", "ended_at", "last_updated"])
def test_a_session_record_refuses_them_by_name(far: str, field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        SessionRecord.model_validate(record(**{field: far}))


@pytest.mark.invariant("I-25")
@pytest.mark.parametrize("far", FAR)
def test_the_exchange_goes_on(far: str) -> None:
    facts = EvseFacts(evse_id="E0", site_id="garage", max_kw=6.6, min_kw=1.2, standing_cap_kw=1.2)
    meter = {
        "session_id": ["S0", "S0"],
        "evse_id": ["E0", "E0"],
        "measured_at": [far, NOW.isoformat()],
        "power_kw": [1.0, 1.0],
        "energy_kwh": [0.0, 0.0],
    }
    inspector = Inspector()
    inspector.inspect(Batch(cursor="a", as_of=NOW), {"E0": facts}, NOW, NOW)
    batch = Batch(cursor="b", as_of=NOW, sessions=(record(), record(last_updated=far)), meter=meter)
    seen = inspector.inspect(batch, {"E0": facts}, NOW, NOW)
    assert [reading.measured_at for reading in seen.readings] == [NOW]
    assert len(seen.records) == 1
    assert {remark.kind for remark in seen.remarks} >= {"unreadable_session"}


@pytest.mark.parametrize("far", FAR)
def test_a_station_without_a_calendar_has_ours(far: str) -> None:
    stations = {"CP1": Station(connectors={"1": "E0"})}
    desk = Transactions(OcppSettings(stations=stations), [garage()], SetClock(NOW).now, None)
    told = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": far}
    number = desk.start(desk.places["CP1", 1], told)
    desk.measure(desk.places["CP1", 1], number, [{"timestamp": far, "sampledValue": [{"value": "5"}]}])
    desk.stop("CP1", {"transactionId": number, "meterStop": 10, "timestamp": far})
    sessions = [body for kind, body in desk.news(0, 100).rows if kind == "session"]
    assert {datetime.fromisoformat(str(each["started_at"])) for each in sessions} == {NOW}
    assert json.dumps(sessions)
    assert NOW + timedelta(0) == datetime.fromisoformat(str(sessions[-1]["ended_at"]))
