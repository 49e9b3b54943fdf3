"""Start one process of the product in the foreground; `readyby demo` and service managers call these."""

import importlib
from collections.abc import Callable
from typing import Any

import typer

from readyby.cli.context import load_settings
from readyby.cli.errors import report_errors

ENTRIES = {
    "core": "readyby.core.process:main",
    "exchange": "readyby.exchange.serve:main",
    "world": "readyby.world:main",
    "driver-app": "dashboards.driver.serve:main",
    "monitor-app": "dashboards.monitor.serve:main",
    "prefect-server": "readyby.runs.server:main",
    "deploy": "readyby.runs.deploy:deploy_all",
}
"""Command -> function that takes the settings; named, not imported: no process loads another's code."""

_HELP = {
    "core": "The store and the engine: holds the database, plans, dispatches, sends messages.",
    "exchange": "The data exchange server: speaks to charging networks, keeps what EVSEs hold.",
    "world": "The simulated outside (demo only): a charging network and drivers' phones.",
    "driver-app": "The public app: drivers' request pages and the SMS webhook.",
    "monitor-app": "The private app: what analysts look at; loopback only.",
    "prefect-server": "The embedded Prefect server, its SQLite made safe for parallel runs.",
    "deploy": "Deploy everything in prefect.yaml to the Prefect server of the settings.",
}


def register(app: typer.Typer) -> None:
    """Add a command for each service."""
    for name, help_text in _HELP.items():
        app.command(name, help=help_text, rich_help_panel="Services")(_starter(name))


def _starter(name: str) -> Callable[[], None]:
    def start() -> None:
        run_service(name)

    return start


def run_service(name: str) -> None:
    """Run a service to its end; exits with its code, or as its error says."""
    from readyby.logs import start_logging

    start_logging(name)
    with report_errors():
        settings = load_settings()
        code = load_entry(ENTRIES[name])(settings)
    raise typer.Exit(code if isinstance(code, int) else 0)


def load_entry(entry: str) -> Callable[..., Any]:
    """The function behind `module:name`."""
    module, _, name = entry.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function
