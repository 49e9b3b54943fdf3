"""Messages against what others recorded of the service: its types, samples of it, and some of its minutes."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, SubElement, fromstring

import pytest

from readyby.clocks import SetClock
from readyby.exchange.chargepoint import objects
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.stays import Stays
from readyby.exchange.chargepoint.wire import NAMESPACE, SOAP, WSSE, BadDocument, envelope, opened
from readyby.exchange.network_state import NetworkState
from readyby.network.faces.chargepoint_xml import answer
from tests.exchange.chargepoint.conftest import START, STATION, site_of, visit_of
from tests.exchange.chargepoint.types import FOLDER, faults

KEY = ("1:33923", "2")
BODY = f"{{{SOAP}}}Body"


def asked(operation: str, query: objects.Query) -> Element:
    """The operation's element of a request."""
    return fromstring(envelope(operation, query, "key", "password")).find(BODY)[0]


def sample(name: str) -> Element:
    return fromstring(
        (FOLDER / name).read_text().replace("<ns1:shedLoad>", f'<ns1:shedLoad xmlns:ns1="{NAMESPACE}">')
    )


QUERIES = {
    "load of a group": ("getLoad", objects.load_query(group_id=5)),
    "load of a station": ("getLoad", objects.load_query(station_id="1:33923")),
    "status": ("getStationStatus", objects.status_query(["1:33923", "1:33924"])),
    "stations": ("getStations", objects.stations_query(501)),
    "sessions": ("getChargingSessionData", objects.summaries_query(START, START + timedelta(days=1), 101)),
    "limit": ("shedLoad", objects.shed_query(KEY, 3.12, 17)),
    "release": ("clearShedState", objects.clear_query("1:33923")),
}


@pytest.mark.parametrize(("operation", "query"), QUERIES.values(), ids=QUERIES)
def test_what_is_asked_has_the_types_of_the_service(operation, query):
    assert faults(asked(operation, query)) == []


def test_the_types_find_faults():
    shed = asked("shedLoad", objects.shed_query(KEY, 3.12, 17))
    station = shed.find("shedQuery/shedStation")
    SubElement(station, "stationID")
    SubElement(station, "colour")
    shed.find("shedQuery/timeInterval").append(Element("x"))
    told = [fault.rpartition("/")[2] for fault in faults(shed)]
    assert told == [
        "shedStation: stationID is out of order",
        "shedStation: no colour",
        "timeInterval: has children",
    ]


def test_a_request_is_signed_as_the_service_wants_it():
    root = fromstring(envelope("getLoad", {}, "my key", "<&> password"))
    token = root.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security/{{{WSSE}}}UsernameToken")
    password = token.find(f"{{{WSSE}}}Password")
    assert token.findtext(f"{{{WSSE}}}Username") == "my key"
    assert (password.text, password.get("Type").rpartition("#")[2]) == ("<&> password", "PasswordText")
    assert root.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security").get(f"{{{SOAP}}}mustUnderstand") == "1"
    assert root.find(BODY)[0].tag == f"{{{NAMESPACE}}}getLoad"


def test_a_limit_is_asked_for_as_in_the_recorded_request():
    ours = asked("shedLoad", objects.shed_query(("1:123456", "1"), 3.0, 15))
    theirs = sample("shedLoad_request.xml")
    assert [each.tag for each in ours.iter()] == [each.tag for each in theirs.iter()]
    for name in ("stationID", "portNumber"):
        assert ours.findtext(f".//{name}") == theirs.findtext(f".//{name}")
    assert float(ours.findtext(".//allowedLoadPerPort")) == float(theirs.findtext(".//allowedLoadPerPort"))


def test_recorded_loads_are_read():
    free, taken = objects.read_loads(sample("getLoad.xml"))
    assert (free.key, free.user, free.load_kw) == (("1:33923", "1"), None, 0.0)
    assert (taken.key, taken.user, taken.credential, taken.load_kw) == (KEY, "100001", "CARD0001", 3.314)
    assert (taken.is_shed, taken.limit_kw, taken.session_no) == (False, None, None)


