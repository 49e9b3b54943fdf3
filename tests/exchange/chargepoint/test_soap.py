"""What a call may end with: responseCode 100 alone is success, and no answer breaks anything."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from readyby.bench.in_process import in_process_session
from readyby.clocks import SetClock
from readyby.errors import Busy, Misconfigured, ReadyByError, Unreachable
from readyby.exchange.chargepoint import soap as module
from readyby.exchange.chargepoint.adapter import ChargepointAdapter
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.soap import Refused, Soap
from readyby.exchange.chargepoint.wire import MOST_DEEP, NAMESPACE, SOAP, BadDocument, parse
from readyby.network.faces.chargepoint_xml import DONE, answer, fault
from tests.exchange.chargepoint.conftest import KEY, PASSWORD, START, site_of
from tests.exchange.chargepoint.types import FOLDER

CANARY = "canary-of-a-driver"
GOOD = answer("getLoad", dict(DONE))
BOMB = b'<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def client(url: str, *, deadline_s: float = 2.0) -> Soap:
    made = ChargepointSettings(
        url=url, license_key=SecretStr(KEY), password=SecretStr(PASSWORD), deadline_s=deadline_s
    )
    return Soap(made, pause=lambda _s: None)


def coded(code: str) -> bytes:
    return answer("getLoad", {"responseCode": code, "responseText": CANARY})


def test_success_is_responsecode_100(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x", method="POST").respond_with_data(GOOD)
    assert client(httpserver.url_for("/x")).call("getLoad", {}) is not None
    (request, _) = httpserver.log[0]
    assert request.headers["SOAPAction"] == '"urn:provider/interface/chargepointservices/getLoad"'
    assert request.headers["Content-Type"] == "text/xml; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "status", "kind", "text"),
    [
        (coded("101"), 200, Refused, "plan or rights"),
        (coded("126"), 200, Refused, "126"),
        (coded("0"), 200, Refused, "not done"),
        (coded(""), 200, Refused, "no responseCode"),
        (coded(CANARY), 200, Refused, "no responseCode"),
        (coded("100"), 500, Unreachable, "500"),
        (coded("100"), 302, Unreachable, "302"),
        (answer("getStations", dict(DONE)), 200, Unreachable, "none to getLoad"),
        (GOOD.replace(NAMESPACE.encode(), b"urn:other"), 200, Unreachable, "none to getLoad"),
        (GOOD.replace(b"Envelope", b"Envelop"), 200, Unreachable, "no SOAP"),
        (GOOD[: len(GOOD) // 2], 200, Unreachable, "no XML"),
        (b"", 200, Unreachable, "no XML"),
        (b"<html>log in</html>", 200, Unreachable, "no SOAP"),
        (b'{"a": 1}', 200, Unreachable, "no XML"),
        (BOMB, 200, Unreachable, "DOCTYPE"),
        (OUTSIDE, 200, Unreachable, "DOCTYPE"),
        (b"<a>" * 500, 200, Unreachable, "too many"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', 200, Unreachable, "no XML"),
        (b"moved", 301, Refused, "301"),
        (b"", 404, Refused, "404"),
        (b"", 502, Unreachable, "502"),
        (b"", 401, Misconfigured, "refused"),
        (b"", 403, Misconfigured, "refused"),
        (b"", 429, Busy, "429"),
        (fault("FailedAuthentication", CANARY), 500, Misconfigured, ".secret"),
        (fault("InvalidSecurity", CANARY), 500, Misconfigured, ".secret"),
        (fault("Server", CANARY), 500, Unreachable, "Server"),
        (fault("Client", CANARY), 500, Refused, "Client"),
    ],
)
def test_everything_else_is_none(
    httpserver: HTTPServer, body: bytes, status: int, kind: type[ReadyByError], text: str
) -> None:
    httpserver.expect_request("/x").respond_with_data(body, status, headers={"Location": "/elsewhere"})
    with pytest.raises(ReadyByError, match=text) as caught:
        client(httpserver.url_for("/x")).call("getLoad", {})
    assert type(caught.value) is kind
    assert all(word not in str(caught.value) for word in (CANARY, KEY, PASSWORD))
    assert {request.path for request, _ in httpserver.log} == {"/x"}


def test_what_may_be_nothing_is_none(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data(coded("136"))
    assert client(httpserver.url_for("/x")).call("getLoad", {}, nothing={"136"}) is None


def test_what_may_pass_is_tried_twice_and_what_may_not_once(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data(b"", 502)
    httpserver.expect_request("/y").respond_with_data(coded("126"))
    for path, times in (("/x", 2), ("/y", 1)):
        with pytest.raises(ReadyByError):
            client(httpserver.url_for(path)).call("getLoad", {})
        assert sum(request.path == path for request, _ in httpserver.log) == times


def test_who_trickles_is_cut_off(httpserver: HTTPServer) -> None:
    def trickle(_request: Request) -> Response:
        def parts() -> Iterator[bytes]:
            for _ in range(200):
                yield b" " * 70_000

        return Response(parts())

    httpserver.expect_request("/x").respond_with_handler(trickle)
    clock = iter(range(10_000))
    made = ChargepointSettings(url=httpserver.url_for("/x"), deadline_s=15)
    soap = Soap(made, pause=lambda _s: None, monotonic_s=lambda: float(next(clock)))
    with pytest.raises(Unreachable, match="within 15 s"):
        soap.call("getLoad", {})


def test_who_floods_is_cut_off(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.Soap, "max_body_bytes", 100_000)
    httpserver.expect_request("/x").respond_with_data(b"x" * 300_000)
    with pytest.raises(Unreachable, match="more than 100000 bytes"):
        client(httpserver.url_for("/x")).call("getLoad", {})


def test_a_password_travels_over_https_only() -> None:
    with pytest.raises(ValidationError, match="https"):
        ChargepointSettings(url="http://webservices.chargepoint.com/x")
    assert ChargepointSettings(url="http://127.0.0.1:8430").url
    assert PASSWORD not in repr(ChargepointSettings(password=SecretStr(PASSWORD)))


# --- documents --------------------------------------------------------------------------------------------


@contextmanager
def memory_below(most_mb: float) -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most_mb * 2**20
    finally:
        tracemalloc.stop()


def billion_laughs() -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return b'<!DOCTYPE lolz [<!ENTITY l0 "lol">' + entities + b"]><lolz>&l9;</lolz>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (billion_laughs(), "DOCTYPE"),
        (OUTSIDE, "DOCTYPE"),
        (b"<!DOCTYPE a>" + b"<a/>", "DOCTYPE"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "too many"),
        (b"<a>" + b"<b/>" * 400_000 + b"</a>", "too many"),
        (b"<a>\xff\xfe</a>", "no XML"),
        (b"<a>&unknown;</a>", "no XML"),
        (b"\x00" * 1000, "no XML"),
    ],
)
def test_bombs_do_not_go_off(content: bytes, text: str) -> None:
    with memory_below(120), pytest.raises(BadDocument, match=text):
        parse(content)


def test_documents_of_any_encoding_and_depth_within_bounds_are_read() -> None:
    assert parse("<a>ü</a>".encode("utf-16")).text == "ü"
    assert parse('<?xml version="1.0" encoding="iso-8859-1"?><a>ü</a>'.encode("latin-1")).text == "ü"
    assert parse(b"<a>" * MOST_DEEP + b"</a>" * MOST_DEEP).tag == "a"


# --- whatever is answered ---------------------------------------------------------------------------------

SAMPLES = [(FOLDER / name).read_text() for name in ("getLoad.xml", "getStationStatus.xml")]
RECORD = (FOLDER / "getChargingSessionData.xml").read_text()
OPERATIONS = [
    "getLoad",
    "getStationStatus",
    "getStations",
    "getChargingSessionData",
    "shedLoad",
    "clearShedState",
]
NAMES = st.sampled_from(
    [
        *("responseCode", "stationData", "stationID", "Port", "portNumber", "userID", "credentialID"),
        *("sessionID", "shedState", "portLoad", "allowedLoad", "percentShed", "Status", "moreFlag"),
        *("MoreFlag", "ChargingSessionData", "Energy", "startTime", "endTime", "Success", "wild"),
    ]
)
VALUES = st.sampled_from(
    [
        "100",
        "1",
        "0",
        "",
        "-1",
        "1e999",
        "nan",
        "1:100001",
        "2",
        "2019-07-24T14:00:00Z",
        "0001-01-01",
        "AVAILABLE",
    ]
) | st.text("abc<&>\u0000\ud7ff🔌:.-", max_size=8)
TREES = st.recursive(VALUES, lambda inner: st.lists(st.tuples(NAMES, inner), max_size=6), max_leaves=25)


def written(tree: object) -> str:
    if isinstance(tree, str):
        return tree
    return "".join(f"<{name}>{written(each)}</{name}>" for name, each in tree)


def wrapped(operation: str, inner: str) -> bytes:
    body = f'<n:{operation}Response xmlns:n="{NAMESPACE}">{inner}</n:{operation}Response>'
    text = f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'
    return text.encode("utf-8", "surrogatepass")


INNER = (
    TREES.map(written)
    | TREES.map(lambda tree: f"<responseCode>100</responseCode>{written(tree)}")
    | st.sampled_from(
        [RECORD * 3, RECORD.replace("2016", "99999"), RECORD.replace("1:34003", "1:100001")]
    ).map(lambda records: f"<responseCode>100</responseCode>{records}<MoreFlag>1</MoreFlag>")
)
ANSWERS = (
    st.tuples(st.sampled_from(OPERATIONS), INNER).map(lambda each: wrapped(*each))
    | st.binary(max_size=80)
    | st.sampled_from(
        [BOMB, OUTSIDE, GOOD, b"<a>" * 30_000, b"<a/>" * 3, *(each.encode() for each in SAMPLES)]
    )
)


def teller(answers: list[tuple[bytes, int]], asked: list[int]) -> Callable[..., object]:
    """An application that answers whatever comes, one after another."""

    async def app(scope: object, receive: object, send: Callable[..., object]) -> None:
        body, status = answers[len(asked) % len(answers)]
        asked.append(status)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    answers=st.lists(
        st.tuples(ANSWERS, st.sampled_from([200, 200, 200, 200, 500, 429, 301])), min_size=1, max_size=8
    )
)
def test_whatever_is_answered_ends_in_our_words(answers: list[tuple[bytes, int]]) -> None:
    async def fuzz() -> None:
        asked: list[int] = []
        app, loop = teller(answers, asked), asyncio.get_running_loop()
        clock = SetClock(START)
        made = ChargepointSettings(
            url="http://127.0.0.1/x",
            stations={"1:100001": {"1": "E0", "2": "E1"}},
            calls_per_minute=100_000,
            calls_at_once=500,
        )
        adapter = ChargepointAdapter(
            made,
            clock,
            sites=[site_of()],
            soap=lambda made: Soap(
                made, pause=lambda _s: None, new_session=lambda: in_process_session(app, loop)
            ),
        )
        for _ in range(4):
            clock.instant = clock.instant.replace(minute=clock.instant.minute + 5)
            for act in (adapter.list_evses(), adapter.pull(None), adapter.read_active(["E0"])):
                with suppress(ReadyByError):
                    await act
        assert asked
        await adapter.close()

    asyncio.run(fuzz())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=ANSWERS)
def test_whatever_is_asked_of_the_simulated_service_is_answered_in_soap(content: bytes, begin) -> None:
    async def fuzz() -> None:
        async with begin() as pair:
            session = in_process_session(pair.face.app, asyncio.get_running_loop())
            told = await asyncio.to_thread(session.post, "http://127.0.0.1/x", data=content)
            assert told.status_code in (200, 500)
            assert parse(told.content).tag == f"{{{SOAP}}}Envelope"

    asyncio.run(fuzz())
