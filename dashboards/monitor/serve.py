"""Run the private monitoring app: one process, one port, on loopback only."""

import os

import uvicorn

from dashboards.monitor import wiring
from readyby.logs import adopt_loggers
from readyby.secrets_file import secret
from readyby.settings import Settings

HOST = "127.0.0.1"
GRACE_S = 3
"""Open pages hold a connection for good: at the end they get this long."""


def main(settings: Settings) -> int:
    """Serve until told to stop.

    Raises:
        Misconfigured: the secrets cannot be read.
    """
    # Streamlit takes this one from the environment only, and reads it while it is imported.
    os.environ.setdefault("STREAMLIT_SERVER_COOKIE_SECRET", secret(settings, "cookie_secret"))
    from dashboards.monitor.app import create_app

    adopt_loggers("streamlit", "uvicorn", "websockets")
    wiring.use(wiring.open_desk(settings))
    uvicorn.run(
        create_app(),
        host=HOST,
        port=settings.monitor_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ws="websockets-sansio",
    )
    return 0
