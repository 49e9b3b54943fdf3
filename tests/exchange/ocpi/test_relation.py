"""The adapter against the simulated CPO over real sockets: handshake, pushes, commands, results."""

from datetime import timedelta
from pathlib import Path

import pytest

from readyby.errors import Misconfigured, ReadyByError
from readyby.exchange.adapter import Setpoint, Verdict
from readyby.exchange.ocpi.settings import Dialect
from readyby.model import Step
from readyby.network.faces.ocpi_teller import Quirks
from tests.exchange.ocpi.conftest import CAP_KW, MAX_KW, START, Begin, Pair, visit_of


def setpoint(
    pair: Pair, number: int = 0, *, kw: float = 3.12, command: str = "c1", release: bool = False
) -> Setpoint:
    now = pair.clock.instant
    return Setpoint(
        command_id=command,
        rank=(1, 1),
        evse_id=f"E{number}",
        session_id=f"S{number}",
        steps=() if release else (Step(now, kw),),
        expires_at=None if release else now + timedelta(hours=1),
    )


async def test_a_session_is_told_once_with_its_token_and_metered(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.go(minutes=5)
        await pair.pull()
        records = [each for each in pair.sessions if each["session_id"] == "S0"]
        assert records[0]["token_uid"] == "UID-0"
        assert records[0]["evse_id"] == "E0"
        assert records[0]["site_id"] == "garage"
        assert records[0]["live"] is True
        times = [row[2] for row in pair.meter]
        assert len(times) == len(set(times)) >= 3
        assert [row[3] for row in pair.meter] == pytest.approx([CAP_KW * 0.97] * len(times), abs=0.01)
        assert [row[4] for row in pair.meter] == sorted(row[4] for row in pair.meter)


async def test_a_command_is_accepted_then_applied_and_read_back(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.adapter.list_evses()
        await pair.go(minutes=2)
        words = await pair.adapter.submit([setpoint(pair)])
        assert [word.verdict for word in words] == [Verdict.ACCEPTED]
        await pair.go(minutes=2)
        await pair.pull()
        assert [(word.command_id, word.verdict) for word in pair.words] == [("c1", Verdict.APPLIED)]
        held = pair.network.orders.held["E0"]
        assert held.limits_kw[0] == pytest.approx(3.12)
        assert held.limits_kw[-1] == pytest.approx(CAP_KW)
        actives = await pair.adapter.read_active(["E0", "E1"])
        assert {each.evse_id: each.command_id for each in actives} == {"E0": "c1", "E1": None}


async def test_a_release_is_applied_and_read_back(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.adapter.list_evses()
        await pair.go(minutes=2)
        await pair.adapter.submit([setpoint(pair)])
        await pair.go(minutes=1)
        await pair.adapter.submit([setpoint(pair, command="c2", release=True)])
        actives = await pair.adapter.read_active(["E0"])
        assert [each.command_id for each in actives] == ["c1"]
        await pair.go(minutes=1)
        await pair.pull()
        assert [(word.command_id, word.verdict) for word in pair.words] == [
            ("c1", Verdict.APPLIED),
            ("c2", Verdict.APPLIED),
        ]
        actives = await pair.adapter.read_active(["E0"])
        assert [each.command_id for each in actives] == ["c2"]


async def test_a_command_that_the_cpo_lost_is_not_read_back(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.adapter.list_evses()
        await pair.go(minutes=2)
        await pair.adapter.submit([setpoint(pair)])
        await pair.go(minutes=2)
        pair.network.orders.held.clear()
        actives = await pair.adapter.read_active(["E0"])
        assert [each.command_id for each in actives] == [None]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("REJECTED", Verdict.REJECTED),
        ("NOT_SUPPORTED", Verdict.REJECTED),
        ("UNKNOWN_SESSION", Verdict.REJECTED),
        ("TOO_OFTEN", Verdict.TOO_OFTEN),
    ],
)
async def test_a_refusal_has_its_reason(begin: Begin, answer: str, verdict: Verdict) -> None:
    async with begin(visits=(visit_of(0),), quirks=Quirks(profile_answer=answer)) as pair:
        await pair.pull()
        await pair.adapter.list_evses()
        await pair.go(minutes=2)
        (word,) = await pair.adapter.submit([setpoint(pair)])
        assert word.verdict is verdict
        assert answer in word.reason or verdict is Verdict.TOO_OFTEN


async def test_a_limit_between_0_and_6_ampere_is_refused_before_it_is_sent(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.adapter.list_evses()
        (word,) = await pair.adapter.submit([setpoint(pair, kw=1.0)])
        assert word.verdict is Verdict.REJECTED
        assert "6 A" in word.reason
        assert pair.network.orders.obedience["E0"].received == 0


async def test_without_results_the_answer_is_the_last_word(begin: Begin) -> None:
    dialect = Dialect(sends_results=False)
    async with begin(visits=(visit_of(0),), quirks=Quirks(results=False), dialect=dialect) as pair:
        await pair.pull()
        await pair.adapter.list_evses()
        await pair.go(minutes=2)
        (word,) = await pair.adapter.submit([setpoint(pair)])
        assert word.verdict is Verdict.APPLIED


async def test_results_that_never_come_leave_the_hold_unsaid(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),), quirks=Quirks(results=False), deadline_s=2.0) as pair:
        await pair.pull()
        await pair.adapter.list_evses()
        await pair.go(minutes=2)
        await pair.adapter.submit([setpoint(pair)])
        with pytest.raises(ReadyByError, match="did not say"):
            await pair.adapter.read_active(["E0"])


@pytest.mark.parametrize(("link", "limit"), [("good", 2), ("none", 2), ("elsewhere", 1), ("loop", 2)])
async def test_every_session_is_pulled_whatever_the_pages_are(begin: Begin, link: str, limit: int) -> None:
    quirks = Quirks(pushes=False, link=link, page_limit=limit)
    visits = tuple(visit_of(number) for number in range(5))
    async with begin(visits=visits, size=5, quirks=quirks) as pair:
        await pair.go(minutes=2)
        await pair.pull()
        assert {each["session_id"] for each in pair.sessions} == {f"S{number}" for number in range(5)}


async def test_a_cpo_that_only_lists_is_pulled(begin: Begin) -> None:
    async with begin(visits=(visit_of(0, stay_h=0.2),), quirks=Quirks(pushes=False)) as pair:
        for _ in range(8):
            await pair.go(minutes=2)
            await pair.pull()
        assert [each["status"] for each in pair.sessions][-1] == "COMPLETED"
        rows = [row[2] for row in pair.meter]
        assert len(rows) == len(set(rows)) >= 10


async def test_pushes_survive_our_restart(begin: Begin, tmp_path: Path) -> None:
    from readyby.exchange.ocpi.adapter import OcpiAdapter

    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.go(minutes=3)
        again = OcpiAdapter(pair.settings, pair.clock, folder=tmp_path, sites=())
        pair.adapter = again
        await pair.pull()
        assert {each["session_id"] for each in pair.sessions} == {"S0"}
        assert again.credentials.value.is_registered


async def test_an_unknown_cursor_has_all_active_sessions_told_again(begin: Begin) -> None:
    async with begin(visits=(visit_of(0), visit_of(1, stay_h=0.1))) as pair:
        await pair.pull()
        await pair.go(minutes=10)
        await pair.pull()
        await pair.pull()
        pair.cursor, pair.sessions = None, []
        await pair.pull()
        assert {each["session_id"] for each in pair.sessions} == {"S0"}


async def test_tokens_are_rotated_and_the_relation_ended(begin: Begin) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        registration, credentials = pair.adapter.registration, pair.adapter.credentials
        before = credentials.value
        registration.rotate()
        after = credentials.value
        assert {before.token_b, before.token_c}.isdisjoint({after.token_b, after.token_c})
        assert after.next_token_b == ""
        await pair.pull()
        await pair.go(minutes=3)
        await pair.pull()
        assert pair.sessions
        assert {status for _, _, status in pair.face.teller.pushed} <= {200, 201}
        registration.unregister()
        assert not credentials.value.is_registered
        pair.clock.instant += timedelta(minutes=2)
        with pytest.raises(Misconfigured, match="register"):
            await pair.pull()


async def test_a_second_registration_says_what_to_do(begin: Begin) -> None:
    async with begin() as pair:
        with pytest.raises(Misconfigured, match="registered"):
            pair.adapter.registration.register()


@pytest.mark.parametrize("raw", [True, False])
async def test_raw_and_base64_tokens(begin: Begin, raw: bool) -> None:
    dialect = Dialect(token_encoding="raw" if raw else "base64")
    async with begin(visits=(visit_of(0),), quirks=Quirks(raw_tokens=raw), dialect=dialect) as pair:
        await pair.pull()
        await pair.go(minutes=3)
        assert await pair.pull()


async def test_as_of_follows_the_partner_and_stands_when_it_is_gone(begin: Begin) -> None:
    async with begin(visits=(visit_of(0, minutes=500),)) as pair:
        batch = await pair.adapter.pull(None)
        assert batch.as_of == START
        pair.clock.instant = START + timedelta(minutes=3)
        await pair.told()
        batch = await pair.adapter.pull(batch.cursor)
        assert batch.as_of == START + timedelta(minutes=3)
        pair.face.quirks.http_status = 503
        pair.clock.instant += timedelta(minutes=10)
        with pytest.raises(ReadyByError):
            await pair.adapter.pull(batch.cursor)
        pair.face.quirks.http_status = 200
        pair.clock.instant += timedelta(minutes=1)
        await pair.told()
        batch = await pair.adapter.pull(batch.cursor)
        assert batch.as_of == pair.clock.instant


async def test_evses_are_described_in_kw(begin: Begin) -> None:
    async with begin() as pair:
        facts = await pair.adapter.list_evses()
        assert [fact.evse_id for fact in facts] == ["E0", "E1", "E2"]
        assert {fact.site_id for fact in facts} == {"garage"}
        assert facts[0].max_kw == pytest.approx(MAX_KW)
        assert facts[0].standing_cap_kw == pytest.approx(CAP_KW)
        assert facts[0].quantum_kw == pytest.approx(0.0208)
        assert facts[0].controlled


async def test_no_token_of_a_driver_is_logged(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    async with begin(visits=(visit_of(0),)) as pair:
        await pair.pull()
        await pair.go(minutes=3)
        await pair.adapter.submit([setpoint(pair)])
        await pair.pull()
    seen = capsys.readouterr()
    assert "UID-0" not in seen.out + seen.err


@pytest.mark.parametrize(
    ("off_min", "dialect"), [(-60, Dialect()), (60, Dialect()), (-60, Dialect(stamps_answers=False))]
)
async def test_a_partner_whose_clock_stands_or_is_far_off_is_not_fresh(
    begin: Begin, off_min: float, dialect: Dialect
) -> None:
    """An answer of an hour ago is an hour old, whatever its HTTP status; receipt time counts if set so."""
    async with begin(dialect=dialect, quirks=Quirks(pushes=False)) as pair:
        pair.clock.instant = START + timedelta(hours=2)
        pair.face.clock_off = timedelta(minutes=off_min)
        batch = await pair.adapter.pull(None)
        now = pair.clock.instant
        if not dialect.stamps_answers:
            assert batch.as_of == now
        elif off_min < 0:
            assert batch.as_of == now + timedelta(minutes=off_min)
        else:
            assert batch.as_of is None


async def test_a_frozen_answer_ages(begin: Begin) -> None:
    async with begin(quirks=Quirks(pushes=False)) as pair:
        first = await pair.adapter.pull(None)
        pair.face.clock_off = -timedelta(minutes=3)
        pair.clock.instant = START + timedelta(minutes=3)
        second = await pair.adapter.pull(first.cursor)
        assert second.as_of == first.as_of == START
