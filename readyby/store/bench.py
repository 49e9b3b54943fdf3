"""How fast pages of meter values become committed rows: page bytes in, validated and stored, idempotent."""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from readyby.model import Evse, EvseId, Site, SiteId
from readyby.store import api
from readyby.store.engine import LocalStore, open_store

EVSES = 500
PAGE_ROWS = 100_000
BAD_EVERY = 1000
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SITE = "bench"


def ingest_rows_per_s(rows: int = 1_000_000) -> dict[str, float]:
    """Rows a second with 0.1 % bad rows, first and sent again, on a database file; and what was counted."""
    with tempfile.TemporaryDirectory(prefix="readyby-bench-") as folder:
        store = open_store(Path(folder) / "bench.duckdb", pepper=b"bench", min_free_mb=0)
        try:
            store.do_sync(api.PutSite(site=_site(), at=START))
            pages = [_page(number, min(PAGE_ROWS, rows - number)) for number in range(0, rows, PAGE_ROWS)]
            first_s, stored, bad = _ingest(store, pages)
            again_s, stored_again, _ = _ingest(store, pages)
        finally:
            store.close()
    return {
        "rows": rows,
        "rows_per_s": round(rows / first_s),
        "rows_per_s_again": round(rows / again_s),
        "stored": stored,
        "stored_again": stored_again,
        "quarantined": bad,
    }


def _ingest(store: LocalStore, pages: list[bytes]) -> tuple[float, int, int]:
    started_s = time.monotonic()
    stored = bad = 0
    for number, body in enumerate(pages):
        command = api.IngestPage(body=body, received_at=START)
        done = store.do_sync(command, op_id=f"{started_s}-{number}")
        stored += done.meter_values
        bad += done.quarantined
    return time.monotonic() - started_s, stored, bad


def _site() -> Site:
    evses = tuple(
        Evse(evse_id=EvseId(f"E-{n:04}"), max_kw=6.6, min_kw=1.25, standing_cap_kw=2.0, voltage_v=208)
        for n in range(EVSES)
    )
    return Site(
        site_id=SiteId(SITE), name="Bench", time_zone="UTC", limit_kw=1000.0, tariff_id="", evses=evses
    )


def _page(first: int, count: int) -> bytes:
    """Readings of all EVSEs in turn, ten seconds apart; every thousandth with a negative power."""
    rows = range(first, first + count)
    at = {row // EVSES: (START + timedelta(seconds=10 * (row // EVSES))).isoformat() for row in rows}
    page = {
        "next": first + count,
        "as_of": max(at.values()),
        "sessions": [],
        "meter_values": {
            "session_id": [f"S-{row % EVSES:04}" for row in rows],
            "evse_id": [f"E-{row % EVSES:04}" for row in rows],
            "measured_at": [at[row // EVSES] for row in rows],
            "power_kw": [-1.0 if row % BAD_EVERY == 7 else 3.0 + row % 7 / 3 for row in rows],
            "energy_kwh": [row // EVSES / 100 for row in rows],
        },
    }
    return orjson.dumps(page)
