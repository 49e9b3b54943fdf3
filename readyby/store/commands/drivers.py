"""What carriers say of messages, what drivers are to be told, and how much of it in a day (I-17, I-19)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from readyby import words
from readyby.energy import miles_of_kwh
from readyby.model import NOTHING_KW
from readyby.store import api
from readyby.store.commands.holding import hold, note_delivered
from readyby.store.commands.sessions import MESSAGE_TYPES
from readyby.store.registry import command
from readyby.store.work import Row, Work, batch_of

DAY: Final = timedelta(days=1)
LIFE: Final = {
    "accepted": timedelta(minutes=30),
    "cannot_meet": timedelta(hours=1),
    "ready": timedelta(hours=2),
    "summary": timedelta(hours=12),
}
LOOK_BACK: Final = timedelta(hours=12)
STANDS_AFTER: Final = timedelta(minutes=1)
"""Who is still changing their mind on the page is not texted about each step."""
SHORT_AFTER: Final = timedelta(minutes=2)
"""A need that one plan does not meet and the next one does is no news."""
CAN_WAIT: Final = ("ready", "summary")
ARRIVED: Final = ("delivered", "read")
STOPPED, DEAD = "stopped", "dead"


@command(api.RecordDelivery)
def record_delivery(work: Work, given: api.RecordDelivery) -> bool:
    news = work.value(
        "commands/upsert_delivery",
        provider_id=given.provider_id,
        status=given.status,
        place=given.place,
        error_code=given.error_code,
        changed_at=given.at,
        ends=STOPPED if given.stopped else DEAD if given.dead else "",
    )
    if news is not None:  # told once more it says nothing new: meanwhile the number may have texted
        mark_number(work, given.provider_id)
        if given.halting:
            hold(
                work,
                given.error_code or "",
                "messages fail after they were taken",
                given.at,
                by_delivery=True,
            )
        elif given.status in ARRIVED:
            note_delivered(work, given.provider_id)
    return news is not None


@command(api.MarkUnreachable)
def mark_unreachable(work: Work, given: api.MarkUnreachable) -> None:
    _mark(work, work.secrecy.phone_hash(given.phone), given.error_code, given.at)


def mark_number(work: Work, provider_id: str) -> None:
    """Keep what a carrier's word on a message says of its number, whichever of the two became known first."""
    delivery = work.row("queries/delivery", provider_id=provider_id)
    phone_hash = work.value("queries/phone_of_provider_id", provider_id=provider_id)
    if delivery is None or phone_hash is None:
        return
    if delivery["ends"] == STOPPED:
        work.run("commands/insert_stopped_phone", phone_hash=phone_hash, stopped_at=delivery["changed_at"])
    if delivery["ends"] == DEAD:
        _mark(work, phone_hash, delivery["error_code"], delivery["changed_at"])


def _mark(work: Work, phone_hash: str, error_code: str | None, at: datetime) -> None:
    work.run(
        "commands/insert_unreachable_phone", phone_hash=phone_hash, error_code=error_code or "", since_at=at
    )


@command(api.CountText)
def count_text(work: Work, given: api.CountText) -> int:
    phone_hash = work.secrecy.phone_hash(given.phone)
    work.run("commands/forget_text_counts", before=given.at - DAY)
    work.run("commands/count_text", phone_hash=phone_hash, at=given.at)
    # who texts can be reached again
    work.run("commands/delete_unreachable_phone", phone_hash=phone_hash)
    return int(work.value("queries/texts_since", phone_hash=phone_hash, since=given.at - DAY))


@command(api.NoteDrivers)
def note_drivers(work: Work, given: api.NoteDrivers) -> int:
    due = work.rows(
        "queries/due_notes",
        now=given.now,
        since=given.now - LOOK_BACK,
        stands=given.now - SHORT_AFTER,
        short_kwh=given.short_kwh,
        short_share=given.short_share,
        nothing_kw=NOTHING_KW,
    )
    accepted = work.rows(
        "queries/due_acceptances",
        now=given.now,
        since=given.now - LIFE["accepted"],
        settled=given.now - STANDS_AFTER,
        short_kwh=given.short_kwh,
        short_share=given.short_share,
    )
    due += [row | {"note": "accepted", "active": True} for row in accepted]
    intents = list(_intents(work, due, given))
    return len(work.rows_of("commands/insert_messages", batch_of(intents, **MESSAGE_TYPES))) if intents else 0


def _intents(work: Work, due: list[Row], given: api.NoteDrivers) -> Iterator[Row]:
    for row in due:
        zone = ZoneInfo(row["time_zone"])
        if must_wait(work, row["note"], given.now, zone):
            continue
        yield {
            "message_id": work.ids(),
            "session_id": row["session_id"],
            "participant_key": row["participant_key"],
            "kind": row["note"],
            "marker": row["request_id"] if row["active"] else "",
            "arguments": orjson.dumps(_arguments(row, zone)).decode(),
            "created_at": given.now,
            "not_after": given.now + LIFE[row["note"]],
        }


def must_wait(work: Work, kind: str, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a message of a kind is not for these hours; what answers a driver never waits."""
    return kind in CAN_WAIT and work.caps.is_quiet(now.astimezone(zone).hour)


def _arguments(row: Row, zone: ZoneInfo) -> dict[str, str]:
    """What the wordings of a note name, in the words of its driver."""
    if row["note"] == "summary":
        saved_usd = row["saved_usd"]
        saved = {"saved": f"${saved_usd:.2f}"} if saved_usd >= 0.01 else {}
        return {"energy": words.energy(row["settled_kwh"]), **saved}
    amount = _amount(row, row["energy_need_kwh"])
    if row["note"] == "ready":
        return {"amount": amount}
    language = words.spoken_language(row["language"])
    if row["note"] == "accepted":
        return {"amount": amount, "departure": words.when(row["departure_at"], zone, language)}
    all_by = {"all_by": words.when(row["ready_at"], zone, language)} if row["ready_at"] else {}
    return {
        "departure": words.when(row["departure_at"], zone, language),
        "possible": _amount(row, max(0.0, row["energy_need_kwh"] - row["shortfall_kwh"])),
        "amount": amount,
        **all_by,
    }


def _amount(row: Row, energy_kwh: float) -> str:
    if row["distance_mi"] is None:
        return words.energy(energy_kwh)
    return words.distance(miles_of_kwh(energy_kwh, row["wh_per_mi"]))
