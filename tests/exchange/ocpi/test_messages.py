"""Every message that we emit holds against schemas of others; the specification's own examples are read."""

import asyncio
import re
from datetime import UTC, datetime

import pytest

from readyby.exchange.ocpi.mirror import patched
from readyby.exchange.ocpi.objects import parse_cdr, parse_evses, parse_session
from readyby.exchange.ocpi.settings import Dialect
from readyby.exchange.ocpi.wire import parse_envelope, presented_tokens
from tests.exchange.ocpi.conftest import Begin, visit_of
from tests.exchange.ocpi.schemas import EXAMPLES, example, faults
from tests.exchange.ocpi.test_relation import setpoint

OURS = {
    ("POST", "/2.2.1/credentials"): "V2_2_1/Common/Credentials/credentialsPostRequest",
    ("PUT", "/2.2.1/credentials"): "V2_2_1/Common/Credentials/credentialsPutRequest",
    ("PUT", "/2.2.1/chargingprofiles/"): "V2_3_0/Receiver/ChargingProfiles/setChargingProfilePutRequest",
}
"""What we send."""
OUR_ANSWERS = {
    "/versions": "Common/Versions/versionGetAvailableResponse",
    "/2.2.1": "V2_2_1/Common/Versions/versionGetDetailResponse",
}
THEIRS = {
    ("PUT", "/2.2.1/sessions/"): "V2_2_1/Receiver/Sessions/sessionPutRequest",
    ("PATCH", "/2.2.1/sessions/"): "V2_2_1/Receiver/Sessions/sessionPatchRequest",
}
"""What the simulated CPO pushes."""
THEIR_ANSWERS = {
    "/2.2.1/sessions": "V2_2_1/Sender/Sessions/sessionGetListingResponse",
    "/2.2.1/locations": "V2_2_1/Sender/Locations/locationGetListingResponse",
}
STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


async def test_a_whole_relation_speaks_by_the_schemas(begin: Begin) -> None:
    async with begin(visits=(visit_of(0), visit_of(1, stay_h=0.05))) as pair:
        await pair.pull()
        await pair.go(minutes=2)
        await pair.adapter.submit([setpoint(pair)])
        await pair.go(minutes=3)
        await pair.adapter.read_active(["E0"])
        await pair.adapter.submit([setpoint(pair, command="c2", release=True)])
        await pair.go(minutes=1)
        await pair.adapter.read_list("cdrs")
        await asyncio.to_thread(pair.adapter.registration.rotate)
        await pair.pull()
    for (method, path), schema in OURS.items():
        sent = pair.to_cpo.of(method, path)
        assert sent, (method, path)
        assert [fault for each in sent for fault in faults(each.sent, schema)] == []
    for (method, path), schema in THEIRS.items():
        pushed = pair.to_us.of(method, path)
        assert pushed, (method, path)
        assert [fault for each in pushed for fault in faults(each.sent, schema)] == []
    for answers, recorder in ((OUR_ANSWERS, pair.to_us), (THEIR_ANSWERS, pair.to_cpo)):
        for path, schema in answers.items():
            given = [each for each in recorder.of("GET", path) if each.path == path]
            assert given, path
            assert [fault for each in given for fault in faults(each.answered, schema)] == []
    results = pair.to_us.of("POST", "/chargingprofiles/results/")
    assert {tuple(each.sent) for each in results} == {("result",), ("result", "profile")}
    common = "V2_3_0/Common/charging_profiles"
    for each in results:
        kind = "active_charging_profile_result" if "profile" in each.sent else "charging_profile_result"
        assert faults(each.sent, common, kind) == []
    (cdr_page,) = pair.to_cpo.of("GET", "/2.2.1/cdrs")
    for each in cdr_page.answered["data"]:
        assert faults(each, "V2_2_1/Common/cdr") == []


