"""Three levels of success, bounded answers, total deadlines: what a call may end with."""

import time
from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from readyby.errors import Busy, Permanent, ReadyByError, Unreachable
from readyby.exchange.account_http import CHUNK, retry_after_s
from readyby.exchange.ocpi.http import OcpiHttp, Refused, Unauthorized
from readyby.exchange.ocpi.settings import OcpiSettings

GOOD = {"status_code": 1000, "timestamp": "2019-07-24T15:00:00Z", "data": {"result": "ACCEPTED"}}


def client(*, deadline_s: float = 2.0) -> OcpiHttp:
    return OcpiHttp(OcpiSettings(deadline_s=deadline_s), lambda: "t")


def answered(
    server: HTTPServer, body: object, status: int = 200, headers: dict[str, str] | None = None
) -> str:
    if isinstance(body, bytes):
        server.expect_request("/x").respond_with_data(body, status, headers=headers)
    else:
        server.expect_request("/x").respond_with_json(body, status, headers=headers)
    return server.url_for("/x")


def test_success_has_all_three_levels(httpserver: HTTPServer) -> None:
    assert client().call("GET", answered(httpserver, GOOD)).data == {"result": "ACCEPTED"}


def test_custom_success_codes_count(httpserver: HTTPServer) -> None:
    url = answered(httpserver, {**GOOD, "status_code": 1999})
    assert client().call("GET", url).envelope.is_success


@pytest.mark.parametrize(
    ("body", "status", "kind", "text"),
    [
        ({**GOOD, "status_code": 2001}, 200, Refused, "invalid or missing parameters"),
        ({**GOOD, "status_code": 2004, "status_message": "CANARY"}, 200, Refused, "unknown token"),
        ({**GOOD, "status_code": 3000}, 200, Unreachable, "server error"),
        ({**GOOD, "status_code": 4003}, 200, Unreachable, "hub"),
        ({**GOOD, "status_code": "1000"}, 200, Unreachable, "no integer"),
        ({"data": {}}, 200, Unreachable, "status_code"),
        ([], 200, Unreachable, "no object"),
        (b'{"status_code": 10', 200, Unreachable, "invalid JSON"),
        (b"", 200, Unreachable, "invalid JSON"),
        (b"<html>", 502, Unreachable, "502"),
        (b"", 500, Unreachable, "500"),
        (b"", 429, Busy, "429"),
        ({**GOOD, "status_code": 2000}, 404, Refused, "404"),
        (b"", 401, Unauthorized, "register again"),
        (b"", 403, Unauthorized, "register again"),
        (GOOD, 302, Refused, "302"),
    ],
)
def test_what_is_not_a_success_says_what_it_is(
    httpserver: HTTPServer, body: object, status: int, kind: type[ReadyByError], text: str
) -> None:
    with pytest.raises(kind, match=text) as caught:
        client().call("PUT", answered(httpserver, body, status), body={})
    assert "CANARY" not in str(caught.value)


def test_retry_after_is_handed_on(httpserver: HTTPServer) -> None:
    with pytest.raises(Busy) as caught:
        client().call("GET", answered(httpserver, b"", 503, {"Retry-After": "7"}))
    assert caught.value.retry_after_s == 7.0
    assert retry_after_s("Wed, 21 Oct 2026 07:28:00 GMT") is None
    assert retry_after_s("-1") is None
    assert retry_after_s(None) is None


def flaky(times: int) -> Callable[[Request], Response]:
    seen: list[int] = []

    def handler(request: Request) -> Response:
        seen.append(1)
        return Response("", 502) if len(seen) <= times else Response(b'{"status_code": 1000}', 200)

    return handler


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
def test_what_may_be_repeated_is_repeated_once(httpserver: HTTPServer, verb: str) -> None:
    httpserver.expect_request("/x").respond_with_handler(flaky(1))
    assert client().call(verb, httpserver.url_for("/x")).envelope.is_success


def test_a_registration_is_never_repeated(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_handler(flaky(1))
    with pytest.raises(Unreachable):
        client().call("POST", httpserver.url_for("/x"), body={})


def test_an_answer_that_trickles_is_cut_off(httpserver: HTTPServer) -> None:
    def trickle(_request: Request) -> Response:
        def parts() -> object:
            for _ in range(50):
                time.sleep(0.02)
                yield b" " * (CHUNK + 1)

        return Response(parts(), 200)  # type: ignore[arg-type]

    httpserver.expect_request("/x").respond_with_handler(trickle)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="within"):
        client(deadline_s=0.2).call("GET", httpserver.url_for("/x"))
    assert time.monotonic() - began < 5


def test_an_answer_that_floods_is_cut_off(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OcpiHttp, "max_body_bytes", 1000)
    with pytest.raises(Unreachable, match="more than"):
        client().call("GET", answered(httpserver, b" " * 5000))


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="did not answer"):
        client(deadline_s=0.5).call("GET", "http://127.0.0.1:9/x")


def test_a_refusal_is_permanent() -> None:
    assert issubclass(Refused, Permanent)