def test_recorded_statuses_are_read():
    found = dict(objects.read_statuses(sample("getStationStatus.xml")))
    assert found == {("1:33923", "1"): "AVAILABLE", KEY: "INUSE"}


def test_a_recorded_session_is_read():
    summary = objects.read_summary(sample("getChargingSessionData.xml"))
    assert (summary.number, summary.key, summary.user) == ("53068029", ("1:34003", "2"), "100001")
    assert summary.ended_at - summary.started_at == timedelta(hours=4, minutes=21, seconds=11)
    assert summary.energy_kwh == pytest.approx(12.120572)


@pytest.mark.parametrize(
    ("shed", "allowed", "percent", "limit_kw"),
    [
        ("0", "0.000", "0", None),
        ("1", "0.000", "0", 0.0),
        ("1", "3.120", "0", 3.12),
        ("1", "0.000", "60", None),
    ],
)
def test_an_allowed_load_is_a_limit_only_where_kilowatts_are_shed(shed, allowed, percent, limit_kw):
    port = {"portNumber": "1", "shedState": shed, "allowedLoad": allowed, "percentShed": percent}
    told = answer("getLoad", {"stationData": {"stationID": "1:1", "Port": port}})
    (load,) = objects.read_loads(opened(told, "getLoad"))
    assert (load.is_shed, load.limit_kw) == (shed == "1", limit_kw)


@pytest.mark.parametrize("field", ["sessionID", "stationID", "portNumber", "startTime", "endTime"])
def test_a_session_without_what_it_needs_is_refused_by_field(field):
    record = sample("getChargingSessionData.xml")
    record.remove(record.find(field))
    with pytest.raises(BadDocument, match=field):
        objects.read_summary(record)


async def test_what_the_simulated_service_answers_has_its_types(begin):
    async with begin(visit_of(0, stay_h=0.2), visit_of(1)) as pair:
        await pair.let(timedelta(minutes=20))
        await pair.send("E1", 3.12)
        for operation, query in (
            ("getLoad", objects.load_query(station_id=STATION)),
            ("getStationStatus", objects.status_query([STATION])),
            ("getStations", objects.stations_query(1)),
            ("getChargingSessionData", objects.summaries_query(START, START + timedelta(hours=1), 1)),
            ("shedLoad", objects.shed_query((STATION, "2"), 3.12, 17)),
            ("clearShedState", objects.clear_query(STATION)),
        ):
            told = pair.face._fields(operation, asked(operation, query))
            assert told["responseCode"] == "100", (operation, told)
            assert faults(opened(answer(operation, told), operation)) == []


def test_a_recorded_half_hour_is_understood():
    """Real polls two minutes apart, some of them repeated: one car charges, another comes at the end."""
    polls = [
        json.loads(line) for line in (FOLDER / "getload_sample_5min.jsonl").read_text().splitlines() if line
    ]
    clock, state = SetClock(START), NetworkState(None)
    stations = {"1:727531": {"1": "E0", "2": "E1"}, "1:327981": {"1": "E2", "2": "E3"}}
    stays = Stays(ChargepointSettings(stations=stations), [site_of()], clock.now, state)
    for poll in polls:
        clock.instant = datetime.fromtimestamp(poll["ts"], UTC)
        told = next(value for name, value in poll.items() if name.strip() == "data")
        stays.observe(objects.read_loads(opened(answer("getLoad", told), "getLoad")), {})
    rows = state.news(0, 1_000).rows
    sessions = [
        (body["evse_id"], body["token_uid"], body["status"]) for kind, body in rows if kind == "session"
    ]
    assert set(sessions) == {("E0", "3535351", "ACTIVE"), ("E2", "4302051", "ACTIVE")}
    powers = [power for kind, body in rows if kind == "meter" for power in body["power_kw"]]
    assert powers[:6] == [1.837, 5.961, 5.961, 5.947, 5.947, 5.935]
    lowest_kwh, highest_kwh = 1.837 * 120 / 3600, 5.961 * 1772 / 3600
    assert lowest_kwh < stays.open["E0"].energy_kwh < highest_kwh
    state.close()