async def test_headers_are_those_of_the_specification(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.go(minutes=2)
        await pair.adapter.submit([setpoint(pair)])
    ids = [each.request_headers["x-request-id"] for each in pair.to_cpo.seen]
    assert len(ids) == len(set(ids))
    for each in pair.to_cpo.seen:
        routed = {name for name in each.request_headers if name.startswith("ocpi-")}
        is_functional = "credentials" not in each.path and each.path not in ("/versions", "/2.2.1")
        assert len(routed) == (4 if is_functional else 0), each.path
        assert each.request_headers["x-correlation-id"]
        assert each.request_headers["authorization"].startswith("Token ")
        assert (each.request_headers.get("content-type") == "application/json") is (each.sent is not None)
    for each in pair.to_us.seen:
        assert each.response_headers["x-request-id"] == each.request_headers["x-request-id"]
        assert each.response_headers["x-correlation-id"] == each.request_headers["x-correlation-id"]
        assert each.response_headers["content-type"] == "application/json"
        assert STAMP.match(each.answered["timestamp"])
        assert each.answered["status_code"] == 1000


async def test_a_profile_is_absolute_and_starts_in_the_past_with_whole_decimals(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.go(minutes=2)
        await pair.adapter.submit([setpoint(pair, kw=3.333)])
        now = pair.clock.instant
    (put,) = pair.to_cpo.of("PUT", "/chargingprofiles/")
    profile = put.sent["charging_profile"]
    assert profile["charging_rate_unit"] == "A"
    assert STAMP.match(profile["start_date_time"])
    assert datetime.fromisoformat(profile["start_date_time"]) <= now
    assert profile["charging_profile_period"][0] == {"start_period": 0, "limit": 16.0}
    assert profile["charging_profile_period"][-1]["limit"] == 12.0
    assert put.sent["response_url"].startswith(pair.settings.public_url)
    assert len(put.sent["response_url"]) <= 255


def test_the_schemas_catch_a_planted_fault() -> None:
    schema = "V2_3_0/Receiver/ChargingProfiles/setChargingProfilePutRequest"
    good = {
        "charging_profile": {
            "charging_rate_unit": "A",
            "charging_profile_period": [{"start_period": 0, "limit": 6.0}],
        },
        "response_url": "http://127.0.0.1/x",
    }
    assert faults(good, schema) == []
    assert faults({**good, "charging_profile": {"charging_rate_unit": "kW"}}, schema)
    session = example("session_example_1_simple_start")
    assert faults(session, "V2_2_1/Receiver/Sessions/sessionPutRequest") == []
    assert faults({**session, "kwh": "1"}, "V2_2_1/Receiver/Sessions/sessionPutRequest")


@pytest.mark.parametrize("name", ["session_example_1_simple_start", "session_example_2_short_finished"])
def test_the_specifications_sessions_are_read(name: str) -> None:
    told = example(name)
    session = parse_session(told, Dialect())
    assert session.id == told["id"]
    assert session.token_uid == told["cdr_token"]["uid"]
    assert session.energy_kwh == told["kwh"]
    assert session.status == told["status"]
    assert not session.faults


@pytest.mark.parametrize(
    "name", ["session_patch_example_total_cost", "session_patch_example_charging_period"]
)
def test_the_specifications_patches_are_taken(name: str) -> None:
    whole = {**example("session_example_2_short_finished"), "status": "ACTIVE"}
    whole["last_updated"] = "2015-01-01T00:00:00Z"
    patch = example(name)
    copy = patched(whole, patch).copy
    assert copy["total_cost"] == patch["total_cost"]
    assert len(copy["charging_periods"]) == len(whole["charging_periods"]) + len(
        patch.get("charging_periods", ())
    )


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("location_example*.json")), ids=lambda path: path.stem)
def test_the_specifications_locations_are_read(path: object) -> None:
    told = example(path.stem)  # type: ignore[attr-defined]
    evses, wrong = parse_evses(told)
    assert not wrong
    assert [evse.uid for evse in evses] == [evse["uid"] for evse in told["evses"]]
    assert all(0 < evse.max_kw < 500 for evse in evses)


def test_the_specifications_cdr_is_read() -> None:
    told = example("cdr_example")
    cdr = parse_cdr(told)
    assert cdr.id == told["id"]
    assert cdr.energy_kwh == told["total_energy"]


@pytest.mark.parametrize(
    "name",
    [
        "transport_and_format_version_info_example",
        "transport_and_format_version_details_example",
        "transport_and_format_get_token_example",
        "transport_and_format_get_token_list_example",
    ],
)
def test_the_specifications_envelopes_are_read(name: str) -> None:
    envelope = parse_envelope((EXAMPLES / f"{name}.json").read_bytes())
    assert envelope.is_success
    assert envelope.at == datetime(2015, 6, 30, 21, 59, 59, tzinfo=UTC)


def test_the_specifications_header_holds_a_line_feed() -> None:
    assert "example-token" in presented_tokens("Token ZXhhbXBsZS10b2tlbgo=")
    assert "example-token" in presented_tokens("Token ZXhhbXBsZS10b2tlbg==")
    assert "example-token" in presented_tokens("token  example-token")
    assert presented_tokens("Bearer example-token") == ()
    assert presented_tokens(None) == ()


def test_the_examples_are_all_there_with_their_attribution() -> None:
    assert len(list(EXAMPLES.glob("*.json"))) == 59
    assert (EXAMPLES / "ATTRIBUTION.md").is_file()
