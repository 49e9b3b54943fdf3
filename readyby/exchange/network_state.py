"""What the adapter must not forget, in a small SQLite file of its own (WAL, FULL): it survives kill -9.

A push is answered with success only when it is here. News wait here until the exchange, by asking with a
later cursor, says that it has written them down.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Final

import orjson

from readyby.errors import Misconfigured

SCHEMA: Final = (Path(__file__).parent / "network_state.sql").read_text(encoding="utf-8")
KEPT_REJECTS: Final = 1_000
KEPT_COMMANDS: Final = 8
"""A session, the newest: what may still be in force."""

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An object's copy; `told_at` is how new the last record was that the exchange was told of it."""

    body: Json
    live: bool
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A command that was sent; no profile: a release."""

    command_id: str
    session_key: str
    profile: Json | None
    sent_at: datetime
    rank: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Rows the exchange has not taken over: kind and body, in order, with the last one's number."""

    rows: tuple[tuple[str, Json], ...]
    last_seq: int
    more: bool


class NetworkState:
    """The file, for the threads of one process.

    Raises:
        Misconfigured: the file cannot be opened, or is no state of ours.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = RLock()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.executescript(SCHEMA)
            self._grow_up()
        except (sqlite3.Error, OSError) as error:
            raise Misconfigured(f"{path}: {error}: move the file away, or make its folder writable") from None
        self.epoch = self.once("epoch", secrets.token_hex(16))
        self.secret = self.once("secret", secrets.token_hex(16)).encode()

    def _grow_up(self) -> None:
        """A file from before wishes were news does not take them: its news are kept anew, numbers and all."""
        (made,) = self._db.execute("SELECT sql FROM sqlite_master WHERE name = 'news'").fetchone()
        if "'wish'" in made:
            return
        with self.writing():
            self._db.execute("ALTER TABLE news RENAME TO former_news")
            self._db.execute(str(made).replace("'word'", "'word', 'wish'"))
            self._db.execute("INSERT INTO news SELECT * FROM former_news")
            self._db.execute("DELETE FROM sqlite_sequence WHERE name = 'news'")
            self._db.execute("UPDATE sqlite_sequence SET name = 'news' WHERE name = 'former_news'")
            self._db.execute("DROP TABLE former_news")

    def close(self) -> None:
        """Wait for whoever is at it: a connection that is closed under a statement takes the process down."""
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing; nested calls join the outer one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # --- small facts ----------------------------------------------------------------------------------

    def fact(self, name: str) -> str | None:
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep_fact(self, name: str, value: str) -> None:
        with self.writing():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def once(self, name: str, value: str) -> str:
        """Keep a fact unless there is one; the one that stands."""
        with self.writing():
            self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
        return str(self.fact(name))

    # --- objects --------------------------------------------------------------------------------------

    def read(self, module: str, key: str) -> Kept | None:
        with self._lock:
            row = self._db.execute(
                "SELECT body, live, told_at FROM object WHERE module = ? AND key = ?", (module, key)
            ).fetchone()
        if row is None:
            return None
        told_at = datetime.fromisoformat(row[2]) if row[2] else None
        return Kept(body=orjson.loads(row[0]), live=bool(row[1]), told_at=told_at)

    def read_all(self, module: str, *, only_open: bool = False) -> list[Kept]:
        where = "AND ended = 0" if only_open else ""
        with self._lock:
            rows = self._db.execute(
                f"SELECT body, live FROM object WHERE module = ? {where} ORDER BY key",  # noqa: S608 - no input
                (module,),
            ).fetchall()
        return [Kept(body=orjson.loads(body), live=bool(live)) for body, live in rows]

    def keep(
        self, module: str, key: str, body: Mapping[str, object], at: datetime, *, live: bool, ended: bool
    ) -> None:
        with self.writing():
            self._db.execute(
                "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ("
                "SELECT told_at FROM object WHERE module = ? AND key = ?))",
                (module, key, orjson.dumps(body).decode(), live, ended, at.isoformat(), module, key),
            )

    def keep_told(self, module: str, key: str, at: datetime) -> None:
        """How new the record is that the exchange is told of an object."""
        with self.writing():
            self._db.execute(
                "UPDATE object SET told_at = ? WHERE module = ? AND key = ?", (at.isoformat(), module, key)
            )

    def drop(self, module: str, key: str) -> bool:
        """Forget an object; whether it was there."""
        with self.writing():
            found = self._db.execute("DELETE FROM object WHERE module = ? AND key = ?", (module, key))
        return found.rowcount > 0

    # --- news -----------------------------------------------------------------------------------------

    def tell(self, rows: Iterable[tuple[str, Mapping[str, object]]]) -> None:
        """Keep news for the exchange."""
        with self.writing():
            self._db.executemany(
                "INSERT INTO news (kind, body) VALUES (?, ?)",
                [(kind, orjson.dumps(body).decode()) for kind, body in rows],
            )

    def news(self, after: int, most: int) -> News:
        """What came after a number; what lies up to it has been taken over, and is forgotten."""
        with self.writing():
            self._db.execute("DELETE FROM news WHERE seq <= ?", (after,))
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, kind, body FROM news ORDER BY seq LIMIT ?", (most + 1,)
            ).fetchall()
        told = rows[:most]
        return News(
            rows=tuple((str(kind), orjson.loads(body)) for _, kind, body in told),
            last_seq=int(told[-1][0]) if told else after,
            more=len(rows) > most,
        )

    def waiting(self, kind: str) -> list[Json]:
        """All news of a kind that nobody has taken over."""
        with self._lock:
            rows = self._db.execute("SELECT body FROM news WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
        return [orjson.loads(body) for (body,) in rows]

    # --- commands -------------------------------------------------------------------------------------

    def keep_command(self, result_key: str, sent: Sent) -> None:
        """A command about to leave; older ones of its session beyond a few are forgotten."""
        profile = None if sent.profile is None else orjson.dumps(sent.profile).decode()
        with self.writing():
            self._db.execute(
                "INSERT OR REPLACE INTO command SELECT ?, ?, ?, ?, ?, ?, ?, "
                "(SELECT told FROM command WHERE result_key = ?), coalesce(max(number), 0) + 1 FROM command",
                (
                    result_key,
                    sent.command_id,
                    sent.session_key,
                    profile,
                    sent.sent_at.isoformat(),
                    *sent.rank,
                    result_key,
                ),
            )
            self._db.execute(
                "DELETE FROM command WHERE session_key = ? AND number NOT IN "
                "(SELECT number FROM command WHERE session_key = ? ORDER BY number DESC LIMIT ?)",
                (sent.session_key, sent.session_key, KEPT_COMMANDS),
            )

    def tell_word(self, result_key: str, word: Mapping[str, object]) -> None:
        """Tell the exchange a word on a command, unless it was the last one told of it."""
        said = str(word["verdict"])
        with self.writing():
            changed = self._db.execute(
                "UPDATE command SET told = ? WHERE result_key = ? AND told IS NOT ?", (said, result_key, said)
            )
            if changed.rowcount:
                self.tell([("word", word)])

    def command(self, result_key: str) -> Sent | None:
        with self._lock:
            row = self._db.execute(
                "SELECT command_id, session_key, profile, sent_at, plan_version, attempt FROM command "
                "WHERE result_key = ?",
                (result_key,),
            ).fetchone()
        return None if row is None else _sent(row)

    def commands(self, session_key: str) -> list[Sent]:
        """A session's newest commands, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT command_id, session_key, profile, sent_at, plan_version, attempt FROM command "
                "WHERE session_key = ? ORDER BY number",
                (session_key,),
            ).fetchall()
        return [_sent(row) for row in rows]

    def newest_rank(self, session_key: str) -> tuple[int, int]:
        """The highest rank of a session's newest commands; (0, 0): none was sent."""
        return max((sent.rank for sent in self.commands(session_key)), default=(0, 0))

    # --- rejects, and what is over --------------------------------------------------------------------

    def reject(self, module: str, reason: str, body: bytes, at: datetime) -> bool:
        """Keep what could not be read, with the reason; the newest so many. Whether it is a new one."""
        digest = blake2b(b"\0".join((module.encode(), reason.encode(), body)), digest_size=16).digest()
        with self.writing():
            kept = self._db.execute(
                "INSERT OR IGNORE INTO reject (at, module, reason, body, digest) VALUES (?, ?, ?, ?, ?)",
                (at.isoformat(), module, reason, body.decode("utf-8", "replace"), digest),
            )
            self._db.execute(
                "DELETE FROM reject WHERE number <= (SELECT max(number) FROM reject) - ?", (KEPT_REJECTS,)
            )
        return kept.rowcount > 0

    def rejects(self) -> list[tuple[str, str]]:
        """Module and reason of what could not be read, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT module, reason FROM reject ORDER BY number").fetchall()
        return [(str(module), str(reason)) for module, reason in rows]

    def forget(self, ended_before: datetime, silent_before: datetime) -> int:
        """Drop what ended, and sessions not heard of, before so long; their commands, and old rejects.

        How many objects went. What was dropped is gone from the file, too: it named drivers' tokens.
        """
        before = ended_before.isoformat()
        with self.writing():
            gone = self._db.execute(
                "DELETE FROM object WHERE ended = 1 AND kept_at < ? OR module = 'sessions' AND kept_at < ?",
                (before, silent_before.isoformat()),
            ).rowcount
            self._db.execute("DELETE FROM reject WHERE at < ?", (before,))
            self._db.execute(
                "DELETE FROM command WHERE sent_at < ? AND NOT EXISTS (SELECT 1 FROM object "
                "WHERE module = 'sessions' AND key = session_key)",
                (before,),
            )
        if gone:
            with self._lock:
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone


def _sent(row: tuple[str, str, str | None, str, int, int]) -> Sent:
    command_id, session_key, profile, sent_at, plan_version, attempt = row
    return Sent(
        command_id=command_id,
        session_key=session_key,
        profile=None if profile is None else orjson.loads(profile),
        sent_at=datetime.fromisoformat(sent_at),
        rank=(plan_version, attempt),
    )
