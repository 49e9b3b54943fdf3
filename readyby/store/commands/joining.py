"""Drivers who enroll themselves: nothing is consent before the code of their very phone came back."""

import hmac
from datetime import datetime, timedelta
from typing import Final

from readyby.model import SessionId
from readyby.store import api
from readyby.store.api import JoinState, JoinStep
from readyby.store.commands.people import enrolled_as, write_people
from readyby.store.registry import command
from readyby.store.work import Row, Work

DAY: Final = timedelta(days=1)
CODE_LIFE: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
BETWEEN_CODES: Final = timedelta(minutes=1)
PLUG_IN_WITHIN: Final = timedelta(minutes=15)
CLOCKS_APART: Final = timedelta(seconds=30)
"""A station's clock may be this far behind ours."""

UNCONFIRMED: Final = JoinStep(state=JoinState.UNCONFIRMED)


@command(api.BeginJoin)
def begin_join(work: Work, given: api.BeginJoin) -> bool:
    phone_hash = work.secrecy.phone_hash(given.phone)
    join_hash = work.secrecy.join_hash(given.join_key)
    work.run("commands/forget_joinings", before=given.at - DAY)
    texted = _may_be_texted(work, phone_hash, given)
    begun = work.value(
        "commands/insert_joining",
        join_hash=join_hash,
        phone_hash=phone_hash,
        code_hash=work.secrecy.code_hash(join_hash, given.code),
        token_hash=work.secrecy.token_hash(given.token_uid),
        site_id=given.site_id,
        evse_id=given.evse_id,
        wh_per_mi=given.wh_per_mi,
        language=given.language,
        consent_source=given.consent_source,
        consent_version=given.consent_version,
        consent_text=given.consent_text,
        began_at=given.at,
        texted=texted,
    )
    return texted and begun is not None


def _may_be_texted(work: Work, phone_hash: str, given: api.BeginJoin) -> bool:
    row = work.row(
        "queries/join_blocks",
        phone_hash=phone_hash,
        site_id=given.site_id,
        since=given.at - DAY,
        lately=given.at - BETWEEN_CODES,
    )
    assert row is not None
    return (
        work.caps.serves(given.phone)
        and not (row["stopped"] or row["unreachable"] or row["just_now"])
        and row["to_phone"] < work.caps.codes_of_number_a_day
        and row["from_site"] < work.caps.codes_of_site_a_day
    )


@command(api.ConfirmJoin)
def confirm_join(work: Work, given: api.ConfirmJoin) -> JoinStep:
    row = _joining(work, given.join_key, given.phone)
    if row is None:
        return UNCONFIRMED
    return _confirmed(work, row, given.phone, given.code, given.at)


@command(api.ConfirmJoinByText)
def confirm_join_by_text(work: Work, given: api.ConfirmJoinByText) -> JoinStep:
    phone_hash = work.secrecy.phone_hash(given.phone)
    row = work.row("queries/joining_of_phone", phone_hash=phone_hash, since=given.at - CODE_LIFE)
    if row is None:
        return UNCONFIRMED
    return _confirmed(work, row, given.phone, given.code, given.at)


@command(api.ContinueJoin)
def continue_join(work: Work, given: api.ContinueJoin) -> JoinStep:
    row = _joining(work, given.join_key, given.phone)
    if row is None or row["state"] != JoinState.WAITING:
        return _step(row)
    if given.at - row["confirmed_at"] > PLUG_IN_WITHIN:
        return UNCONFIRMED
    session = work.row(
        "queries/session_to_take",
        site_id=row["site_id"],
        evse_id=row["evse_id"],
        phone_hash=row["phone_hash"],
        since=row["confirmed_at"] - CLOCKS_APART,
        waiting_since=given.at - PLUG_IN_WITHIN,
    )
    if session is None:
        return JoinStep(state=JoinState.WAITING)
    if given.session_id == session["session_id"]:
        return _enrolled(work, row, given.phone, session["token_hash"], given.at)
    return JoinStep(
        state=JoinState.SEEN,
        session_id=SessionId(session["session_id"]),
        started_at=session["started_at"],
    )


def _joining(work: Work, join_key: str, phone: str) -> Row | None:
    return work.row(
        "queries/joining",
        join_hash=work.secrecy.join_hash(join_key),
        phone_hash=work.secrecy.phone_hash(phone),
    )


def _step(row: Row | None) -> JoinStep:
    """Where a joining stands that nothing is to be done about."""
    if row is None or row["state"] == "begun":
        return UNCONFIRMED
    return JoinStep(state=JoinState(row["state"]), language=row["language"])


def _confirmed(work: Work, row: Row, phone: str, code: str | None, at: datetime) -> JoinStep:
    """A joining after a code or, without one, after a plain yes from the phone itself."""
    if row["state"] != "begun":
        return _step(row)
    if row["tries"] >= MOST_TRIES or at - row["began_at"] > CODE_LIFE:
        return UNCONFIRMED
    if code is not None and not hmac.compare_digest(
        row["code_hash"], work.secrecy.code_hash(row["join_hash"], code)
    ):
        work.run("commands/count_join_try", join_hash=row["join_hash"])
        return UNCONFIRMED
    confirmed = row | {"confirmed_at": at}
    if row["token_hash"]:
        return _enrolled(work, confirmed, phone, row["token_hash"], at)
    return _set(work, confirmed, JoinState.WAITING)


def _set(work: Work, row: Row, state: JoinState) -> JoinStep:
    confirmed = {"join_hash": row["join_hash"], "confirmed_at": row["confirmed_at"]}
    work.run("commands/set_joining", state=state.value, **confirmed)
    return JoinStep(state=state, language=row["language"])


def _enrolled(work: Work, row: Row, phone: str, token_hash: str, at: datetime) -> JoinStep:
    """Enroll; a token of somebody else stays theirs, and whoever asked for it learns nothing of that."""
    known = work.row("queries/person_by_token", token_hash=token_hash)
    if known is None or known["phone"] == phone:
        wanted = api.ParticipantRow(
            line=0,
            token_uid="",
            phone=phone,
            consent_at=row["confirmed_at"],
            consent_source=row["consent_source"],
            consent_version=row["consent_version"],
            consent_text=row["consent_text"],
            wh_per_mi=row["wh_per_mi"],
            language=row["language"],
        )
        _, person = enrolled_as(work, token_hash, wanted, known, at)
        write_people(work, [person | {"phone_hash": row["phone_hash"], "changed_at": at}])
        work.run("commands/match_again", token_hash=token_hash)
    return _set(work, row, JoinState.DONE)
