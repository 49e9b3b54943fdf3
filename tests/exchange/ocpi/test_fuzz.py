"""Whatever comes through an inbound door, the answer is an envelope, and never a 5xx."""

import asyncio
import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from readyby.clocks import SetClock
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.exchange.ocpi.wire import encoded_token
from tests.exchange.ocpi.conftest import START, site_of
from tests.exchange.ocpi.schemas import example

TOKEN = "token-b-of-the-fuzz"
EXAMPLES = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

PATHS = [
    "/versions",
    "/2.2.1",
    "/2.2.1/credentials",
    "/2.2.1/sessions/NL/STK/101",
    "/2.2.1/sessions/NL/STK/new",
    "/2.2.1/sessions/XX/YYY/101",
    "/2.2.1/sessions/101/charging_preferences",
    "/2.2.1/locations/NL/STK/LOC1",
    "/2.2.1/locations/NL/STK/LOC1/3256",
    "/2.2.1/locations/NL/STK/LOC1/3256/1",
    "/2.2.1/locations/NL/STK/LOC1/new/1",
    "/2.2.1/tariffs/NL/STK/16",
    "/2.2.1/tokens/NL/STK/012345678",
    "/2.2.1/cdrs",
    "/2.2.1/cdrs/NL/STK/12345",
    "/2.2.1/chargingprofiles/101",
    "/2.2.1/chargingprofiles/results/0123456789abcdef0123456789abcdef",
    "/nowhere",
]

OWN = {"country_code": "NL", "party_id": "STK"}
SESSION = {**example("session_example_2_short_finished"), **OWN, "id": "101", "status": "ACTIVE"}
LOCATION = {**example("location_example"), **OWN}
ACTIVE = {
    "start_date_time": "2019-07-24T15:00:00Z",
    "charging_profile": {
        "charging_rate_unit": "A",
        "charging_profile_period": [{"start_period": 0, "limit": 6.0}],
    },
}
TEMPLATES: list[dict[str, Any]] = [
    SESSION,
    LOCATION,
    LOCATION["evses"][0],
    {**LOCATION["evses"][0]["connectors"][0], "last_updated": "2019-01-01T00:00:00Z"},
    {**example("cdr_example"), **OWN, "session_id": "101"},
    {**example("tariff_put_example"), **OWN},
    example("credentials_example2"),
    {"result": "ACCEPTED"},
    {"result": "ACCEPTED", "profile": ACTIVE},
    ACTIVE,
    {"profile_type": "CHEAP", "departure_time": "2019-07-24T23:00:00Z", "energy_need": 12.5},
]

