"""The outbox: never twice, never to whom it must not go; links and inbound texts (I-17, I-18, I-28, I-29)."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.errors import BadInput, Conflict, NotFound
from readyby.model import SessionId
from readyby.store import api
from tests.support.store_world import START, StoreWorld, ended_record, minute, person, session_record

PHONE = "+16265550101"


@pytest.fixture
def matched(world: StoreWorld) -> StoreWorld:
    """S1's welcome is intended."""
    world.ingest([session_record(1)])
    assert world.match().welcomes == 1
    return world


def message_state(world: StoreWorld) -> tuple[str, str | None]:
    (row,) = world.rows("select state, error from messages")
    return row["state"], row["error"]


def test_a_welcome_is_claimed_with_a_link(matched: StoreWorld) -> None:
    (message,) = matched.claim_messages("hash-0", "hash-1")
    assert (message.kind, message.phone, message.language, message.key_index) == ("welcome", PHONE, "en", 0)
    assert message.arguments == {"evse_id": "E1", "site_name": "Lot"}
    target = matched.ask(api.ReadLink(key_hash="hash-0", now=START))
    assert target == api.LinkTarget(
        session_ref=message.session_ref,
        language="en",
        open=True,
        time_zone="America/Los_Angeles",
        wh_per_mi=person("T1", PHONE).wh_per_mi,
    )
    assert matched.claim_messages("hash-2") == ()
    for key in ("hash-1", "hash-2", "", "%"):
        with pytest.raises(NotFound):
            matched.ask(api.ReadLink(key_hash=key, now=START))


@pytest.mark.invariant("I-32")
def test_without_keys_nothing_leaves(matched: StoreWorld) -> None:
    assert matched.claim_messages() == ()
    assert message_state(matched)[0] == "intent"


@pytest.mark.invariant("I-17")
@pytest.mark.parametrize("state", ["sent", "refused", "unknown"])
def test_what_may_have_left_is_never_sent_again(matched: StoreWorld, state: str) -> None:
    (message,) = matched.claim_messages("k")
    settle(matched, message.message_id, state)
    settle(matched, message.message_id, state)
    assert matched.claim_messages("k2") == ()
    with pytest.raises(Conflict):
        settle(matched, message.message_id, "intent")


def settle(world: StoreWorld, message_id: str, state: str, error: str | None = None) -> None:
    world.do(api.SettleMessage(message_id=message_id, state=state, at=START, error=error))


def test_what_surely_did_not_leave_is_offered_again_with_another_link(matched: StoreWorld) -> None:
    (message,) = matched.claim_messages("k1")
    settle(matched, message.message_id, "intent")
    with pytest.raises(NotFound):
        matched.ask(api.ReadLink(key_hash="k1", now=START))
    assert matched.claim_messages("k2")[0].message_id == message.message_id


def test_an_unknown_outcome_can_be_found_out(matched: StoreWorld) -> None:
    (message,) = matched.claim_messages("k1")
    settle(matched, message.message_id, "unknown")
    settle(matched, message.message_id, "sent")
    assert message_state(matched)[0] == "sent"


def test_what_the_carrier_surely_never_got_is_offered_again_with_another_link(matched: StoreWorld) -> None:
    (message,) = matched.claim_messages("k1")
    again = api.OfferAgain(message_id=message.message_id)
    assert matched.do(again) is False, "nobody doubts yet"
    matched.do(api.AbandonSending(at=START))
    assert matched.do(again) is True
    assert matched.do(again) is False
    with pytest.raises(NotFound):
        matched.ask(api.ReadLink(key_hash="k1", now=START))
    assert matched.claim_messages("k2")[0].message_id == message.message_id
    settle(matched, message.message_id, "sent")
    assert matched.do(again) is False
    with pytest.raises(NotFound):
        matched.do(api.OfferAgain(message_id="nobody"))


def test_wrong_words_are_refused(matched: StoreWorld) -> None:
    (message,) = matched.claim_messages("k1")
    with pytest.raises(BadInput, match="sent, refused, unknown, intent"):
        settle(matched, message.message_id, "lost")
    with pytest.raises(NotFound):
        settle(matched, "nobody", "sent")


def test_a_carriers_answer_keeps_no_number(matched: StoreWorld) -> None:
    (message,) = matched.claim_messages("k1")
    settle(matched, message.message_id, "refused", "21211: The 'To' number +1 (626) 555-0101 is not valid")
    assert message_state(matched) == ("refused", "21211: The 'To' number (number) is not valid")


def test_restarting_sends_nothing_twice(matched: StoreWorld) -> None:
    matched.claim_messages("k1")
    assert matched.do(api.AbandonSending(at=START)) == 1
    assert matched.do(api.AbandonSending(at=START)) == 0
    assert matched.claim_messages("k2") == ()
    assert message_state(matched)[0] == "unknown"


@pytest.mark.invariant("I-16", "I-18")
def test_stop_between_intent_and_claim(matched: StoreWorld) -> None:
    matched.do(api.MarkStopped(phone=PHONE, stopped=True, at=START))
    assert matched.claim_messages("k1") == ()
    assert message_state(matched) == ("dropped", "stopped by the driver")
    matched.do(api.MarkStopped(phone=PHONE, stopped=False, at=START))
    assert matched.claim_messages("k1") == ()


