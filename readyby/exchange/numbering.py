"""The numbers of what the ledger tells: they only grow, also over the loss of the file.

An empty ledger begins where no former one has come. A reader that is ahead of a ledger had another one, as
before its loss, or before an older copy was put back: what is there is then numbered behind what it has read,
and so told again, which changes nothing where it is known.
"""

import sqlite3

import orjson

FEED, RECEIPTS = "feed_head", "receipt_head"
"""Where `meta` keeps their newest numbers; that of notices is SQLite's own."""
BEGAN = "began_after"
"""Where it keeps from where on the ledger counts; not where a ledger is older than that."""


def begin(db: sqlite3.Connection, at: int) -> None:
    """Let everything that has no number yet be counted from after `at`."""
    if not _value(db, "SELECT count(*) FROM meta"):
        db.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (BEGAN, str(at)))
    for name in (FEED, RECEIPTS):
        db.execute("INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)", (name, str(at)))
    db.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'notices', ? "
        "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'notices')",
        (at,),
    )


def move_feed(db: sqlite3.Connection, after: int) -> None:
    """Number the feed's rows from after a number on."""
    ahead = _ahead(after, _value(db, "SELECT min(seq) FROM feed"))
    db.execute("UPDATE feed SET seq = -(seq + ?)", (ahead,))
    db.execute("UPDATE feed SET seq = -seq")
    _set_head(db, FEED, max(after, _value(db, "SELECT max(seq) FROM feed") or 0))


def move_notices(db: sqlite3.Connection, after: int) -> None:
    """The same for notices."""
    ahead = _ahead(after, _value(db, "SELECT min(seq) FROM notices"))
    db.execute("UPDATE notices SET seq = -(seq + ?)", (ahead,))
    db.execute("UPDATE notices SET seq = -seq")
    head = max(after, _value(db, "SELECT max(seq) FROM notices") or 0)
    db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'notices'", (head,))


def move_receipts(db: sqlite3.Connection, after: int) -> None:
    """The same for receipts, whose numbers stand in their bodies, and the progress of plans among them."""
    numbers = "SELECT seq FROM receipts UNION ALL SELECT progress_seq FROM plans"
    ahead = _ahead(after, _value(db, f"SELECT min(seq) FROM ({numbers})"))  # noqa: S608 - no input
    told = db.execute("SELECT seq + ?, body FROM receipts", (ahead,)).fetchall()
    db.execute("DELETE FROM receipts")
    db.executemany(
        "INSERT INTO receipts (seq, body) VALUES (?, ?)",
        [(seq, orjson.dumps({**orjson.loads(body), "seq": seq})) for seq, body in told],
    )
    db.execute("UPDATE plans SET progress_seq = progress_seq + ?", (ahead,))
    _set_head(db, RECEIPTS, max(after, _value(db, f"SELECT max(seq) FROM ({numbers})") or 0))  # noqa: S608


def _ahead(after: int, first: int | None) -> int:
    """By how much rows have to move, of which the first has this number."""
    return 0 if first is None else after + 1 - first


def _value(db: sqlite3.Connection, query: str) -> int | None:
    found = db.execute(query).fetchone()[0]
    return None if found is None else int(found)


def _set_head(db: sqlite3.Connection, name: str, head: int) -> None:
    db.execute("UPDATE meta SET value = ? WHERE name = ?", (str(head), name))
