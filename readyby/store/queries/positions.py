"""Where feeds and clocks stand, and what waits."""

from datetime import datetime

from readyby.store import api
from readyby.store.commands.notices import FEED as NOTICES
from readyby.store.commands.receipts import FEED as RECEIPTS
from readyby.store.ingest.command import FEED as PAGES
from readyby.store.registry import query
from readyby.store.work import Work


@query(api.GrantedTime)
def granted_time(work: Work, asked: api.GrantedTime) -> datetime | None:
    until: datetime | None = work.value("queries/granted_time")
    return until


@query(api.FeedCursor)
def feed_cursor(work: Work, asked: api.FeedCursor) -> int:
    return _cursor(work, PAGES)


@query(api.ReceiptCursor)
def receipt_cursor(work: Work, asked: api.ReceiptCursor) -> int:
    return _cursor(work, RECEIPTS)


@query(api.NoticeCursor)
def notice_cursor(work: Work, asked: api.NoticeCursor) -> int:
    return _cursor(work, NOTICES)


def _cursor(work: Work, feed: str) -> int:
    row = work.row("queries/feed_position", feed=feed)
    return int(row["cursor_value"]) if row else 0


@query(api.ReadPending)
def read_pending(work: Work, asked: api.ReadPending) -> api.Pending:
    row = work.row("queries/pending", feed=PAGES)
    assert row is not None
    return api.Pending(**row)
