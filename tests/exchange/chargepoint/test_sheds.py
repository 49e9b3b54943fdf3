"""Limits at ports: what is sent, what a neighbor keeps, what the next car finds, and what is lost."""

from datetime import timedelta

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from readyby.errors import Unreachable
from readyby.exchange.adapter import STRANGE, Verdict
from readyby.network.faces.chargepoint import Quirks
from tests.exchange.chargepoint.conftest import A, site_of, visit_of

NEIGHBORS = (visit_of(0), visit_of(1))
CAP_KW, MAX_KW = 6 * A, 32 * A
MINUTE = timedelta(minutes=1)
ACCEPTED = (Verdict.ACCEPTED, "")


class Falter:
    """An application that is away for chosen operations; an answer may be lost after the act."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.away, self.lost_answers = app, frozenset[str](), frozenset[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        action = Request(scope).headers.get("soapaction", "").strip('"').rpartition("/")[2]
        if action in self.lost_answers:

            async def swallow(_message: object) -> None:
                return

            await self.app(scope, receive, swallow)
        if action in self.away | self.lost_answers:
            await Response("away", 500)(scope, receive, send)
            return
        await self.app(scope, receive, send)


async def test_a_limit_is_followed_and_ends_with_its_minutes(begin):
    async with begin(*NEIGHBORS) as pair:
        await pair.let(2 * MINUTE)
        assert await pair.send("E0", 3.12, minutes=20) == ACCEPTED
        await pair.let(2 * MINUTE)
        assert pair.words == [("garage.1.E0.1", Verdict.APPLIED)]
        assert pair.power_kw("E0") == pytest.approx(3.12 * 0.97, abs=0.03)
        await pair.let(20 * MINUTE)
        assert pair.power_kw("E0") == pytest.approx(CAP_KW * 0.97, abs=0.03)
        assert pair.restarts == 0


async def test_without_a_cap_a_port_gives_all_it_can_when_its_limit_ends(begin):
    async with begin(*NEIGHBORS, caps_held=False) as pair:
        facts = {each.evse_id: each for each in await pair.adapter.list_evses()}
        assert facts["E0"].standing_cap_kw == facts["E0"].max_kw
        await pair.let(2 * MINUTE)
        await pair.send("E0", CAP_KW, minutes=10)
        await pair.let(2 * MINUTE)
        assert pair.power_kw("E0") < 1.3
        await pair.let(10 * MINUTE)
        assert pair.power_kw("E0") > 6


@pytest.mark.parametrize("caps_held", [True, False])
async def test_a_neighbor_keeps_its_limit_when_a_port_is_released(begin, caps_held):
    async with begin(*NEIGHBORS, site=site_of(4), caps_held=caps_held) as pair:
        await pair.let(2 * MINUTE)
        await pair.send("E0", 2.08)
        await pair.send("E1", 0.0 if caps_held else CAP_KW)
        await pair.let(2 * MINUTE)
        quiet_kw = pair.power_kw("E1")
        pair.face.operations.clear()
        assert await pair.release("E0") == ACCEPTED
        commands = [each for each in pair.face.operations if "hed" in each]
        assert commands == (["clearShedState", "shedLoad"] if caps_held else ["shedLoad"])
        for _ in range(18):
            pair.clock.instant += timedelta(seconds=10)
            pair.network.advance(pair.clock.instant, 0)
            assert pair.power_kw("E1") <= (CAP_KW if caps_held else quiet_kw + 0.01)
        await pair.pull()
        assert await pair.held("E1") == "garage.1.E1.1"
        assert await pair.held("E0") == "garage.2.E0.1"
        assert pair.power_kw("E1") == pytest.approx(quiet_kw, abs=0.01)
        assert pair.power_kw("E0") == pytest.approx((CAP_KW if caps_held else MAX_KW) * 0.97, rel=0.03)
        assert pair.restarts == 0


@pytest.mark.parametrize("caps_held", [True, False])
async def test_the_next_car_does_not_find_the_last_ones_limit(begin, caps_held):
    cars = (visit_of(0, stay_h=0.5), visit_of(1), visit_of(2, at_min=40, evse_id="E0"))
    async with begin(*cars, caps_held=caps_held) as pair:
        await pair.let(10 * MINUTE)
        await pair.send("E0", 0.0, minutes=300)
        await pair.send("E1", CAP_KW, minutes=300)
        await pair.let(50 * MINUTE)
        assert pair.power_kw("E0") > 1.1
        assert await pair.held("E1") == "garage.1.E1.1"


async def test_a_release_that_fails_is_tried_again_and_not_all_the_time(begin):
    falter = Falter(lambda *_: None)

    def wrapped(app: ASGIApp) -> ASGIApp:
        falter.app = app
        return falter

    async with begin(visit_of(0, stay_h=0.5), wrapped=wrapped) as pair:
        await pair.let(10 * MINUTE)
        await pair.send("E0", 0.0, minutes=300)
        falter.away = frozenset({"clearShedState"})
        await pair.let(40 * MINUTE)
        assert "clearShedState" not in pair.face.operations
        falter.away = frozenset()
        await pair.let(5 * MINUTE)
        assert pair.face.operations.count("clearShedState") == 1


async def test_a_neighbor_whose_limit_may_be_lost_is_held_against_its_word(begin):
    falter = Falter(lambda *_: None)

    def wrapped(app: ASGIApp) -> ASGIApp:
        falter.app = app
        return falter

    async with begin(*NEIGHBORS, wrapped=wrapped) as pair:
        await pair.let(2 * MINUTE)
        await pair.send("E0", 2.08)
        await pair.send("E1", 2.08)
        await pair.let(2 * MINUTE)
        falter.away = frozenset({"shedLoad"})
        assert await pair.release("E0") == ACCEPTED
        falter.away = frozenset()
        await pair.let(MINUTE)
        assert pair.restarts == 1
        assert await pair.held("E1") is None


async def test_a_command_whose_answer_is_lost_has_an_unknown_outcome(begin):
    falter = Falter(lambda *_: None)

    def wrapped(app: ASGIApp) -> ASGIApp:
        falter.app = app
        return falter

    async with begin(*NEIGHBORS, wrapped=wrapped) as pair:
        await pair.let(2 * MINUTE)
        falter.lost_answers = frozenset({"shedLoad"})
        with pytest.raises(Unreachable):
            await pair.send("E0", 3.12)
        falter.lost_answers = frozenset()
        await pair.let(MINUTE)
        assert await pair.held("E0") == "garage.1.E0.1"


async def test_a_limit_that_is_gone_is_noticed_once(begin):
    async with begin(*NEIGHBORS) as pair:
        await pair.let(2 * MINUTE)
        await pair.send("E0", 3.12)
        await pair.let(2 * MINUTE)
        pair.network.orders.held.clear()
        await pair.let(3 * MINUTE)
        assert pair.restarts == 1
        assert await pair.held("E0") is None


async def test_a_limit_of_somebody_elses_that_is_lower_leaves_ours_in_force(begin):
    async with begin(*NEIGHBORS) as pair:
        await pair.let(2 * MINUTE)
        await pair.send("E0", 3.12)
        await pair.let(2 * MINUTE)
        held = pair.network.orders.held["E0"]
        pair.face.sheds._by_order[held.order_id] = type(pair.face.sheds._by_order[held.order_id])(
            limit_kw=1.5, until=pair.clock.instant + 9 * MINUTE
        )
        assert await pair.held("E0") == "garage.1.E0.1"


async def test_a_rise_shows_the_command_before_it_until_it_is_in_force(begin):
    async with begin(*NEIGHBORS, quirks=Quirks(cache=timedelta(minutes=2))) as pair:
        await pair.let(2 * MINUTE)
        await pair.send("E0", 2.08, rank=1)
        await pair.let(5 * MINUTE)
        await pair.send("E0", 4.16, rank=2)
        assert await pair.held("E0") == "garage.1.E0.1"
        await pair.let(5 * MINUTE)
        assert await pair.held("E0") == "garage.2.E0.1"


@pytest.mark.parametrize(
    ("limit_kw", "minutes", "more", "why"),
    [
        (0.5, 60, {}, "limit_kw"),
        (7.0, 60, {}, "limit_kw"),
        (0.0, 60, {"takes_zero": False}, "take no 0"),
        (3.12, 0.5, {}, "lease of a minute"),
        (1.0, -1, {}, "limit_kw"),
        (CAP_KW, -1, {}, "lease of a minute"),
    ],
)
async def test_what_cannot_be_is_rejected_by_field(begin, limit_kw, minutes, more, why):
    async with begin(*NEIGHBORS, **more) as pair:
        await pair.let(2 * MINUTE)
        verdict, reason = await pair.send("E0", limit_kw, minutes=minutes)
        assert verdict is Verdict.REJECTED
        assert why in reason
        assert "shedLoad" not in pair.face.operations


async def test_the_last_half_minute_of_a_low_limit_is_a_whole_minute(begin):
    async with begin(*NEIGHBORS) as pair:
        await pair.let(2 * MINUTE)
        assert await pair.send("E0", 0.0, minutes=0.5) == ACCEPTED


async def test_an_account_without_the_right_is_a_rejection_with_its_reason(begin):
    async with begin(*NEIGHBORS, quirks=Quirks(refused=frozenset({"shedLoad"}))) as pair:
        await pair.let(2 * MINUTE)
        verdict, reason = await pair.send("E0", 3.12)
        assert verdict is Verdict.REJECTED
        assert "rights" in reason


async def test_an_account_that_is_asked_too_often_is_left_alone(begin):
    async with begin(*NEIGHBORS) as pair:
        await pair.let(2 * MINUTE)
        pair.face.quirks.calls_per_minute = 0
        (word,) = await pair.adapter.submit([pair.setpoint("E0", 3.12)])
        assert (word.verdict, word.retry_after_s) == (Verdict.TOO_OFTEN, 5.0)
        pair.face.quirks.calls_per_minute = 100_000
        assert (await pair.send("E1", 3.12))[0] is Verdict.TOO_OFTEN
        assert "shedLoad" not in pair.face.operations


async def test_ports_that_the_account_lacks_take_no_commands(begin):
    stations = {"1:100001": {"1": "E0", "7": "E1"}, "1:999": {"1": "E2"}}
    async with begin(*NEIGHBORS, stations=stations) as pair:
        facts = {each.evse_id: each.controlled for each in await pair.adapter.list_evses()}
        assert facts == {"E0": True, "E1": False, "E2": False}


async def test_loads_come_by_group_and_one_by_one_where_the_group_lacks_a_station(begin):
    async with begin(*NEIGHBORS, visit_of(2), group_ids=(5,)) as pair:
        await pair.let(MINUTE)
        assert pair.face.operations.count("getLoad") == 1
        assert set(pair.names) == {"E0", "E1", "E2"}
    async with begin(*NEIGHBORS, visit_of(2)) as pair:
        await pair.let(MINUTE)
        assert pair.face.operations.count("getLoad") == 2


async def test_a_port_out_of_reach_stays_so_until_its_status_says_otherwise(begin):
    async with begin(*NEIGHBORS) as pair:
        await pair.let(2 * MINUTE)
        pair.adapter._statuses["1:100001", "1"] = "UNREACHABLE"
        pair.clock.instant += MINUTE
        pair.face.quirks.refused = frozenset({"getStationStatus"})
        told = len(pair.meter)
        await pair.held("E0")
        await pair.pull()
        assert {row[1] for row in pair.meter[told:]} == {"E1"}


async def test_statuses_that_are_not_allowed_leave_the_loads(begin):
    async with begin(*NEIGHBORS, quirks=Quirks(refused=frozenset({"getStationStatus"}))) as pair:
        await pair.let(MINUTE)
        assert set(pair.names) == {"E0", "E1"}
        assert "network_refused" in pair.remarks
        assert (await pair.adapter.pull(pair.cursor)).as_of == pair.clock.instant
    async with begin(
        *NEIGHBORS, quirks=Quirks(refused=frozenset({"getStationStatus"})), reads_status=False
    ) as pair:
        await pair.let(MINUTE)
        assert pair.remarks == []


async def test_a_limit_that_nobody_here_remembers_is_a_strange_one(begin):
    async with begin(*NEIGHBORS) as pair:
        await pair.let(2 * MINUTE)
        await pair.send("E0", 3.12, minutes=20)
        await pair.let(3 * MINUTE)
        pair.adapter.stays.state._db.execute("DELETE FROM command")
        held = {each.evse_id: each.command_id for each in await pair.adapter.read_active(["E0", "E1"])}
        assert held == {"E0": STRANGE, "E1": None}
