"""One feed page into the store: rows, events and cursor in one transaction (I-24, I-25)."""

from datetime import timedelta

from readyby.store import api
from readyby.store.ingest.feeds import advance
from readyby.store.ingest.page import Page, parse_page
from readyby.store.ingest.plugged import take_sessions
from readyby.store.ingest.quarantine import BadRecord, quarantine
from readyby.store.ingest.readings import Readings, take_readings
from readyby.store.ingest.silence import heed_silence
from readyby.store.ingest.wishes import judge_wishes, keep_wishes
from readyby.store.registry import command
from readyby.store.work import Work

FEED = "pages"
AHEAD = timedelta(minutes=10)


@command(api.IngestPage)
def ingest_page(work: Work, given: api.IngestPage) -> api.Ingested:
    page = parse_page(given.body)
    latest = (page.as_of or given.received_at) + AHEAD
    evses = work.rows("queries/evse_limits")
    sites = {row["evse_id"]: row["site_id"] for row in evses}
    plugged = take_sessions(work, page.sessions, sites, latest, given.received_at)
    if page.uneven:
        readings = Readings(stored=0, duplicates=0, bad=[_uneven(page)])
    else:
        max_kw = {row["evse_id"]: row["max_kw"] for row in evses}
        readings = take_readings(work, page.columns, max_kw, latest)
    wished = keep_wishes(work, page.wishes)
    requests, unmeant = judge_wishes(work, given.received_at)
    bad = [*plugged.bad, *readings.bad, *wished, *unmeant]
    quarantine(work, bad, given.received_at)
    silence_changed = heed_silence(work, page, sites, page.as_of or given.received_at)
    cursor, as_of = advance(work, FEED, page.next, page.as_of)
    if page.meter_every_s != work.value("queries/meter_every", feed=FEED):
        work.run("commands/set_meter_every", feed=FEED, meter_every_s=page.meter_every_s)
    return api.Ingested(
        cursor=cursor,
        as_of=as_of,
        started=plugged.started,
        ended=plugged.ended,
        sessions=plugged.stored,
        meter_values=readings.stored,
        duplicates=plugged.duplicates + readings.duplicates,
        quarantined=len(bad),
        requests=requests,
        silence_changed=silence_changed,
    )


def _uneven(page: Page) -> BadRecord:
    """Columns of unequal length belong to no rows: they are kept as one bad record."""
    lengths = ", ".join(f"{name} {len(column)}" for name, column in page.columns.items())
    return BadRecord(kind="meter_values", reason=f"columns of unequal length: {lengths}", record=page.columns)
