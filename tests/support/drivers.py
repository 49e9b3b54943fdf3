"""A small site as drivers meet it: cars plugged in, welcomed by a link, planned, unplugged; all in memory."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from readyby import links
from readyby.model import PlanVersion, SessionRef, SiteId
from readyby.own_store import caps_of
from readyby.planning.facade import plan_site
from readyby.settings import PROJECT_ROOT, Settings
from readyby.store.api import (
    AcceptedRequest,
    ClaimMessages,
    ClaimWork,
    Command,
    ImportParticipants,
    IngestPage,
    MarkDispatched,
    MatchSessions,
    ParticipantRow,
    Query,
    ReadSite,
    ReadSituation,
    RecordInbound,
    RecordPlan,
    SettleMessage,
)
from readyby.web.driver import DriverDesk
from readyby.web.prices import Prices
from tests.support.small_site import PHONES, SmallWorld

R = TypeVar("R")
ADA, BO = "tag-ada", "tag-bo"
SMS_TOKEN = "a token that signs webhooks in tests"


class Waiting:
    """The store for code that waits."""

    def __init__(self, world: SmallWorld) -> None:
        self._store = world.store

    def do(self, command: Command[R], *, op_id: str | None = None) -> R:
        return self._store.do_sync(command, op_id=op_id)

    def ask(self, query: Query[R]) -> R:
        return self._store.ask_sync(query)


class DriverWorld:
    """Cars, messages and plans of the small site; `now` stands still until it is moved."""

    def __init__(self, state_dir: Path, **settings: Any) -> None:
        self.settings = Settings(state_dir=state_dir, twilio_auth_token=SecretStr(SMS_TOKEN), **settings)
        self.small = SmallWorld(caps_of(self.settings))
        self.clock = self.small.clock
        self.store = Waiting(self.small)
        asyncio.run(self.small.open())
        self.desk = DriverDesk(self.store, self.clock, self.settings)
        self._arrivals: Counter[int] = Counter()
        self.prices = Prices(PROJECT_ROOT / "data")

    def close(self) -> None:
        self.small.close()

    def plug_in(self, number: int, token: str | None = ADA) -> str:
        """A car arrives and its driver is welcomed; the key in the welcome's link."""
        self._arrivals[number] += 1
        self._ingest([self.small.session(number, token, session_id=self.session_id(number))])
        self.store.do(MatchSessions(now=self.clock.now()))
        key = links.new_key()
        claimed = self.store.do(ClaimMessages(now=self.clock.now(), key_hashes=(links.key_hash(key),)))
        for message in claimed:
            self.store.do(SettleMessage(message_id=message.message_id, state="sent", at=self.clock.now()))
        return key

    def session_id(self, number: int) -> str:
        """The newest session at an EVSE."""
        count = self._arrivals[number]
        return f"S{number}" if count == 1 else f"S{number}-{count}"

    def ref(self, key: str) -> SessionRef:
        return self.desk.open_link(key).session_ref

    def in_force(self, key: str) -> AcceptedRequest | None:
        """The request that holds for the session of a link."""
        return self.desk.read(self.ref(key)).last_request

    def session_refs(self, token: str = ADA) -> tuple[SessionRef, ...]:
        """The open sessions of a token's driver."""
        sid = f"probe-{token}-{self.clock.now().timestamp()}"
        return self.store.do(
            RecordInbound(message_sid=sid, phone=PHONES[token], at=self.clock.now())
        ).session_refs

    def draw(self, number: int, power_kw: float, energy_kwh: float) -> None:
        """A meter value, now."""
        row = (self.session_id(number), f"E{number}", self.clock.now().isoformat(), power_kw, energy_kwh)
        self._ingest([], [row])

    def unplug(self, number: int, token: str = ADA, energy_kwh: float = 5.0) -> None:
        now = self.clock.now()
        ended = {"status": "COMPLETED", "ended_at": now.isoformat(), "session_id": self.session_id(number)}
        record = self.small.session(number, token, **ended)
        started = (now - timedelta(hours=1)).isoformat()
        self._ingest([{**record, "started_at": started, "energy_kwh": energy_kwh}])

    def plan(self, shortfall_kwh: float | None = None) -> PlanVersion:
        """Plan all that is asked, as the engine would; every car so short, if that is said."""
        now, site_id = self.clock.now(), SiteId("jpl")
        claim_id = f"claim-{now.timestamp()}"
        self.store.do(ClaimWork(site_id=site_id, claim_id=claim_id, owner="test", now=now))
        situation = self.store.ask(ReadSituation(site_id=site_id, now=now))
        site = self.store.ask(ReadSite(site_id=site_id))
        outcome = plan_site(situation, self.prices.tariff(site))
        if shortfall_kwh is not None:
            entries = tuple(replace(entry, shortfall_kwh=shortfall_kwh) for entry in outcome.entries)
            outcome = replace(outcome, entries=entries)
        version = self.store.do(
            RecordPlan(
                site_id=site_id,
                claim_id=claim_id,
                made_at=now,
                reason=outcome.reason,
                method=outcome.method,
                situation_json=outcome.situation_json,
                plan_json=outcome.plan_json,
                entries=outcome.entries,
                run_key=claim_id,
            )
        )
        self.store.do(MarkDispatched(site_id=site_id, plan_version=version, at=now, machine_ms=1))
        return version

    def wait(self, **span: float) -> None:
        self.clock.instant += timedelta(**span)

    def speak_spanish(self, token: str) -> None:
        """The driver of a token wants to be addressed in Spanish from now on."""
        row = ParticipantRow(
            line=1,
            token_uid=token,
            phone=PHONES[token],
            consent_at=self.clock.now() - timedelta(days=30),
            consent_source="test",
            wh_per_mi=300.0,
            language="es",
        )
        self.store.do(ImportParticipants(rows=(row,), at=self.clock.now()))

    def phone(self, token: str = ADA) -> str:
        return PHONES[token]

    def _ingest(self, sessions: list[dict[str, Any]], meter: list[tuple[Any, ...]] | None = None) -> None:
        page = self.small.page(sessions, meter)
        self.store.do(IngestPage(body=page, received_at=self.clock.now()))


def number_of(world: DriverWorld, key: str) -> int:
    """The EVSE at which the car of a key stands."""
    return int(world.desk.read(world.ref(key)).session.evse_id[1:])
