"""A site of three EVSEs, two participants, and the feed pages that its sessions make."""

import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from readyby.clocks import SetClock
from readyby.exchange_client import MemoryExchange
from readyby.model import Evse, EvseId, SessionRef, Site, SiteId
from readyby.settings import Settings
from readyby.sms.memory import MemoryMessenger
from readyby.store.api import ImportParticipants, ParticipantRow, PutSite, ReadLink
from readyby.store.caps import DEFAULT, Caps
from readyby.store.engine import LocalStore, open_store
from readyby.wiring import Adapters

START = datetime.fromisoformat("2019-07-24T06:30:00-07:00")
PHONES = {"tag-ada": "+12135550101", "tag-bo": "+12135550102"}


def site() -> Site:
    """20 kW for three outlets of 6.656 kW: each may always draw 2.88 kW."""
    return Site(
        site_id=SiteId("jpl"),
        name="Small site",
        time_zone="America/Los_Angeles",
        limit_kw=20.0,
        tariff_id="sce_tou_ev_4_march_2019",
        evses=tuple(
            Evse(evse_id=EvseId(f"E{n}"), max_kw=6.656, min_kw=1.248, standing_cap_kw=2.88, voltage_v=208.0)
            for n in (1, 2, 3)
        ),
    )


def counted_ids(prefix: str = "id") -> Callable[[], str]:
    """Identifiers that repeat from test to test."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):04d}"


class SmallWorld:
    """The adapters of one process, all in memory, with a clock that the test moves."""

    def __init__(self, caps: Caps = DEFAULT) -> None:
        self.clock = SetClock(START)
        self.store: LocalStore = open_store(":memory:", pepper=b"p" * 32, ids=counted_ids(), caps=caps)
        self.exchange = MemoryExchange()
        self.messenger = MemoryMessenger()
        self.adapters = Adapters(
            store=self.store,
            exchange=self.exchange,
            messenger=self.messenger,
            clock=self.clock,
            settings=Settings(),
        )
        self._cursor = 0

    async def open(self) -> "SmallWorld":
        """Make the site and its participants known."""
        await self.store.do(PutSite(site=site(), at=self.clock.now()))
        rows = tuple(
            ParticipantRow(
                line=line,
                token_uid=token,
                phone=phone,
                consent_at=START - timedelta(days=30),
                consent_source="test",
                wh_per_mi=300.0,
                synthetic=True,
            )
            for line, (token, phone) in enumerate(PHONES.items(), start=2)
        )
        await self.store.do(ImportParticipants(rows=rows, at=self.clock.now()))
        return self

    async def ref(self) -> SessionRef:
        """The session that the newest text message links to."""
        _, body = self.messenger.sent[-1]
        key = body.partition("/c/")[2].split()[0].rstrip(".,")
        asked = ReadLink(key_hash=hashlib.sha256(key.encode()).hexdigest(), now=self.clock.now())
        return (await self.store.ask(asked)).session_ref

    def close(self) -> None:
        self.store.close()

    def page(self, sessions: list[dict[str, Any]], meter: list[tuple[Any, ...]] | None = None) -> bytes:
        """A feed page as the exchange would send it; `meter` rows are (session, evse, at, kW, kWh)."""
        self._cursor += 1
        names = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")
        columns = {name: [row[n] for row in meter or []] for n, name in enumerate(names)}
        as_of = self.clock.now().isoformat()
        return json.dumps(
            {"next": self._cursor, "as_of": as_of, "sessions": sessions, "meter_values": columns}
        ).encode()

    def session(self, number: int, token: str | None, **changes: Any) -> dict[str, Any]:
        """A session record that started now on E<number>."""
        now = self.clock.now().isoformat()
        return {
            "session_id": f"S{number}",
            "site_id": "jpl",
            "evse_id": f"E{number}",
            "token_uid": token,
            "status": "ACTIVE",
            "started_at": now,
            "energy_kwh": 0.0,
            "last_updated": now,
            **changes,
        }
