"""EVSEs that fall silent, and are heard of again, call for a plan: once each time (I-5)."""

from collections.abc import Mapping
from datetime import datetime

from readyby.store.commands.planning import add_event
from readyby.store.ingest.page import Page
from readyby.store.work import Work


def heed_silence(work: Work, page: Page, sites: Mapping[str, str], at: datetime) -> bool:
    """Keep who is silent as the page tells it; whether that is another than before.

    Of whom the page is undecided, what was known stands. EVSEs of no site here count for nothing.
    """
    if page.silent is None:
        return False
    known = {row["evse_id"] for row in work.rows("queries/silent_evses")}
    silent = {evse_id for evse_id in page.silent if evse_id in sites}
    back = known - silent - (set(page.undecided) & sites.keys())
    for evse_id in sorted(silent - known):
        work.run("commands/insert_evse_silence", evse_id=evse_id, since_at=at)
        add_event(work, sites[evse_id], "evse_silent", evse_id, at)
    for evse_id in sorted(back):
        work.run("commands/delete_evse_silence", evse_id=evse_id)
        if evse_id in sites:
            add_event(work, sites[evse_id], "evse_heard_again", evse_id, at)
    return bool(back or silent - known)
