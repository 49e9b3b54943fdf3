"""The exchange's ledger and the partner's state are lost, with or without the relation: safe, and noticed."""

import asyncio
import shutil
from pathlib import Path

import orjson
import pytest

from readyby.clocks import SetClock
from readyby.errors import Misconfigured
from readyby.exchange.adapter import STRANGE
from readyby.exchange.ledger import Ledger
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.service import Exchange
from tests.exchange.ocpi.conftest import CAP_KW, MAX_KW, Begin, Pair, site_of, visit_of
from tests.exchange.ocpi.test_relation import setpoint

CREDENTIALS = "ocpi.credentials.json"
BEGIN_AT = 1_700_000_000_000


async def commanded(pair: Pair, *, until: float = 2) -> None:
    """E0 holds 6 kW by a command, E1 nothing; both have cars."""
    await pair.pull()
    await pair.adapter.list_evses()
    await pair.go(minutes=2)
    await pair.adapter.submit([setpoint(pair, kw=6.0)])
    await pair.go(minutes=until)


def another(pair: Pair, folder: Path) -> OcpiAdapter:
    return OcpiAdapter(pair.settings, SetClock(pair.clock.instant), folder=folder, sites=(site_of(),))


async def test_what_evses_hold_is_asked_of_the_partner_where_nothing_is_on_file(
    begin: Begin, tmp_path: Path
) -> None:
    async with begin(visits=(visit_of(0), visit_of(1))) as pair:
        await commanded(pair)
        (new := tmp_path / "new").mkdir()
        shutil.copy(tmp_path / CREDENTIALS, new / CREDENTIALS)
        adapter = another(pair, new)
        # the partner's results come to whom it knows: to our side as it was before
        pair.to_us.app = adapter.receiver
        ledger = Ledger(":memory:", begin=BEGIN_AT)
        exchange = Exchange(adapter, adapter._clock, ledger)
        await exchange.poll()
        actives = {each.evse_id: each.command_id for each in await adapter.read_active(["E0", "E1", "E2"])}
        assert actives == {"E0": STRANGE, "E1": None, "E2": None}
        worst_kw = {each.evse_id: each.worst_case_kw for each in exchange.evses()}
        assert worst_kw["E0"] == pytest.approx(MAX_KW)
        assert worst_kw["E1"] == pytest.approx(CAP_KW)
        await exchange.pages.feed(12, 100, 0.0)
        await exchange.poll()
        notices = {each["kind"] for each in told(ledger)}
        assert {"ledger_lost", "strange_command"} <= notices
        await exchange.stop()
        ledger.close()


def told(ledger: Ledger) -> list[dict[str, object]]:
    page: dict[str, list[dict[str, object]]] = orjson.loads(ledger.notices_page(0, 1_000))
    return page["notices"]


async def test_a_session_that_began_later_holds_nothing_and_is_not_asked(begin: Begin) -> None:
    async with begin(visits=(visit_of(0, minutes=3),)) as pair:
        await pair.pull()
        await pair.adapter.list_evses()
        await pair.go(minutes=5)
        asked = len(pair.to_cpo.seen)
        (active,) = await pair.adapter.read_active(["E0"])
        assert active.command_id is None
        assert len(pair.to_cpo.seen) == asked


async def test_without_the_relation_the_message_says_what_to_do(begin: Begin, tmp_path: Path) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await commanded(pair)
        (new := tmp_path / "new").mkdir()
        adapter = another(pair, new)
        with pytest.raises(Misconfigured, match="readyby network register --name ocpi"):
            await adapter.pull(None)
        await adapter.close()


async def test_a_new_reader_of_a_new_ledger_is_no_loss(begin: Begin) -> None:
    async with begin() as pair:
        ledger = Ledger(":memory:", begin=BEGIN_AT)
        exchange = Exchange(pair.adapter, pair.clock, ledger)
        for after in (0, BEGIN_AT, BEGIN_AT + 5):
            await exchange.pages.feed(after, 100, 0.0)
        kinds = [each["detail"] for each in told(ledger) if each["kind"] == "ledger_lost"]
        assert not [detail for detail in kinds if "new" in str(detail)]
        ledger.close()


async def test_a_loss_is_said_once(begin: Begin) -> None:
    async with begin() as pair:
        ledger = Ledger(":memory:", begin=BEGIN_AT)
        exchange = Exchange(pair.adapter, pair.clock, ledger)
        for _ in range(5):
            await exchange.pages.feed(7, 100, 0.0)
            exchange._commit()
        await asyncio.sleep(0)
        assert [each["kind"] for each in told(ledger)] == ["ledger_lost"]
        ledger.close()
