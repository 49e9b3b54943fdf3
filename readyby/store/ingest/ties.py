"""Sessions of one stay: it goes on under another name, or is told again as part of a larger one (I-17, I-23).

Both are of the same token at the same EVSE. A session that begins within two minutes of another's end
continues it: the driver's link and request go on with it, and there is no second welcome. An ended session
that a live one covers, in time and in energy, was merged into it: it is not settled beside it.
"""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from readyby.model import Channel, RequestId, RequestKind, SessionRef
from readyby.store import api
from readyby.store.commands.requests import submit_request
from readyby.store.work import Row, Work

CONTINUES, MERGED = "continues", "merged"
LEAST_KWH = 0.1
"""What a driver's need comes to at least when it goes on: one that is met already keeps to its plan."""


def note_merged(work: Work, evse_ids: Iterable[str], at: datetime) -> None:
    """Mark the sessions at these EVSEs that others cover; what they were settled for is in the others."""
    batch = pa.table({"evse_id": pa.array(sorted(set(evse_ids)), pa.string())})
    done: set[str] = set()
    for row in work.rows_of("queries/merged_sessions", batch):
        if row["session_id"] in done or row["other_id"] in done:
            continue
        done.add(row["session_id"])
        work.run("commands/insert_session_tie", **row, kind=MERGED, tied_at=at)
        work.run("commands/delete_settlement", session_id=row["session_id"])


def find_continued(work: Work, session_ids: Iterable[str]) -> dict[str, Row]:
    """The sessions that these continue, by theirs: the one that ended last."""
    batch = pa.table({"session_id": pa.array(sorted(session_ids), pa.string())})
    return {row["session_id"]: row for row in work.rows_of("queries/continued_sessions", batch)}


def go_on(work: Work, found: Row, now: datetime) -> None:
    """Hand the driver's link and request over to the session that goes on, which has the name already.

    It was the network that asked for it: the driver is not told once more what was accepted.
    """
    pair = {name: found[name] for name in ("session_id", "continues_id")}
    work.run(
        "commands/insert_session_tie",
        session_id=found["session_id"],
        kind=CONTINUES,
        other_id=found["continues_id"],
        tied_at=now,
    )
    work.run("commands/hand_over_links", **pair)
    asked = work.row("queries/request_in_force", session_id=found["continues_id"])
    if asked is None:
        return
    need_kwh = asked["energy_need_kwh"]
    if need_kwh is not None:
        need_kwh = round(max(need_kwh - found["before_kwh"], LEAST_KWH), 3)
    submit_request(
        work,
        api.SubmitRequest(
            session_ref=SessionRef(found["session_ref"]),
            request_id=RequestId(f"{asked['request_id']}+"),
            kind=RequestKind(asked["kind"]),
            channel=Channel.NETWORK,
            received_at=now,
            received_machine_ms=asked["received_machine_ms"],
            departure_at=asked["departure_at"],
            energy_need_kwh=need_kwh,
        ),
    )
