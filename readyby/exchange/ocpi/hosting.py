"""Opens a partner from its settings file, and hosts our side of it in the exchange's application.

`<state_dir>/networks/<name>.toml` holds the fields of `OcpiSettings`. The partner's state and credentials
lie beside it. CREDENTIALS_TOKEN_A may come by the environment, as READYBY_OCPI_TOKEN_A, or lie in
`<name>.secret`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from readyby.clocks import DomainClock
from readyby.errors import Misconfigured
from readyby.exchange.network_files import FOLDER, read_network_file, read_network_secret
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.model import Site

TOKEN_A_VARIABLE: Final = "READYBY_OCPI_TOKEN_A"  # noqa: S105 - the variable's name, not a token


def read_ocpi_settings(state_dir: Path, name: str) -> OcpiSettings:
    """A partner's settings, with token A where there is one.

    Raises:
        NotFound, BadInput: as read_network_file. Misconfigured: as read_network_secret.
    """
    settings = read_network_file(state_dir, name, OcpiSettings)
    token_a = read_network_secret(state_dir, name, TOKEN_A_VARIABLE)
    return settings.model_copy(update={"token_a": SecretStr(token_a)}) if token_a else settings


def open_partner(state_dir: Path, name: str, clock: DomainClock, sites: Iterable[Site] = ()) -> OcpiAdapter:
    """The adapter of a partner.

    Raises:
        NotFound, BadInput: as read_ocpi_settings. Misconfigured: its state cannot be opened.
    """
    settings = read_ocpi_settings(state_dir, name)
    return OcpiAdapter(settings, clock, folder=state_dir / FOLDER, sites=sites)


def host(app: Starlette, adapter: OcpiAdapter) -> None:
    """Serve our side of a partner under the path of its `public_url`."""
    app.mount(urlsplit(adapter.settings.public_url).path.rstrip("/"), adapter.receiver)


@contextlib.asynccontextmanager
async def served(app: Starlette, port: int) -> AsyncIterator[None]:
    """Our side at the exchange's port, while the operator has to reach it.

    Raises:
        Misconfigured: the port is taken.
    """
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
    )
    task = asyncio.create_task(_serve(server, port))
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def _serve(server: uvicorn.Server, port: int) -> None:
    try:
        await server.serve()
    except SystemExit:
        raise Misconfigured(f"port {port} is taken: stop the exchange, and call this again") from None