def test_too_late_ended_reassigned_or_without_consent(world: StoreWorld) -> None:
    world.ingest([session_record(n) for n in (1, 2, 3, 4)])
    world.match()
    world.ingest([ended_record(2, minute(1))])
    new_holder = person("tok-3", "+16265550177")
    no_consent = person("tok-4", "+16265550104", consent_at=None)
    world.do(api.ImportParticipants(rows=(new_holder, no_consent), at=START))
    (message,) = world.claim_messages(*"abcd")
    assert message.session_ref is not None
    settle(world, message.message_id, "intent")
    assert world.claim_messages("e", at=START + timedelta(hours=3)) == ()
    found = {row["session_id"]: row["error"] for row in world.rows("select * from messages")}
    assert found == {
        "S1": "too late", "S2": "session has ended", "S3": "not enrolled any more", "S4": "no consent"
    }  # fmt: skip


def test_one_message_a_kind_and_marker(matched: StoreWorld) -> None:
    def queue(marker: str, session: str = "S1") -> bool:
        return matched.do(
            api.QueueMessage(
                session_id=SessionId(session),
                kind="short",
                marker=marker,
                arguments={"kwh": "3"},
                at=START,
                not_after=minute(60),
            )
        )

    assert [queue("a"), queue("a"), queue("b")] == [True, False, True]
    with pytest.raises(NotFound):
        queue("a", "S9")
    matched.ingest([session_record(2, token_uid=None)])
    matched.match()
    with pytest.raises(NotFound):
        queue("a", "S2")
    claimed = matched.claim_messages("k1", "k2")
    assert [message.key_index for message in claimed] == [0, 1]
    assert len(matched.claim_messages("k3", "k4")) == 1


STEPS = st.sampled_from(["claim", "sent", "refused", "unknown", "intent", "restart", "stop", "match"])


@pytest.mark.invariant("I-17")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_no_path_sends_a_welcome_twice(world: StoreWorld, steps: list[str]) -> None:
    """I-17: a message is handed out again only after it surely did not leave."""
    world.empty(["session", "message", "link", "stopped_phone", "planning_event"])
    world.ingest([session_record(1)])
    world.match()
    may_have_left = Counter[str]()
    handed = None
    for number, step in enumerate(steps):
        if step == "claim":
            for message in world.claim_messages(f"k{number}"):
                assert not may_have_left[message.message_id]
                may_have_left[message.message_id] += 1
                handed = message.message_id
        elif step == "restart":
            world.do(api.AbandonSending(at=START))
        elif step == "stop":
            world.do(api.MarkStopped(phone=PHONE, stopped=number % 2 == 0, at=START))
        elif step == "match":
            world.match()
        elif handed:
            try:
                settle(world, handed, step)
            except Conflict:
                continue
            if step == "intent":
                may_have_left[handed] -= 1
    assert sum(may_have_left.values()) <= 1
    assert world.rows("select count(*) as n from messages") == [{"n": 1}]


def test_links_say_goodbye(matched: StoreWorld) -> None:
    (message,) = matched.claim_messages("k1")
    settle(matched, message.message_id, "sent")

    def is_open(at: float) -> bool:
        return matched.ask(api.ReadLink(key_hash="k1", now=minute(at))).open

    matched.ingest([ended_record(1, minute(30))], at=minute(30))
    assert [is_open(44.9), is_open(45)] == [True, False]


@pytest.mark.invariant("I-29")
def test_inbound_texts_count_once(world: StoreWorld) -> None:
    ref = world.welcome()

    def text(sid: str, phone: str = PHONE) -> api.InboundText:
        return world.do(api.RecordInbound(message_sid=sid, phone=phone, at=START))

    assert text("SM1") == api.InboundText(is_new=True, known=True, session_refs=(ref,), language="en")
    assert text("SM1") == api.InboundText(is_new=False, known=True, session_refs=(ref,), language="en")
    stranger = text("SM2", "+16265559999")
    assert (stranger.is_new, stranger.known, stranger.session_refs) == (True, False, ())
    world.ingest([ended_record(1, minute(5))])
    assert text("SM3").session_refs == ()


@pytest.mark.invariant("I-29")
def test_a_text_that_was_never_answered_is_taken_in_again(world: StoreWorld) -> None:
    def is_new(seconds: float, sid: str = "SM1") -> bool:
        at = START + timedelta(seconds=seconds)
        return world.do(api.RecordInbound(message_sid=sid, phone=PHONE, at=at)).is_new

    assert [is_new(0), is_new(29), is_new(31), is_new(60), is_new(62)] == [True, False, True, False, True]
    world.do(api.MarkAnswered(message_sid="SM1"))
    assert not is_new(3600)


def test_a_new_holder_does_not_inherit_the_session(world: StoreWorld) -> None:
    world.welcome()
    world.do(api.ImportParticipants(rows=(person("tok-1", "+16265550177"),), at=START))
    inbound = world.do(api.RecordInbound(message_sid="SM1", phone="+16265550177", at=START))
    assert (inbound.known, inbound.session_refs) == (True, ())
