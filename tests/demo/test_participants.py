"""Inventing participants: the same habits give the same people, whatever else is in the data."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from readyby.demo.participants import RecordedSession, habit_of, invent_people, participants_csv

sessions = st.lists(
    st.builds(
        RecordedSession,
        session_id=st.uuids().map(str),
        station_id=st.sampled_from(["E1", "E2", "E3"]),
        arrival_hour=st.integers(0, 23),
        claimed=st.booleans(),
    ),
    unique_by=lambda session: session.session_id,
    max_size=30,
)


def session(
    session_id: str, station_id: str = "E1", hour: int = 7, *, claimed: bool = True
) -> RecordedSession:
    return RecordedSession(session_id=session_id, station_id=station_id, arrival_hour=hour, claimed=claimed)


def test_same_outlet_and_similar_hour_is_one_person() -> None:
    people = invent_people(
        [session("a", hour=6), session("b", hour=8), session("c", hour=9), session("d", "E2")]
    )
    token = people.token_by_session
    assert token["a"] == token["b"]
    assert len({token["a"], token["c"], token["d"]}) == 3
    assert len(people.participants) == 3


def test_who_gave_no_input_is_not_enrolled() -> None:
    people = invent_people([session("a", claimed=False)])
    assert people.participants == ()
    assert people.token_by_session["a"]


@settings(max_examples=50)
@given(sessions)
def test_every_session_has_a_token_and_every_phone_is_one_persons(found: list[RecordedSession]) -> None:
    people = invent_people(found)
    enrolled = {person.token_uid for person in people.participants}
    assert list(people.token_by_session) == [each.session_id for each in found]
    assert {people.token_by_session[each.session_id] in enrolled for each in found if each.claimed} <= {True}
    assert len({person.phone for person in people.participants}) == len(people.participants)


@settings(max_examples=50)
@given(sessions, st.randoms())
def test_order_changes_nobody(found: list[RecordedSession], random: Random) -> None:
    shuffled = sorted(found, key=lambda _: random.random())
    assert invent_people(shuffled).participants == invent_people(found).participants


@settings(max_examples=50)
@given(sessions)
def test_a_person_is_a_habit(found: list[RecordedSession]) -> None:
    claimed = [each for each in found if each.claimed]
    assert len(invent_people(found).participants) == len({habit_of(each) for each in claimed})


def test_without_consent_the_field_is_empty() -> None:
    many = [session(str(number), f"E{number}") for number in range(200)]
    people = invent_people(many)
    without = [person for person in people.participants if not person.consent_at]
    assert 0 < len(without) < 30
    assert f"{without[0].phone},,synthetic" in participants_csv(people)
