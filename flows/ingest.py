"""Ingest the feed."""

from prefect import flow

from readyby.runs.lane import RunReport
from tasks.ingest import read_feed, report_taken, take_in


@flow(name="ingest-feed", validate_parameters=False)
async def ingest_feed(wait_s: float = 0.0) -> RunReport:
    """Take in what the exchange has to tell: sessions and meter values, each once, in any order.

    Args:
        wait_s: How long to wait for news, in seconds.
    """
    page = await read_feed(wait_s)
    return report_taken(await take_in(page))
