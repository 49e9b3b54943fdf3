"""The file of what a network told: a former one goes on under the same numbers."""

import sqlite3
from pathlib import Path

from readyby.exchange.network_state import SCHEMA, NetworkState


def test_a_file_from_before_wishes_keeps_its_news_and_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "ocpi.sqlite"
    former = sqlite3.connect(path)
    former.executescript(SCHEMA.replace(", 'wish'", ""))
    for number in range(3):
        former.execute("INSERT INTO news (kind, body) VALUES ('session', ?)", (f'{{"n": {number}}}',))
    former.execute("DELETE FROM news WHERE seq > 1")
    former.commit()
    former.close()
    for name in ("first", "second"):
        state = NetworkState(path)
        state.tell([("wish", {"name": name})])
        state.close()
    rows = sqlite3.connect(path).execute("SELECT seq, kind FROM news ORDER BY seq").fetchall()
    assert rows == [(1, "session"), (4, "wish"), (5, "wish")]
