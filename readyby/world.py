"""The simulated outside in one process (demo only): a charging network's cloud, and drivers' phones.

What really happened is told at /ledger to whoever has the key that the supervisor gave this process at its
start; the product's processes do not have it.
"""

import contextlib
import hmac
import os
from collections.abc import AsyncIterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from readyby.clock_source import followed_clock
from readyby.clocks import DomainClock
from readyby.network.app import SimulatedNetwork, create_network
from readyby.phones.app import Phones, create_phones
from readyby.secrets_file import secret
from readyby.settings import Settings
from readyby.sites import load_site

HOST = "127.0.0.1"
LEDGER_KEY_VARIABLE = "READYBY_WORLD_LEDGER_KEY"


def main(settings: Settings) -> int:
    """Serve until told to stop; what happened is on paper then.

    Raises:
        NotFound: the sample data lack the site or the day.
        Misconfigured: a file of a former run cannot be read.
    """
    ledger_key = os.environ.pop(LEDGER_KEY_VARIABLE, "")
    with followed_clock(settings) as clock:
        uvicorn.run(
            create_world(settings, clock, ledger_key),
            host=HOST,
            port=settings.world_port,
            log_config=None,
            access_log=False,  # an access log would hold the links that drivers open
            timeout_graceful_shutdown=2,
        )
    return 0


def create_world(settings: Settings, clock: DomainClock, ledger_key: str) -> Starlette:
    """The outside of the demo's day as one application; without a ledger key nobody may see the ledger."""
    site = load_site(settings.data_dir, settings.site_id)
    network = create_network(
        site,
        clock=clock,
        vendor_key=secret(settings, "vendor_key"),
        data_dir=settings.data_dir,
        first_day=date.fromisoformat(settings.demo_day),
        seed=settings.demo_seed,
        sample_s=settings.demo_sample_s,
        snapshot_path=settings.state_dir / "world" / "network.json",
    )
    phones = create_phones(settings, clock, site=site)
    return compose(network, phones, ledger_key)


def compose(network: SimulatedNetwork, phones: Phones, ledger_key: str) -> Starlette:
    """Network and phones side by side, with one life."""

    async def tell_ledger(request: Request) -> Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not ledger_key or not hmac.compare_digest(given.encode(), ledger_key.encode()):
            return JSONResponse({"detail": "the ledger's key is missing or wrong"}, status_code=401)
        try:
            since = _instant(request.query_params.get("since"))
        except ValueError:
            return JSONResponse({"detail": "since: give an instant with a zone"}, status_code=400)
        return JSONResponse({"network": network.ledger_json(since), "phones": phones.report_json()})

    async def tell_health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "as_of": network.network.at.isoformat()})

    @contextlib.asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        async with network.running(), phones.running():
            yield

    return Starlette(
        routes=[
            Route("/health", tell_health),
            Route("/ledger", tell_ledger),
            Mount("/vendor", routes=network.routes),
            Mount("/phones", routes=phones.routes()),
        ],
        lifespan=living,
    )


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no zone")
    return instant.astimezone(ZoneInfo("UTC"))
