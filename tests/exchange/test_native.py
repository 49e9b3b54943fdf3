"""The native adapter against a vendor in trouble."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
import stamina

from readyby.errors import Busy, Permanent, Transient, Unreachable
from readyby.exchange import native
from readyby.exchange.adapter import Setpoint
from readyby.exchange.native import NativeAdapter
from readyby.model import Step

OUTLETS = {
    "outlets": [
        {
            "outlet": "E0",
            "site": "garage",
            "volts": 208.0,
            "phases": 1,
            "amps_max": 32.0,
            "amps_min": 6.0,
            "amps_default": 6.0,
            "remote": True,
        }
    ]
}
PAGE = {
    "cursor": "1:1",
    "time": "2019-07-24T14:00:00+00:00",
    "restarted": False,
    "more": False,
    "charges": [],
    "samples": {"charge": [], "outlet": [], "time": [], "watts": [], "wh": []},
    "orders": [],
}


@pytest.fixture(autouse=True)
def no_waiting():
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


class Vendor:
    """Answers one thing after another, the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            return httpx.Response(200, content=orjson.dumps(answer))
        return answer

    @property
    def adapter(self) -> NativeAdapter:
        return NativeAdapter("http://vendor", "key", transport=httpx.MockTransport(self))


async def test_trouble_that_passes_is_tried_again():
    vendor = Vendor(httpx.ConnectError("refused"), httpx.Response(503), PAGE)
    assert (await vendor.adapter.pull(None)).cursor == "1:1"
    assert len(vendor.requests) == 3


async def test_trouble_that_stays_is_unreachable():
    with pytest.raises(Unreachable):
        await Vendor(httpx.ReadTimeout("slow")).adapter.pull(None)


async def test_a_refusal_is_not_tried_again():
    vendor = Vendor(httpx.Response(404, content=b"gone"))
    with pytest.raises(Permanent, match="404"):
        await vendor.adapter.pull(None)
    assert len(vendor.requests) == 1


async def test_a_redirect_is_not_followed():
    vendor = Vendor(httpx.Response(302, headers={"Location": "http://elsewhere/changes"}))
    with pytest.raises(Permanent, match="302"):
        await vendor.adapter.pull(None)
    assert {request.url.host for request in vendor.requests} == {"vendor"}


@pytest.mark.parametrize(
    ("told", "waits_s"), [("7", 7.0), (None, 1.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0), ("1e9", 60.0)]
)
async def test_too_many_requests_slow_the_whole_account_down(told, waits_s):
    vendor = Vendor(httpx.Response(429, headers={"Retry-After": told} if told else {}))
    adapter = vendor.adapter
    with pytest.raises(Busy) as caught:
        await adapter.pull(None)
    assert caught.value.retry_after_s == pytest.approx(waits_s, abs=0.5)
    asked = len(vendor.requests)
    with pytest.raises(Busy):
        await adapter.list_evses()
    assert len(vendor.requests) == asked


@pytest.mark.parametrize(
    "body", [b"<html>sign in</html>", b"", b"[]", b'{"cursor": 1', b'{"cursor": "1:1"}', b"null", b"\xff\xfe"]
)
async def test_what_is_no_page_is_unreachable_and_breaks_nothing(body):
    with pytest.raises(Transient):
        await Vendor(httpx.Response(200, content=body)).adapter.pull(None)


@pytest.mark.parametrize("results", [None, "taken", [1], {}])
async def test_what_is_no_answer_to_orders_leaves_their_fate_open(results):
    with pytest.raises(Transient):
        await Vendor(OUTLETS, {"results": results}).adapter.submit([setpoint(3.12)])


@pytest.mark.parametrize("bad", [{"order": "a"}, {"result": "taken"}, {"order": "a", "result": "maybe"}, {}])
async def test_a_word_that_cannot_be_read_does_not_hide_the_others(bad):
    good = {"order": "garage.1.E0.1", "result": "taken"}
    words = await Vendor(OUTLETS, {"results": [bad, good]}).adapter.submit([setpoint(3.12)])
    assert [word.command_id for word in words] == ["garage.1.E0.1"]


async def test_an_endless_answer_is_cut_off(monkeypatch):
    monkeypatch.setattr(native, "MAX_ANSWER_BYTES", 1000)
    with pytest.raises(Unreachable, match="larger"):
        await Vendor(httpx.Response(200, content=b" " * 5000)).adapter.pull(None)


async def test_a_call_ends_at_its_deadline_however_slowly_it_is_answered(monkeypatch):
    monkeypatch.setattr(native, "CALL_DEADLINE_S", 0.05)

    class Trickle(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(30)
            raise AssertionError

    with pytest.raises(Unreachable, match="no answer"):
        await NativeAdapter("http://vendor", "key", transport=Trickle()).pull(None)


def setpoint(limit_kw: float) -> Setpoint:
    at = datetime(2019, 7, 24, 14, tzinfo=UTC)
    return Setpoint(
        command_id="garage.1.E0.1",
        rank=(1, 1),
        evse_id="E0",
        session_id="S0",
        steps=(Step(at, limit_kw),),
        expires_at=at,
    )


@pytest.mark.parametrize(
    ("limit_kw", "amperes"),
    [(0.0, 0.0), (1.248, 6.0), (6.656, 32.0), (3.0, 14.4), (3.12, 15.0), (6.6559, 31.9)],
)
async def test_amperes_are_rounded_down_to_tenths(limit_kw, amperes):
    vendor = Vendor(OUTLETS, {"results": [{"order": "garage.1.E0.1", "result": "taken"}]})
    await vendor.adapter.submit([setpoint(limit_kw)])
    (order,) = orjson.loads(vendor.requests[-1].content)["orders"]
    assert [amps for _, amps in order["amps"]] == [amperes]


async def test_wrong_values_are_passed_on_for_core_to_judge():
    page = {
        **PAGE,
        "charges": [{"charge": "S0"}, "nonsense", {"charge": "S1", "state": "dancing", "wh": "many"}],
        "samples": {
            "charge": ["S0", None],
            "outlet": ["E0", "E0"],
            "time": ["yesterday", 5],
            "watts": ["NaN", -1],
            "wh": [None, True],
        },
    }
    batch = await Vendor(page).adapter.pull(None)
    assert batch.sessions[1] == {"unreadable": "nonsense"}
    assert (batch.sessions[2]["status"], batch.sessions[2]["energy_kwh"]) == ("dancing", "many")
    assert batch.meter["power_kw"] == ["NaN", -0.001]
    assert batch.meter["energy_kwh"] == [None, True]
