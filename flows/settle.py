"""Settle sessions."""

from prefect import flow

from readyby.runs.lane import RunReport
from tasks.settle import settle_ended


@flow(name="settle-sessions", validate_parameters=False)
async def settle_sessions(site_id: str = "jpl", wake_up: str = "") -> RunReport:
    """Settle the ended sessions of a site: energy, cost, the promise kept or not, the uncontrolled twin.

    Args:
        site_id: The site whose sessions are settled.
        wake_up: Left empty when a person starts the run.
    """
    return RunReport(summary=f"{await settle_ended(site_id)} sessions settled")
