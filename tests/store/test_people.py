"""Enrollment: what is taken, what is refused by line, and where personal data may stand."""

from dataclasses import replace

import pytest

from readyby.store import api
from readyby.store.work import Secrecy
from tests.support.store_world import START, StoreWorld, person, session_record

PHONE = "+16265550101"


def put(world: StoreWorld, *rows: api.ParticipantRow) -> api.Imported:
    return world.do(api.ImportParticipants(rows=rows, at=START))


def test_import_is_repeatable(bare_world: StoreWorld) -> None:
    ada = person("A1", PHONE)
    assert put(bare_world, ada) == api.Imported(added=1, changed=0, unchanged=0, rejected=())
    assert put(bare_world, ada).unchanged == 1
    assert put(bare_world, replace(ada, token_uid=" a1 ")).unchanged == 1
    assert put(bare_world, replace(ada, wh_per_mi=300.0)).changed == 1


def key(world: StoreWorld) -> str:
    (row,) = world.rows("select participant_key from person")
    return str(row["participant_key"])


def test_the_same_person_keeps_the_key_another_gets_one(bare_world: StoreWorld) -> None:
    put(bare_world, person("A1", PHONE))
    first = key(bare_world)
    put(bare_world, person("A1", PHONE, language="es"))
    assert key(bare_world) == first
    put(bare_world, person("A1", "+16265550102"))
    assert key(bare_world) != first


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (person("", PHONE), "token_uid"),
        (person("  ", PHONE), "token_uid"),
        (person("A", "626-555-0101"), "phone"),
        (person("A", "+0123456789"), "phone"),
        (person("A", PHONE, wh_per_mi=0.0), "wh_per_mi"),
        (person("A", PHONE, wh_per_mi=float("nan")), "wh_per_mi"),
        (person("A", PHONE, wh_per_mi=5000.0), "wh_per_mi"),
        (person("A", PHONE, language="fr"), "language"),
        (person("A", PHONE, consent_at=START.replace(tzinfo=None)), "consent_at"),
    ],
)
def test_bad_rows_are_refused_by_line_and_the_rest_goes_on(
    bare_world: StoreWorld, row: api.ParticipantRow, field: str
) -> None:
    done = put(bare_world, person("B", "+16265550102", line=2), replace(row, line=3))
    assert done.added == 1
    (rejected,) = done.rejected
    assert rejected.line == 3
    assert rejected.reason.startswith(f"{field}: ")
    assert "626-555" not in rejected.reason


def test_a_token_for_two_people_is_refused_for_both(bare_world: StoreWorld) -> None:
    done = put(
        bare_world,
        person("A", PHONE, line=2),
        person("a", "+16265550102", line=3),
        person("B", PHONE, line=4),
        person("B", PHONE, line=5),
    )
    assert (done.added, [row.line for row in done.rejected]) == (1, [2, 3])


def test_personal_data_stands_in_one_table(world: StoreWorld) -> None:
    ref = world.welcome()
    world.submit(ref, "r1")
    world.do(api.RecordInbound(message_sid="SM1", phone=PHONE, at=START), op_id="1")
    world.do(api.ImportParticipants(rows=(person("tok-1", PHONE, line=9),), at=START), op_id="2")
    world.ingest([session_record(3)])
    world.match()
    claim = api.ClaimMessages(now=START, key_hashes=("k",))
    assert world.do(claim, op_id="3") == world.do(claim, op_id="3")
    assert world.do(claim, op_id="3")[0].phone == "+16265550103"
    world.do(api.MarkStopped(phone=PHONE, stopped=True, at=START))
    world.ingest([session_record(2, status="BROKEN", token_uid="tok-2")])
    tables = [row["table_name"] for row in world.rows("select table_name from duckdb_tables()")]
    for table in tables:
        text = str(world.rows(f"select * from {table}")).casefold()
        assert "tok-1" not in text, table
        assert "tok-2" not in text, table
        assert (PHONE in text or "+1626555" in text) == (table == "person"), table


def test_hashes_need_the_pepper() -> None:
    one, other = Secrecy(pepper=b"one"), Secrecy(pepper=b"other")
    assert one.token_hash("AbC ") == one.token_hash("abc")
    assert one.token_hash("abc") != other.token_hash("abc")
    assert one.token_hash("abc") != one.phone_hash("abc")
    assert one.token_hash(" ") is None
    assert one.token_hash(None) is None
