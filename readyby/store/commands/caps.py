"""Why a message may not leave: caps in the ledger, so that no loop outside can pass them (I-19)."""

from datetime import datetime, timedelta
from typing import Final

from readyby.store.work import Work

DAY: Final = timedelta(days=1)


def held_back(work: Work, message_id: str, now: datetime) -> str | None:
    """Why a message must not leave, None if it may."""
    row = work.row("queries/phone_blocks", message_id=message_id, since=now - DAY)
    if row is None:
        return None
    caps = work.caps
    reasons = {
        f"the number cannot be reached ({row['unreachable']})": row["unreachable"] is not None,
        "paused by the operator": row["paused"],
        "cap: messages of the session": row["in_session"] >= caps.of_session,
        "cap: messages to the number in a day": row["to_phone"] >= caps.of_number_a_day,
        "cap: messages of the site in a day": row["from_site"] >= caps.of_site_a_day,
        "cap: messages in a day": row["of_all"] >= caps.of_all_a_day,
        "cap: country of the number": not caps.serves(row["phone"]),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)
