"""The people behind the phones: they read, wait as people do, answer by page or text, change their minds.

They know the world outside of the product: their own stay, and their phone. Everything else they find
out as anybody would, by opening the link.
"""

import asyncio
import html
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import httpx

from readyby.clocks import DomainClock, machine_ms
from readyby.errors import BadInput, ReadyByError, Transient
from readyby.phones.browser import PhoneBrowser, filled
from readyby.phones.inbox import DONE, GIVEN_UP, Errand, Inbox, Text
from readyby.phones.manner import Ask, Manner, as_text, first_ask, manner_of, second_ask
from readyby.phones.people import Stay
from readyby.sms.signature import sign

ANSWER, CHANGE = "answer", "change"
MOST_TRIES: Final = 20
TRY_AGAIN_S: Final = 1.0
LOOK_EVERY_S: Final = 0.1
AT_ONCE: Final = 4
WELCOME_MARK: Final = "STOP"
"""Of all messages with a link, only the welcome says how to opt out."""
_LINK: Final = re.compile(r"https?://[^\s]+/c/[A-Za-z0-9_-]+")
_TWIML: Final = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)


class Drivers:
    """All owners of phones."""

    def __init__(
        self,
        stays: Sequence[Stay],
        clock: DomainClock,
        inbox: Inbox,
        *,
        zone: ZoneInfo,
        seed: int,
        inbound_url: str,
        signing_token: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._stays = {stay.session_id: stay for stay in stays}
        self._by_phone: dict[str, list[Stay]] = {}
        for stay in stays:
            self._by_phone.setdefault(stay.phone, []).append(stay)
        self._clock, self.inbox, self._zone, self._seed = clock, inbox, zone, seed
        self._inbound_url, self._signing_token = inbound_url, signing_token
        self._transport = transport
        self._busy: set[str] = set()

    def receive(self, phone: str, body: str) -> Text:
        """A message reaches a phone; a first welcome makes its owner think of an answer."""
        now, link = self._clock.now(), _LINK.search(body)
        stay = self._stay_of(phone, body, now) if link else None
        text = Text(
            message_id=self.inbox.next_id(),
            phone=phone,
            body=body,
            incoming=True,
            at=now.isoformat(),
            machine_ms=machine_ms(),
            session_id=stay.session_id if stay else None,
            welcome=link is not None and WELCOME_MARK in body,
        )
        if stay and link and text.welcome and not self.inbox.welcomes(stay.session_id):
            self._think(stay, link[0], now)
        self.inbox.add(text)
        return text

    async def live(self) -> None:
        """Do what is due, a few at once, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                for errand in self.inbox.due(self._clock.now()):
                    name = f"{errand.session_id}/{errand.what}"
                    if name not in self._busy and len(self._busy) < AT_ONCE:
                        self._busy.add(name)
                        group.create_task(self._run(errand, name))
                await asyncio.sleep(LOOK_EVERY_S)

    async def act(self, errand: Errand) -> None:
        """One try at an errand; its end is kept on it."""
        stay = self._stays[errand.session_id]
        manner, now = manner_of(stay.session_id, self._seed), self._clock.now()
        ask = (first_ask if errand.what == ANSWER else second_ask)(stay, manner, now)
        errand.tries += 1
        self.inbox.changed = True
        if ask is None:
            errand.state, errand.outcome = DONE, "about to leave"
            return
        try:
            if manner.channel == "sms" and errand.what == ANSWER:
                errand.outcome = await self._text(stay, manner, ask, now)
            else:
                errand.outcome = await self._fill_in(errand.link, ask)
            errand.state = DONE
        except Transient as error:
            self.inbox.errors[str(error)] += 1
            errand.state = GIVEN_UP if errand.tries >= MOST_TRIES else errand.state
        except ReadyByError as error:
            self.inbox.errors[type(error).__name__] += 1
            errand.state, errand.outcome = GIVEN_UP, "refused"

    async def _run(self, errand: Errand, name: str) -> None:
        try:
            await self.act(errand)
            if errand.state not in (DONE, GIVEN_UP):
                await asyncio.sleep(TRY_AGAIN_S)
        finally:
            self._busy.discard(name)

    def _stay_of(self, phone: str, body: str, now: datetime) -> Stay | None:
        """The stay a message is about: at the EVSE that it names, else the newest not yet welcomed."""
        come = [stay for stay in self._by_phone.get(phone, ()) if stay.arrives_at <= now]
        named = [stay for stay in come if stay.evse_id in body]
        if named:
            return named[-1]
        fresh = [stay for stay in come if not self.inbox.welcomes(stay.session_id)]
        return fresh[-1] if fresh else (come[-1] if come else None)

    def _think(self, stay: Stay, link: str, now: datetime) -> None:
        manner = manner_of(stay.session_id, self._seed)
        if manner.channel == "never":
            return
        due_at = now + manner.delay
        self._plan(stay, ANSWER, due_at, link)
        if manner.changes_after is not None:
            self._plan(stay, CHANGE, due_at + manner.changes_after, link)

    def _plan(self, stay: Stay, what: str, due_at: datetime, link: str) -> None:
        self.inbox.errands.append(
            Errand(session_id=stay.session_id, what=what, due_at=due_at.isoformat(), link=link)
        )

    async def _fill_in(self, link: str, ask: Ask) -> str:
        browser = PhoneBrowser(self._transport)
        try:
            page = await browser.open(link)
            if page.form is None:
                return f"no form ({page.status})"
            answer = await browser.submit(page, filled(ask, self._zone))
            if answer.choice:  # who leaves then leaves then
                answer = await browser.submit(answer, {"action": "save_anyway"})
        finally:
            await browser.close()
        if not answer.saved:
            raise BadInput("form", answer.status, "the page did not say that it saved")
        return "saved"

    async def _text(self, stay: Stay, manner: Manner, ask: Ask, now: datetime) -> str:
        body = as_text(ask, manner, stay.language, self._zone, now)
        fields = {
            "MessageSid": self.inbox.next_id(),
            "AccountSid": "AC" + "0" * 32,
            "From": stay.phone,
            "To": "+18005550199",
            "Body": body,
            "NumMedia": "0",
        }
        self._keep(stay, body, incoming=False)
        answer = await self._post(fields)
        found = _TWIML.search(answer)
        if found:
            self._keep(stay, html.unescape(found[1]), incoming=True)
        return "texted"

    async def _post(self, fields: dict[str, str]) -> str:
        headers = {"X-Twilio-Signature": sign(self._signing_token, self._inbound_url, fields)}
        async with httpx.AsyncClient(timeout=15.0, transport=self._transport) as http:
            try:
                response = await http.post(self._inbound_url, data=fields, headers=headers)
            except httpx.HTTPError as error:
                raise Transient(f"webhook: no answer ({type(error).__name__})") from error
        if response.is_server_error:
            raise Transient(f"webhook: {response.status_code}")
        if response.is_error:
            raise BadInput("webhook", response.status_code, "it should take a signed text")
        return response.text

    def _keep(self, stay: Stay, body: str, *, incoming: bool) -> None:
        self.inbox.add(
            Text(
                message_id=self.inbox.next_id(),
                phone=stay.phone,
                body=body,
                incoming=incoming,
                at=self._clock.now().isoformat(),
                machine_ms=machine_ms(),
                session_id=stay.session_id,
            )
        )
