"""The webhook: nothing without the carrier's signature over our public address, everything at most once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from twilio.request_validator import RequestValidator

from readyby.sms.inbound import TextDesk
from readyby.sms.signature import sign
from readyby.sms.webhook import InboundWebhook, inbound_url, twiml
from tests.support.asgi import AsgiClient
from tests.support.drivers import SMS_TOKEN, DriverWorld

PUBLIC = "https://ev.example"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path_factory.mktemp("state"), public_url=PUBLIC)
    made.plug_in(1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(world: DriverWorld) -> AsgiClient:
    webhook = InboundWebhook(TextDesk(world.desk), world.settings)
    return AsgiClient(Starlette(routes=webhook.routes()))


def fields(world: DriverWorld, body: str, sid: str) -> dict[str, str]:
    return {
        "MessageSid": sid,
        "AccountSid": "AC1",
        "From": world.phone(),
        "To": "+18005550199",
        "Body": body,
        "NumMedia": "0",
        "FromCity": "",
    }


def post(client: AsgiClient, form: dict[str, str], signature: str | None = None) -> tuple[int, str]:
    signed = sign(SMS_TOKEN, f"{PUBLIC}/sms/inbound", form) if signature is None else signature
    response = client.post("/sms/inbound", data=form, headers={"X-Twilio-Signature": signed})
    return response.status_code, response.text


def test_a_signed_text_is_answered_in_twiml(world: DriverWorld, client: AsgiClient) -> None:
    status, answer = post(client, fields(world, "5:30pm 40mi", "SM1"))
    assert status == 200
    assert answer.startswith(
        '<?xml version="1.0" encoding="UTF-8"?><Response><Message>ReadyBy: Got it: 40 mi'
    )


@pytest.mark.invariant("I-29")
def test_a_replayed_text_is_answered_with_silence(world: DriverWorld, client: AsgiClient) -> None:
    form = fields(world, "6pm 30mi", "SM2")
    assert "30 mi" in post(client, form)[1]
    assert post(client, form) == (200, '<?xml version="1.0" encoding="UTF-8"?><Response></Response>')


def test_half_a_wish_and_then_the_other_half_are_one_request(tmp_path: Path) -> None:
    world = DriverWorld(tmp_path, public_url=PUBLIC)
    key = world.plug_in(1)
    webhook = InboundWebhook(TextDesk(world.desk), world.settings)
    client = AsgiClient(Starlette(routes=webhook.routes()))
    assert "noted. When do you leave?" in post(client, fields(world, "40 miles", "SM1"))[1]
    world.wait(minutes=1)
    assert "40 mi (12 kWh) by Wed 5:30 PM" in post(client, fields(world, "5:30pm", "SM2"))[1]
    assert world.desk.read(world.ref(key)).last_request
    assert world.plan() == 1
    world.close()


@pytest.mark.invariant("I-29")
@pytest.mark.parametrize(
    "url", ["http://ev.example/sms/inbound", "https://ev.example/sms", "http://testserver/sms/inbound"]
)
def test_a_signature_over_another_address_is_refused(
    world: DriverWorld, client: AsgiClient, url: str
) -> None:
    form = fields(world, "NOW", "SM3")
    assert post(client, form, sign(SMS_TOKEN, url, form))[0] == 403


def test_the_host_header_does_not_count(world: DriverWorld, client: AsgiClient) -> None:
    form = fields(world, "NOW", "SM4")
    headers = {"X-Twilio-Signature": sign(SMS_TOKEN, "https://evil.example/sms/inbound", form)}
    spoofed = {
        **headers,
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    assert client.post("/sms/inbound", data=form, headers=spoofed).status_code == 403


@pytest.mark.parametrize("name", ["Body", "From", "MessageSid"])
def test_a_tampered_field_is_refused(world: DriverWorld, client: AsgiClient, name: str) -> None:
    form = fields(world, "STATUS", "SM5")
    signature = sign(SMS_TOKEN, f"{PUBLIC}/sms/inbound", form)
    assert post(client, {**form, name: form[name] + "0"}, signature)[0] == 403
    assert post(client, {**form, "Extra": "1"}, signature)[0] == 403


@pytest.mark.invariant("I-29")
@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_made_up_signature_is_taken(world: DriverWorld, client: AsgiClient, signature: str) -> None:
    assert post(client, fields(world, "NOW", "SM6"), signature)[0] == 403


@pytest.mark.parametrize("missing", ["MessageSid", "From", "Body"])
def test_a_signed_form_that_is_no_text_is_refused(
    world: DriverWorld, client: AsgiClient, missing: str
) -> None:
    form = {name: value for name, value in fields(world, "NOW", "SM7").items() if name != missing}
    assert post(client, form)[0] == 400


def test_a_huge_form_is_refused_unread(client: AsgiClient) -> None:
    assert client.post("/sms/inbound", content=b"Body=" + b"x" * 20_000).status_code == 413


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a&b", b"=&=&%", b"x" * 50])
def test_what_is_no_form_is_refused(client: AsgiClient, content: bytes) -> None:
    assert client.post("/sms/inbound", content=content).status_code in (400, 403)


def test_the_answer_is_escaped() -> None:
    assert "<Message>a &lt;b&gt; &amp; c</Message>" in twiml("a <b> & c")


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=6))
def test_signatures_are_twilios_own(form: dict[str, str]) -> None:
    url = f"{PUBLIC}/sms/inbound"
    validator = RequestValidator(SMS_TOKEN)  # type: ignore[no-untyped-call]
    assert validator.validate(url, form, sign(SMS_TOKEN, url, form))  # type: ignore[no-untyped-call]


def test_the_signed_address_is_the_configured_one(world: DriverWorld) -> None:
    assert inbound_url(world.settings) == f"{PUBLIC}/sms/inbound"
