"""The phones as a part of the world: what reaches them, what they show, what they remember."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from readyby.clocks import SetClock
from readyby.errors import Misconfigured, Transient
from readyby.phones.app import Phones, create_phones
from readyby.settings import Settings
from readyby.sms.lookup import SentText
from readyby.sms.phones import LocalPhones
from tests.support.asgi import AsgiClient

START = datetime.fromisoformat("2019-07-24T09:00:00-07:00")
LINK = "http://127.0.0.1:8501/c/" + "k" * 22


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path)


@pytest.fixture
def phones(settings: Settings) -> Phones:
    return create_phones(settings, SetClock(START))


def app_of(phones: Phones) -> Starlette:
    return Starlette(routes=[Mount("/phones", routes=phones.routes())])


def some_stay(phones: Phones) -> tuple[str, str, str]:
    """A stay that has begun: session, phone and a welcome for it."""
    stay = next(stay for stay in phones.drivers._stays.values() if stay.arrives_at < START)
    body = f"ReadyBy at {stay.evse_id}: when do you leave? {LINK} STOP to opt out"
    return stay.session_id, stay.phone, body


async def test_the_local_carrier_delivers(phones: Phones) -> None:
    session_id, phone, body = some_stay(phones)
    carrier = LocalPhones("http://world/phones", transport=httpx.ASGITransport(app_of(phones)))
    assert await carrier.send(phone, body) != await carrier.send("+12135550999", "hello")
    await carrier.aclose()
    report = phones.report_json()
    assert report["messages"] == 2
    assert list(report["welcomes"]) == [session_id]  # type: ignore[call-overload]
    assert report["welcomes"][session_id]["count"] == 1  # type: ignore[index]


async def test_the_phones_say_what_they_were_given(phones: Phones) -> None:
    _, phone, body = some_stay(phones)
    carrier = LocalPhones("http://world/phones", transport=httpx.ASGITransport(app_of(phones)))
    sent = await carrier.send(phone, body)
    await carrier.send("+12135550999", "hello")
    assert await carrier.sent_since(phone, START) == (SentText(provider_id=sent, body=body),)
    assert await carrier.sent_since(phone, START + timedelta(seconds=1)) == ()
    await carrier.aclose()
    away = LocalPhones("http://127.0.0.1:9/phones")
    with pytest.raises(Transient):
        await away.sent_since(phone, START)
    await away.aclose()


def test_the_inbox_shows_messages_with_links_that_can_be_clicked(phones: Phones) -> None:
    client = AsgiClient(app_of(phones))
    assert "No messages yet" in client.get("/phones/").text
    _, phone, body = some_stay(phones)
    client.post("/phones/messages", json={"to": phone, "body": body + " <b>"})
    page = client.get("/phones/").text
    assert f'<a href="{LINK}"' in page
    assert "&lt;b&gt;" in page
    assert "Wed 9:00 AM" in page


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"to": "x"}', b"1"])
def test_what_is_no_message_is_refused(phones: Phones, content: bytes) -> None:
    client = AsgiClient(app_of(phones))
    assert client.post("/phones/messages", content=content).status_code == 400
    assert client.post("/phones/kept", content=content).status_code == 400


def test_a_restart_forgets_nothing(settings: Settings, phones: Phones) -> None:
    session_id, phone, body = some_stay(phones)
    AsgiClient(app_of(phones)).post("/phones/messages", json={"to": phone, "body": body})
    again = create_phones(settings, SetClock(START + timedelta(hours=1)))
    assert again.report_json() == phones.report_json()
    assert again.drivers.inbox.errands == phones.drivers.inbox.errands
    AsgiClient(app_of(again)).post("/phones/messages", json={"to": phone, "body": body})
    assert again.report_json()["welcomes"][session_id]["count"] == 2  # type: ignore[index]


def test_a_broken_memory_is_named_with_its_remedy(settings: Settings, phones: Phones) -> None:
    path = settings.state_dir / "world" / "phones.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(Misconfigured, match="remove it to start anew"):
        create_phones(settings, SetClock(START))


async def test_phones_live_and_write_down_what_happened(phones: Phones, settings: Settings) -> None:
    _, phone, body = some_stay(phones)
    phones.drivers._transport = httpx.MockTransport(lambda request: httpx.Response(404, text="gone"))
    async with phones.running():
        phones.drivers.receive(phone, body)
        phones.drivers._clock.instant += timedelta(hours=1)  # type: ignore[attr-defined]
        for _ in range(50):
            await asyncio.sleep(0.02)
            if not phones.drivers.inbox.due(phones.drivers._clock.now()):
                break
    assert (settings.state_dir / "world" / "phones.json").exists()
    assert all(
        errand.state != "planned" for errand in phones.drivers.inbox.errands if errand.what == "answer"
    )
