"""What a body says while it runs: to its ticket, to its run where there is one, to the process's log."""

import logging

import structlog

from readyby.clocks import wall_now
from readyby.runs.lane import current_ticket

log = structlog.get_logger()


def say(text: str) -> None:
    """Add a line to the run that is under way. No personal data: it is kept and shown."""
    _tell(text, "INFO")


def complain(text: str) -> None:
    """The same of what must not be, at error level: to the process's log too, wherever else it stands."""
    log.error(text)
    _tell(text, "ERROR")


def _tell(text: str, level: str) -> None:
    ticket = current_ticket()
    if ticket is not None:
        ticket.lines.append((wall_now(), level, text))
    from prefect.context import FlowRunContext, TaskRunContext

    if FlowRunContext.get() is not None or TaskRunContext.get() is not None:
        from prefect.logging import get_run_logger

        get_run_logger().log(logging.getLevelNamesMapping()[level], text)
    elif level == "INFO":
        log.debug(text)
