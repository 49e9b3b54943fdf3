"""Enrolling at a station: confirmed from the very phone, telling nobody who is enrolled."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from readyby.sms.api import Refused
from readyby.sms.inbound import TextDesk, TextMessage
from readyby.store.api import ClaimMessages, ListParticipants, MarkStopped, MatchSessions, Participant
from readyby.web.join.forms import shown_phone
from tests.support.asgi import AsgiClient
from tests.support.drivers import ADA, DriverWorld
from tests.support.joining import FILLED, PHONE, Joining, ticket_of, title_of

CARD = "04:A1:B2:C3:D4:E5:F6"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path, public_url="https://ev.example")
    yield made
    made.close()


@pytest.fixture
def joining(world: DriverWorld) -> Joining:
    return Joining(world)


def enrolled(world: DriverWorld) -> list[Participant]:
    """Who joined by the page."""
    return [one for one in world.store.ask(ListParticipants()) if one.consent_source.startswith("page")]


def rows(world: DriverWorld, sql: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = world.small.store.database.cursor().execute(sql).fetchall()
    return found


def start(world: DriverWorld, number: int, token: str) -> None:
    """A car starts at an EVSE; whoever it belongs to is decided."""
    world.plug_in(number, token)


class TestByCard:
    def test_a_typed_card_is_enrolled_once_the_code_came_back(
        self, world: DriverWorld, joining: Joining
    ) -> None:
        page = joining.fill(token_way="number", token_uid=CARD, vehicle="pickup")
        assert (page.status_code, title_of(page)) == (200, "Enter the code")
        assert enrolled(world) == []
        ((phone, text),) = joining.deliver()
        assert phone == PHONE
        assert "code is 100000" in text
        assert title_of(joining.step(page, "code", code="100 000")) == "You take part"
        (person,) = enrolled(world)
        assert (person.wh_per_mi, person.language, person.phone_end) == (480.0, "en", "0177")
        assert person.consent_at == world.clock.now()
        ((version, words),) = rows(
            world, "select consent_version, consent_text from person where consent_version <> ''"
        )
        assert version == "1"
        assert "I agree to automated text messages from ReadyBy about my charging at Small site" in str(words)

    def test_the_next_session_with_that_card_is_welcomed(self, world: DriverWorld, joining: Joining) -> None:
        page = joining.fill(token_way="number", token_uid=CARD)
        joining.step(page, "code", code=joining.code())
        key = world.plug_in(2, "04a1b2c3d4e5f6")
        assert world.desk.open_link(key).open

    def test_a_card_of_somebody_else_stays_theirs(self, world: DriverWorld, joining: Joining) -> None:
        before = world.store.ask(ListParticipants())
        page = joining.fill(token_way="number", token_uid=ADA)
        answer = joining.step(page, "code", code=joining.code())
        honest = joining.fill(token_way="number", token_uid=CARD, phone="2135550178")
        assert answer.text == joining.step(honest, "code", code=joining.code()).text
        assert [one for one in world.store.ask(ListParticipants()) if one in before] == list(before)


class TestByPluggingIn:
    def confirmed(self, joining: Joining, place: str = "E1", **changes: str) -> str:
        page = joining.fill(place, **changes)
        shown = joining.step(page, "code", place, code=joining.code())
        assert title_of(shown) == "Now start charging"
        self.page = shown
        return shown.text

    def test_who_starts_next_and_says_so_is_enrolled_and_welcomed(
        self, world: DriverWorld, joining: Joining
    ) -> None:
        self.confirmed(joining)
        assert "No new session was seen yet" in joining.step(self.page, "start").text
        world.wait(minutes=1)
        start(world, 1, "new card")
        seen = joining.step(self.page, "start")
        assert title_of(seen) == "Is this your car?"
        assert "Wed 6:31 AM" in seen.text
        assert enrolled(world) == []
        assert title_of(joining.step(seen, "mine")) == "You take part"
        assert len(enrolled(world)) == 1
        world.store.do(MatchSessions(now=world.clock.now()))
        (welcome,) = world.store.do(ClaimMessages(now=world.clock.now(), key_hashes=("k",)))
        assert (welcome.kind, welcome.phone) == ("welcome", PHONE)

    def test_a_car_that_was_plugged_in_before_cannot_be_taken(
        self, world: DriverWorld, joining: Joining
    ) -> None:
        start(world, 1, "somebody's card")
        world.wait(minutes=1)
        self.confirmed(joining)
        assert title_of(joining.step(self.page, "start")) == "Now start charging"
        assert title_of(joining.step(self.page, "mine", session_id="S1")) == "Now start charging"
        assert enrolled(world) == []

    @pytest.mark.parametrize(("number", "token"), [(2, "new card"), (1, ADA), (1, None)])
    def test_another_station_an_enrolled_card_or_none_is_not_it(
        self, world: DriverWorld, joining: Joining, number: int, token: str | None
    ) -> None:
        self.confirmed(joining)
        world.plug_in(number, token)
        assert title_of(joining.step(self.page, "start")) == "Now start charging"

    def test_two_who_wait_at_one_station_are_not_told_apart_by_guessing(
        self, world: DriverWorld, joining: Joining
    ) -> None:
        self.confirmed(joining)
        mine, other = self.page, Joining(world)
        world.wait(minutes=2)
        self.confirmed(other, phone="2135550188")
        start(world, 1, "new card")
        for who, page in ((joining, mine), (other, self.page)):
            assert title_of(who.step(page, "start")) == "Now start charging"

    def test_it_must_be_soon(self, world: DriverWorld, joining: Joining) -> None:
        self.confirmed(joining)
        world.wait(minutes=16)
        start(world, 1, "new card")
        assert title_of(joining.step(self.page, "start")) == "Please begin again"

    def test_at_the_sites_own_page_the_station_is_chosen(self, world: DriverWorld, joining: Joining) -> None:
        assert joining.fill("", evse_id="").status_code == 422
        self.confirmed(joining, "", evse_id="E2")
        start(world, 2, "new card")
        assert title_of(joining.step(self.page, "start", "")) == "Is this your car?"


class TestCode:
    def test_five_wrong_codes_are_enough(self, world: DriverWorld, joining: Joining) -> None:
        page, code = joining.fill(token_way="number", token_uid=CARD), joining.code()
        for _ in range(5):
            wrong = joining.step(page, "code", code="999999")
            assert wrong.status_code == 422
            assert "wrong or too old" in wrong.text
        assert joining.step(page, "code", code=code).text == wrong.text
        assert enrolled(world) == []

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "١٠٠٠٠٠", "100000x"])
    def test_what_is_no_code_is_wrong(self, world: DriverWorld, joining: Joining, code: str) -> None:
        page = joining.fill(token_way="number", token_uid=CARD)
        assert joining.step(page, "code", code=code).status_code == 422

    def test_it_dies_after_ten_minutes(self, world: DriverWorld, joining: Joining) -> None:
        page, code = joining.fill(token_way="number", token_uid=CARD), joining.code()
        world.wait(minutes=10, seconds=1)
        assert joining.step(page, "code", code=code).status_code == 422

    def test_it_serves_the_phone_that_got_it_and_no_other(self, world: DriverWorld, joining: Joining) -> None:
        page, code = joining.fill(token_way="number", token_uid=CARD), joining.code()
        assert joining.step(page, "code", code=code, phone="+12135550199").status_code == 422
        assert enrolled(world) == []

    def test_a_double_tap_sends_one(self, joining: Joining) -> None:
        ticket = ticket_of(joining.client.get("/join/E1"))
        for _ in range(2):
            assert title_of(joining.post(**FILLED, ticket=ticket)) == "Enter the code"
        assert len(joining.deliver()) == 1

    def test_a_yes_from_the_phone_confirms_too(self, world: DriverWorld, joining: Joining) -> None:
        page = joining.fill(token_way="number", token_uid=CARD, language="es")
        joining.deliver()
        texts = TextDesk(world.desk)
        assert texts.answer(TextMessage(message_sid="S0", phone="+12135550199", body="YES")) is None
        answer = texts.answer(TextMessage(message_sid="S1", phone=PHONE, body="si"))
        assert answer
        assert "Ya participa" in answer
        assert len(enrolled(world)) == 1
        assert title_of(joining.step(page, "replied", language="en")) == "You take part"

    def test_a_code_texted_back_confirms_too(self, world: DriverWorld, joining: Joining) -> None:
        page, code = joining.fill(), joining.code()
        texts = TextDesk(world.desk)
        assert texts.answer(TextMessage(message_sid="S1", phone=PHONE, body="999999")) is None
        answer = texts.answer(TextMessage(message_sid="S2", phone=PHONE, body=code))
        assert answer
        assert "confirmed" in answer
        assert title_of(joining.step(page, "replied")) == "Now start charging"

    def test_a_yes_about_a_plugged_in_car_confirms_nothing(
        self, world: DriverWorld, joining: Joining
    ) -> None:
        world.plug_in(2)
        joining.fill(token_way="number", token_uid=CARD, phone=world.phone(ADA))
        joining.deliver()
        TextDesk(world.desk).answer(TextMessage(message_sid="S1", phone=world.phone(ADA), body="Y"))
        assert enrolled(world) == []


class TestNoOracle:
    def test_the_answer_is_the_same_whatever_is_known_of_a_phone(
        self, world: DriverWorld, joining: Joining
    ) -> None:
        now = world.clock.now()
        world.store.do(MarkStopped(phone="+12135550111", stopped=True, at=now))
        world.store.do(MarkStopped(phone=world.phone("tag-bo"), stopped=True, at=now))
        answers = []
        for phone in (PHONE, world.phone(ADA), world.phone("tag-bo"), "+12135550111"):
            answer = joining.fill(phone=phone)
            same = answer.text.replace(phone, "PHONE").replace(shown_phone(phone), "PHONE")
            answers.append(same.replace(ticket_of(answer), "TICKET"))
        assert len(set(answers)) == 1
        assert [phone for phone, _ in joining.deliver()] == [PHONE, world.phone(ADA)]

    def test_the_store_runs_the_same_statements_for_all(self, world: DriverWorld, joining: Joining) -> None:
        from readyby.store.work import Work

        world.store.do(MarkStopped(phone="+12135550111", stopped=True, at=world.clock.now()))
        ran: list[list[str]] = []
        rows_of = Work.rows

        def noted(self: Work, name: str, /, **values: object) -> list[dict[str, object]]:
            ran[-1].append(name)
            return rows_of(self, name, **values)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Work, "rows", noted)
            for phone in (PHONE, world.phone(ADA), "+12135550111"):
                ran.append([])
                joining.fill(phone=phone)
        joining.deliver()
        assert ran[0] == ran[1] == ran[2]
        assert "queries/join_blocks" in ran[0]

    def test_before_the_answer_nothing_was_sent(self, joining: Joining) -> None:
        joining.fill()
        assert joining.memory.sent == []
        assert len(joining.deliver()) == 1


class TestCaps:
    def test_a_number_gets_one_a_minute_and_three_a_day(self, world: DriverWorld, joining: Joining) -> None:
        for minutes in (0, 0.5, 1, 1.1, 1.1, 60):
            world.wait(minutes=minutes)
            assert title_of(joining.fill()) == "Enter the code"
        assert len(joining.deliver()) == 3
        world.wait(hours=24)
        joining.fill()
        assert len(joining.deliver()) == 4

    @pytest.mark.invariant("I-19")
    def test_a_site_has_a_cap(self, tmp_path: Path) -> None:
        world = DriverWorld(tmp_path, public_url="https://ev.example", most_codes_a_site=2)
        joining = Joining(world)
        for number in range(4):
            joining.fill(phone=f"213555018{number}")
        assert len(joining.deliver()) == 2
        world.close()

    @pytest.mark.parametrize(
        "phone", ["+18765550100", "+442071838750", "911", "12", "+1 213 555 0177 x3", ""]
    )
    def test_abroad_and_no_numbers_are_refused_by_field(self, joining: Joining, phone: str) -> None:
        answer = joining.fill(phone=phone)
        assert answer.status_code == 422
        assert 'name="phone"' in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert joining.deliver() == []

    def test_an_address_may_not_ask_for_ever(self, world: DriverWorld) -> None:
        joining = Joining(world, limited=True)
        codes = [joining.fill(phone=f"21355502{n:02d}").status_code for n in range(21)]
        assert codes == [200] * 20 + [429]

    def test_what_the_carrier_says_of_a_number_is_kept(self, world: DriverWorld, joining: Joining) -> None:
        joining.memory.failures.append(Refused("opted out", code="21610", stopped=True))
        joining.memory.failures.append(Refused("a landline", code="21614"))
        for phone in (PHONE, "+12135550178"):
            joining.fill(phone=phone)
        joining.deliver()
        assert len(rows(world, "select * from stopped_phone")) == 1
        assert len(rows(world, "select * from unreachable_phone")) == 1
        world.wait(minutes=2)
        for phone in (PHONE, "+12135550178"):
            joining.fill(phone=phone)
        assert joining.deliver() == []

    def test_after_start_a_number_that_stopped_gets_its_code(
        self, world: DriverWorld, joining: Joining
    ) -> None:
        texts = TextDesk(world.desk)
        texts.answer(TextMessage(message_sid="S1", phone=PHONE, body="STOP"))
        joining.fill()
        assert joining.deliver() == []
        assert texts.answer(TextMessage(message_sid="S2", phone=PHONE, body="START")) is None
        joining.fill()
        assert len(joining.deliver()) == 1


class TestForm:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"consent": ""}, "consent"),
            ({"consent_version": "0"}, "consent"),
            ({"vehicle": "tank"}, "vehicle"),
            ({"consumption": "0"}, "consumption"),
            ({"consumption": "nan"}, "consumption"),
            ({"consumption": "0.1", "consumption_unit": "mi_per_kwh"}, "consumption"),
            ({"token_way": "number", "token_uid": ""}, "token_uid"),
            ({"token_way": "number", "token_uid": "<b>"}, "token_uid"),
            ({"token_way": "guess"}, "token_way"),
        ],
    )
    def test_a_bad_field_is_named(self, joining: Joining, changes: dict[str, str], field: str) -> None:
        answer = joining.fill(**changes)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert f'name="{field}"' in answer.text or field == "token_way"
        assert answer.text.count('aria-invalid="true"') == 1
        assert "<b>" not in answer.text
        assert joining.deliver() == []

    def test_miles_per_kwh_are_turned(self, world: DriverWorld, joining: Joining) -> None:
        page = joining.fill(
            token_way="number", token_uid=CARD, consumption="4", consumption_unit="mi_per_kwh"
        )
        joining.step(page, "code", code=joining.code())
        assert enrolled(world)[0].wh_per_mi == 250.0

    def test_another_site_cannot_make_browsers_ask(self, world: DriverWorld, joining: Joining) -> None:
        ticket = ticket_of(joining.client.get("/join/E1"))
        stranger = AsgiClient(joining.app, "https://ev.example")
        forged = stranger.post("/join/E1", data={**FILLED, "ticket": ticket})
        assert forged.status_code == 403
        assert joining.post(**FILLED, ticket="x" * 40).status_code == 403
        assert joining.post(**FILLED).status_code == 403
        assert joining.deliver() == []

    def test_looking_begins_nothing(self, world: DriverWorld, joining: Joining) -> None:
        for _ in range(3):
            assert joining.client.get("/join/E1").status_code == 200
        assert joining.client.request("HEAD", "/join/E1").status_code in (200, 405)
        assert rows(world, "select * from joining") == []

    def test_an_unknown_station_is_not_there(self, joining: Joining) -> None:
        for place in ("E9", "../E1", "%00", "<b>"):
            answer = joining.client.get(f"/join/{place}")
            assert answer.status_code == 404
            assert "<b>" not in answer.text

    def test_where_no_codes_are_sent_nobody_is_asked(self, tmp_path: Path) -> None:
        world = DriverWorld(tmp_path, public_url="https://ev.example", most_codes_a_site=0)
        assert Joining(world).client.get("/join/E1").status_code == 404
        world.close()

    def test_it_is_small_strict_and_never_kept(self, joining: Joining) -> None:
        shown = joining.client.get("/join/E1")
        assert len(shown.content) < 20_000
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        assert shown.headers["cache-control"] == "no-store"
        cookie = shown.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/join"))

    def test_in_spanish_too(self, joining: Joining) -> None:
        assert '<html lang="es">' in joining.client.get("/join/E1?lang=es").text
        page = joining.fill(language="es")
        assert title_of(page) == "Escriba el código"
        assert "su codigo es" in joining.deliver()[-1][1]


def test_before_confirmation_nothing_personal_is_stored(world: DriverWorld, joining: Joining) -> None:
    joining.fill(token_way="number", token_uid=CARD)
    code = joining.code()
    for (table,) in rows(world, "select table_name from duckdb_tables()"):
        text = json.dumps(rows(world, f"select * from {table}"), default=str).casefold()
        assert "5550177" not in text, table
        assert "a1b2c3" not in text.replace(":", ""), table
        assert table == "person" or code not in text, table