EDGES = st.sampled_from(
    [
        None,
        True,
        "",
        " ",
        "x" * 300,
        "\x00",
        "ä💥",
        "NaN",
        0,
        -1,
        -0.0,
        1e308,
        -1e308,
        2**63 - 1,
        -(2**63),
        [],
        [[]],
        {},
        {"a": {}},
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59Z",
        "2019-13-45T99:99:99Z",
        "2019-07-24T15:00:00",
        "2019-07-24T15:00:00+00:00",
        "2019-W30-3",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A message with one or two of its fields, at any depth, replaced, removed or added."""
    value = orjson.loads(orjson.dumps(draw(st.sampled_from(TEMPLATES))))
    for _ in range(draw(st.integers(1, 2))):
        at, inside = value, True
        while inside:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            child = at[key]
            inside = isinstance(child, dict | list) and bool(child) and draw(st.booleans())
            if inside:
                at = child
                continue
            if isinstance(at, dict) and draw(st.integers(0, 4)) == 0:
                del at[key]
            else:
                at[key] = deepcopy(draw(EDGES | JSON))
    return value


@pytest.fixture(scope="module")
def adapter() -> Iterator[OcpiAdapter]:
    """Our side with a relation that was made by hand, on which nobody answers."""
    partner = OcpiSettings(
        public_url="http://127.0.0.1:9/ocpi", host_tokens=True, deadline_s=0.3, token_a=SecretStr("")
    )
    made = OcpiAdapter(partner, SetClock(START), sites=(site_of(),))
    register(made)
    yield made
    asyncio.run(made.close())


def register(adapter: OcpiAdapter) -> None:
    adapter.credentials.change(
        token_a="token-a",
        token_b=TOKEN,
        token_c="token-c",
        endpoints={"sessions/SENDER": "http://127.0.0.1:9/sessions"},
        parties=(("CPO", "NL", "STK"),),
    )


def call(adapter: OcpiAdapter, method: str, path: str, content: bytes, token: str = TOKEN) -> httpx.Response:
    register(adapter)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(adapter.receiver, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://us") as http:
            headers = {"Authorization": encoded_token(token, "base64"), "X-Request-ID": "1"}
            return await http.request(method, path, content=content, headers=headers)

    return asyncio.run(asked())


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500
    told = answer.json()
    assert isinstance(told["status_code"], int)
    assert told["timestamp"].endswith("Z")


@EXAMPLES
@given(path=st.sampled_from(PATHS), method=st.sampled_from(["PUT", "PATCH", "POST"]), value=spoilt())
def test_spoilt_messages(adapter: OcpiAdapter, path: str, method: str, value: Any) -> None:
    check(call(adapter, method, path, orjson.dumps(value)))


@EXAMPLES
@given(path=st.sampled_from(PATHS), method=st.sampled_from(["PUT", "PATCH", "POST"]), value=JSON)
def test_any_json(adapter: OcpiAdapter, path: str, method: str, value: Any) -> None:
    check(call(adapter, method, path, orjson.dumps(value)))


@EXAMPLES
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["PUT", "PATCH", "POST"]),
    content=st.binary(max_size=60),
)
def test_any_bytes(adapter: OcpiAdapter, path: str, method: str, content: bytes) -> None:
    answer = call(adapter, method, path, content)
    check(answer)


@EXAMPLES
@given(
    segments=st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=5),
    method=st.sampled_from(["GET", "PUT", "DELETE"]),
)
def test_any_path(adapter: OcpiAdapter, segments: list[str], method: str) -> None:
    from urllib.parse import quote

    for module in ("sessions", "locations", "tariffs", "chargingprofiles", "cdrs"):
        path = "/".join(quote(each, safe="") for each in segments)
        check(call(adapter, method, f"/2.2.1/{module}/{path}", b"{}"))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", ["", "wrong", "token-c"])
def test_no_door_opens_to_a_stranger(adapter: OcpiAdapter, path: str, token: str) -> None:
    for method in ("GET", "PUT", "POST"):
        answer = call(adapter, method, path, b"{}", token)
        assert answer.status_code in ({401, 405} if path != "/nowhere" else {404})
        check(answer)


def test_token_a_opens_only_the_handshake(adapter: OcpiAdapter) -> None:
    assert call(adapter, "GET", "/versions", b"", "token-a").status_code == 200
    assert call(adapter, "GET", "/2.2.1", b"", "token-a").status_code == 200
    assert call(adapter, "GET", "/2.2.1/sessions/NL/STK/101", b"", "token-a").status_code == 401


def test_too_much_is_refused_unread(adapter: OcpiAdapter) -> None:
    answer = call(adapter, "PUT", "/2.2.1/sessions/NL/STK/101", b"[" * 3_000_000)
    assert answer.status_code == 413
    check(answer)


def test_deep_nesting_is_no_json(adapter: OcpiAdapter) -> None:
    answer = call(adapter, "PUT", "/2.2.1/sessions/NL/STK/101", b"[" * 100_000)
    assert answer.status_code == 400


def test_rejects_are_kept_and_name_no_driver(adapter: OcpiAdapter, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        bad = {**SESSION, "cdr_token": {"uid": "CANARY-7"}, "kwh": "CANARY-7"}
        answer = call(adapter, "PUT", "/2.2.1/sessions/NL/STK/101", orjson.dumps(bad))
    assert answer.json()["status_code"] == 2001
    assert "CANARY-7" not in answer.text + caplog.text
    assert ("sessions", "kwh: missing, or no finite number") in adapter.rejects
    (noticed,) = [each for each in adapter._drained() if each.kind == "unreadable_session"]
    assert (noticed.action, noticed.detail) == ("quarantined", "sessions: kwh: missing, or no finite number")
