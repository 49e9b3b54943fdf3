"""Run the public driver app: one process, one port on loopback; a reverse proxy gives it its public name."""

import os

import uvicorn

from dashboards.driver import wiring
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
    from dashboards.driver.app import create_app

    adopt_loggers("streamlit", "uvicorn", "websockets")
    desk = wiring.open_desk(settings)
    wiring.use(desk)
    uvicorn.run(
        create_app(desk),
        host=HOST,
        port=settings.driver_port,
        log_config=None,
        access_log=False,  # an access log would hold link keys
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ws="websockets-sansio",
        ws_max_size=2**20,
    )
    return 0
