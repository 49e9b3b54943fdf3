"""Every carrier keeps the same contract: an id, or an error that says whether the message may have left."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import responses
from urllib3.exceptions import NewConnectionError

from readyby.errors import Busy, Misconfigured, ReadyByError, Transient, UnknownOutcome
from readyby.settings import Settings
from readyby.sms import Messenger, messenger
from readyby.sms.api import Halted, Refused
from readyby.sms.memory import MemoryMessenger
from readyby.sms.phones import LocalPhones
from readyby.sms.twilio import TwilioMessenger

PHONE, BODY = "+12135550101", "ReadyBy: your charging page: http://127.0.0.1/c/secret"
MESSAGES_URL = "https://api.twilio.com/2010-04-01/Accounts/ACtest/Messages.json"


@dataclass
class Carrier:
    """A messenger whose far side does what a test says; `sent` is what reached it."""

    messenger: Messenger
    sent: Callable[[], list[tuple[str, str]]]
    fail: Callable[[str], None]


def memory_carrier() -> Carrier:
    twin = MemoryMessenger()
    ways: dict[str, ReadyByError] = {
        "away": Transient("away"),
        "busy": Busy("busy"),
        "lost": UnknownOutcome("lost"),
        "broken": UnknownOutcome("broken"),
        "refused": Refused("refused"),
        "halted": Halted("halted", code="20003"),
    }
    return Carrier(twin, lambda: twin.sent, lambda way: twin.failures.append(ways[way]))


def phones_carrier() -> Carrier:
    sent: list[tuple[str, str]] = []
    way = [""]

    def phones(request: httpx.Request) -> httpx.Response:
        if way[0] == "away":
            raise httpx.ConnectError("refused", request=request)
        if way[0] == "lost":
            raise httpx.ReadTimeout("slow", request=request)
        if way[0]:
            return httpx.Response({"busy": 503, "broken": 500, "refused": 400}[way[0]])
        document = json.loads(request.content)
        sent.append((document["to"], document["body"]))
        return httpx.Response(201, json={"message_id": f"SM{len(sent)}"})

    messenger = LocalPhones("http://phones/phones", transport=httpx.MockTransport(phones))
    return Carrier(messenger, lambda: sent, lambda name: way.__setitem__(0, name))


def twilio_carrier(mock: responses.RequestsMock) -> Carrier:
    sent: list[tuple[str, str]] = []

    def take(request: Any) -> tuple[int, dict[str, str], str]:
        fields = dict(pair.split("=", 1) for pair in request.body.split("&"))
        sent.append((requests.utils.unquote(fields["To"]), fields["Body"]))
        return 201, {}, json.dumps({"sid": f"SM{len(sent)}", "status": "queued"})

    def fail(way: str) -> None:
        mock.reset()
        refused = requests.exceptions.ConnectionError(
            type("MaxRetry", (Exception,), {"reason": NewConnectionError(None, "refused")})()  # type: ignore[arg-type]
        )
        error = {"code": 21211, "message": f"The 'To' number {PHONE} is not valid", "status": 400}
        answers: dict[str, dict[str, Any]] = {
            "away": {"body": refused},
            "lost": {"body": requests.exceptions.ReadTimeout("slow")},
            "busy": {"status": 429, "json": {"code": 20429, "message": "Too many", "status": 429}},
            "broken": {"status": 503, "json": {"code": 20503, "message": "no", "status": 503}},
            "refused": {"status": 400, "json": error},
            "halted": {"status": 401, "json": {"code": 20003, "message": "Authenticate", "status": 401}},
        }
        mock.add(responses.POST, MESSAGES_URL, **answers[way])

    mock.add_callback(responses.POST, MESSAGES_URL, callback=take)
    return Carrier(TwilioMessenger("ACtest", "token", "MGtest"), lambda: sent, fail)


@pytest.fixture(params=["memory", "phones", "twilio"])
async def carrier(request: pytest.FixtureRequest) -> AsyncIterator[Carrier]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made = {"memory": memory_carrier, "phones": phones_carrier}
        found = made[request.param]() if request.param in made else twilio_carrier(mock)
        yield found
        await found.messenger.aclose()


async def test_a_message_arrives_once_and_has_an_id(carrier: Carrier) -> None:
    first = await carrier.messenger.send(PHONE, BODY)
    second = await carrier.messenger.send(PHONE, BODY)
    assert first
    assert first != second
    assert [phone for phone, _ in carrier.sent()] == [PHONE, PHONE]


@pytest.mark.parametrize(
    ("way", "error"),
    [
        ("away", Transient),
        ("busy", Transient),
        ("lost", UnknownOutcome),
        ("broken", UnknownOutcome),
        ("refused", Refused),
    ],
)
async def test_an_error_says_whether_it_may_have_left(
    carrier: Carrier, way: str, error: type[ReadyByError]
) -> None:
    carrier.fail(way)
    with pytest.raises(error) as caught:
        await carrier.messenger.send(PHONE, BODY)
    shown = f"{caught.value}{caught.value.__cause__ or ''}"
    assert PHONE not in shown
    assert "secret" not in shown
    assert carrier.sent() == []


@responses.activate
async def test_twilio_is_asked_for_the_messaging_service_and_a_short_life() -> None:
    responses.post(MESSAGES_URL, json={"sid": "SM1"}, status=201)
    await TwilioMessenger("ACtest", "token", "MGtest").send(PHONE, "hello")
    body = str(responses.calls[0].request.body)
    assert "MessagingServiceSid=MGtest" in body
    assert "ValidityPeriod=900" in body


@responses.activate
async def test_twilio_is_called_once_whatever_it_says() -> None:
    responses.post(MESSAGES_URL, json={"code": 20500, "message": "no", "status": 500}, status=500)
    with pytest.raises(UnknownOutcome):
        await TwilioMessenger("ACtest", "token", "MGtest").send(PHONE, "hello")
    assert len(responses.calls) == 1


@responses.activate
async def test_twilio_says_that_a_person_opted_out() -> None:
    error = {"code": 21610, "message": "unsubscribed", "status": 400}
    responses.post(MESSAGES_URL, json=error, status=400)
    with pytest.raises(Refused) as caught:
        await TwilioMessenger("ACtest", "token", "MGtest").send(PHONE, "hello")
    assert caught.value.stopped
    assert caught.value.code == "21610"


@responses.activate
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, 20003, Halted),
        (401, None, Halted),
        (403, 20005, Halted),
        (404, 20404, Halted),
        (400, 30034, Halted),
        (400, 21703, Halted),
        (403, 21408, Refused),
        (400, 21211, Refused),
        (400, 21617, Refused),
        (429, 20429, Busy),
    ],
)
async def test_twilio_tells_an_account_from_a_number(
    status: int, code: int | None, error: type[ReadyByError]
) -> None:
    responses.post(MESSAGES_URL, json={"code": code, "message": "no", "status": status}, status=status)
    with pytest.raises(error) as caught:
        await TwilioMessenger("ACtest", "token", "MGtest").send(PHONE, "hello")
    assert type(caught.value) is error
    assert PHONE not in str(caught.value)


def test_the_settings_choose_the_carrier() -> None:
    assert isinstance(messenger(Settings(sms="memory")), MemoryMessenger)
    assert isinstance(messenger(Settings(sms="phones")), LocalPhones)


def test_twilio_needs_its_account() -> None:
    with pytest.raises(Misconfigured, match="READYBY_TWILIO_ACCOUNT_SID, READYBY_TWILIO_AUTH_TOKEN"):
        messenger(Settings(sms="twilio"))
