"""Keeps, or ends, the relation with an OCPI partner from the command line, with the exchange stopped."""

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette

from readyby.clocks import SystemClock
from readyby.exchange.network_files import forget_network, read_network_file, secret_path, write_private
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.hosting import host, open_partner, served
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.settings import Settings


def register_again(settings: Settings, name: str, token_a: str) -> None:
    """Register with a partner that knows us no longer, or whose credentials were lost here; its file stays.

    Raises:
        NotFound: there is no such network. Misconfigured: the exchange runs, or the partner refuses token A.
        ReadyByError: the partner's side; names the remedy.
    """
    read_network_file(settings.state_dir, name, OcpiSettings)
    write_private(secret_path(settings.state_dir, name), token_a)

    def register(adapter: OcpiAdapter) -> None:
        adapter.registration.register(anew=adapter.credentials.value.is_registered)

    asyncio.run(_with_partner(settings, name, register))


def rotate_tokens(settings: Settings, name: str) -> None:
    """Agree on new tokens with a partner, which calls back at the exchange's port.

    Raises:
        NotFound: there is no such network. Misconfigured: it is not registered, or the exchange runs.
        ReadyByError: the partner's side; names the remedy. The old tokens then stay in force.
    """

    def rotate(adapter: OcpiAdapter) -> None:
        adapter.registration.rotate()

    asyncio.run(_with_partner(settings, name, rotate))


def end_relation(settings: Settings, name: str) -> None:
    """End the relation with a partner, and remove all that is kept of it.

    Raises:
        As rotate_tokens. Nothing is removed then.
    """

    def end(adapter: OcpiAdapter) -> None:
        adapter.registration.unregister()

    asyncio.run(_with_partner(settings, name, end))
    forget_network(settings.state_dir, name)


async def _with_partner(settings: Settings, name: str, act: Callable[[OcpiAdapter], None]) -> None:
    adapter = open_partner(settings.state_dir, name, SystemClock())
    app = Starlette()
    host(app, adapter)
    try:
        async with served(app, settings.exchange_port):
            await asyncio.to_thread(act, adapter)
    finally:
        await adapter.close()
