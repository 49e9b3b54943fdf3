"""The exchange as a process: `python -m readyby exchange`."""

import uvicorn
from pydantic import SecretStr
from stamina.instrumentation import set_on_retry_hooks

from readyby.clock_source import followed_clock
from readyby.clocks import SystemClock
from readyby.envelope import us
from readyby.exchange.app import create_app
from readyby.exchange.ledger import Ledger
from readyby.exchange.networks import open_network
from readyby.secrets_file import secret
from readyby.settings import Settings

LEDGER_NAME = "exchange.sqlite"
EXIT_BROKEN = 70


def main(settings: Settings) -> int:
    """Serve on the loopback until told to stop; exits with 70 when only a restart can help."""
    set_on_retry_hooks([])  # the network's trouble is logged once, when it begins and when it ends
    settings = settings.model_copy(update={"exchange_token": SecretStr(secret(settings, "exchange_token"))})
    broken: list[BaseException] = []

    def stop(error: BaseException) -> None:
        broken.append(error)
        server.should_exit = True

    with followed_clock(settings) as clock:
        network = open_network(settings, clock)
        app = create_app(
            settings,
            clock=clock,
            adapter=network.adapter,
            ledger=Ledger(settings.state_dir / LEDGER_NAME, begin=us(SystemClock().now()) // 1000),
            on_broken=stop,
        )
        network.host(app)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=settings.exchange_port,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
                limit_concurrency=200,
            )
        )
        server.run()
    return EXIT_BROKEN if broken else 0
