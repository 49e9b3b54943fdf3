"""What a body says while it runs: to its ticket, to its run where there is one, to the process's log."""

import structlog

from readyby.clocks import wall_now
from readyby.runs.lane import current_ticket

log = structlog.get_logger()


def say(text: str) -> None:
    """Add a line to the run that is under way. No personal data: it is kept and shown."""
    ticket = current_ticket()
    if ticket is not None:
        ticket.lines.append((wall_now(), "INFO", text))
    from prefect.context import FlowRunContext, TaskRunContext

    if FlowRunContext.get() is not None or TaskRunContext.get() is not None:
        from prefect.logging import get_run_logger

        get_run_logger().info(text)
    else:
        log.debug(text)
