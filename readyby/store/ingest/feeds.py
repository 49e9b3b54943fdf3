"""Where each feed stands."""

from datetime import datetime

from readyby.store.work import Work


def advance(work: Work, feed: str, cursor: int, as_of: datetime | None) -> tuple[int, datetime | None]:
    """Move a feed's position forward, never back; where it stands now."""
    values = {"feed": feed, "cursor_value": cursor, "as_of": as_of}
    row = work.row("commands/advance_feed", **values) or work.row("commands/begin_feed", **values)
    assert row is not None
    return row["cursor_value"], row["as_of"]
