"""Structured logs: JSON lines from services, readable lines at a terminal; both on stderr.

The last step before a line is written masks what must never be in a log (I-28, D10): the key of a
driver's link, and phone numbers.
"""

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

_LINK_KEY = re.compile(r"(/c/)[A-Za-z0-9_\-%]+")
_PHONE = re.compile(r"(?<![\w.])\+[1-9]\d{7,14}\b")
_CHATTY = ("httpx", "httpcore", "uvicorn.access", "asyncio", "watchdog", "urllib3", "twilio.http_client")


def masked(line: str) -> str:
    """The line without link keys and phone numbers."""
    return _PHONE.sub("+***", _LINK_KEY.sub(r"\1***", line))


def start_logging(
    service: str, *, as_json: bool = True, level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Send structlog and the standard library's loggers to `stream` (stderr) as lines named after `service`.

    Run uvicorn with `log_config=None`, so that its lines take the same way.
    """
    stream = stream or sys.stderr
    shared = _shared_processors(service, for_machines=as_json)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _masking(_renderer(as_json, stream)),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
        logging.getLogger(name).disabled = False
        logging.getLogger(name).setLevel(logging.NOTSET)
    sys.excepthook = _log_crash


def keep_stdout_for_answers() -> None:
    """For commands: structlog's lines go to stderr, from warnings on; a service's `start_logging` follows."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is then: it may be replaced
        cache_logger_on_first_use=False,
    )


def adopt_loggers(*roots: str) -> None:
    """Lines of these libraries go the way of all others, lines of single requests go nowhere.

    Streamlit gives its loggers handlers of their own when it is imported, and an access log of it would
    hold link keys, whatever uvicorn is told (I-30).
    """
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in roots:
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("readyby").critical("crashed", exc_info=(kind, error, trace))


def _shared_processors(service: str, *, for_machines: bool) -> list[Processor]:
    def name_service(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event.setdefault("service", service)
        return event

    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
    ]
    if for_machines:
        return [
            name_service,
            *processors,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
        ]
    return [*processors, structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)]


def _renderer(as_json: bool, stream: TextIO) -> Callable[..., Any]:
    if as_json:
        return structlog.processors.JSONRenderer(default=str)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)


def _masking(render: Callable[..., Any]) -> Processor:
    def render_masked(logger: object, method: str, event: MutableMapping[str, Any]) -> str:
        return masked(str(render(logger, method, event)))

    return render_masked
