"""Welcome drivers."""

from prefect import flow

from readyby.runs.lane import RunReport
from tasks.ingest import match_sessions
from tasks.notify import send_messages


@flow(name="welcome-drivers", validate_parameters=False)
async def welcome_drivers(wake_up: str = "") -> RunReport:
    """Match new sessions with participants and send what is to be said to drivers.

    Args:
        wake_up: Left empty when a person starts the run.
    """
    matched = await match_sessions()
    tried = await send_messages()
    return RunReport(summary=f"{matched.sessions} sessions matched, {tried} messages", wakes=("plan",))
