"""The demo's parts: the product's processes as an operator would start them, and the simulated outside."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path

import httpx
from pydantic import SecretStr

from readyby.demo.part import Part
from readyby.runs.environment import prefect_environment
from readyby.settings import PROJECT_ROOT, TOML_VARIABLE, Settings

PROBE_S = 2.0
POOL = "readyby"
LEDGER_KEY_VARIABLE = "READYBY_WORLD_LEDGER_KEY"
"""Only the world gets it; it takes it out of its environment at once."""
SITE_ID = "jpl"


def demo_settings(
    base: Settings,
    *,
    state_dir: Path,
    ports: Mapping[str, int],
    day: str,
    seed: int,
    start: datetime,
    speed: float,
) -> Settings:
    """Settings of a demo: nothing that an operator set can make it reach a real network, phone or server."""
    world = f"http://127.0.0.1:{ports['world']}"
    return Settings(
        state_dir=state_dir,
        data_dir=base.data_dir,
        site_id=SITE_ID,
        speed=speed,
        domain_start=start,
        demo_day=day,
        demo_seed=seed,
        exchange_port=ports["exchange"],
        exchange_url=f"http://127.0.0.1:{ports['exchange']}",
        world_port=ports["world"],
        vendor_url=f"{world}/vendor",
        phones_url=f"{world}/phones",
        sms="phones",
        driver_port=ports["driver"],
        public_url=f"http://127.0.0.1:{ports['driver']}",
        monitor_port=ports["monitor"],
        prefect_port=ports["prefect"],
        prefect_api_url=None,
        exchange_token=SecretStr(""),
        vendor_key=SecretStr(""),
        twilio_auth_token=SecretStr(""),
        twilio_account_sid="",
        twilio_messaging_service_sid="",
        pepper=SecretStr(""),
        cookie_secret=SecretStr(""),
    )


def demo_environment(settings: Settings, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the parts: the user's own ReadyBy and Prefect variables and files left out."""
    base = os.environ if base is None else base
    kept = {name: value for name, value in base.items() if not name.startswith("READYBY_")}
    return {
        **prefect_environment(settings, kept),
        **_as_variables(settings),
        TOML_VARIABLE: os.devnull,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "PYTHONPATH": str(PROJECT_ROOT),
        "PROJECT_ROOT": str(PROJECT_ROOT),
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def demo_parts(
    settings: Settings, ledger_key: str, base: Mapping[str, str] | None = None
) -> tuple[Part, ...]:
    """All parts, in the order in which people think of them.

    The Prefect server takes longest, so that all else starts meanwhile. The outside comes to life last:
    no car waits for a product that is still starting.
    """
    environment = demo_environment(settings, base)
    return (*_services(settings, environment, ledger_key), *_deployment(settings, environment))


def _services(settings: Settings, environment: Mapping[str, str], ledger_key: str) -> tuple[Part, ...]:
    def service(
        name: str,
        url: str,
        stop_wave: int,
        *,
        port: int | None = None,
        socket: Path | None = None,
        after: tuple[str, ...] = (),
        more: Mapping[str, str] | None = None,
    ) -> Part:
        return Part(
            port=port,
            after=after,
            name=name,
            command=(sys.executable, "-m", "readyby", name),
            environment={**environment, **(more or {})},
            folder=PROJECT_ROOT,
            ready=answers(url, socket=socket),
            stop_wave=stop_wave,
            start_within_s=120.0,
        )

    world, driver, monitor = (
        f"http://127.0.0.1:{port}"
        for port in (settings.world_port, settings.driver_port, settings.monitor_port)
    )
    return (
        service("prefect-server", f"{settings.prefect_api}/health", 1, port=settings.prefect_port),
        service(
            "world",
            f"{world}/health",
            0,
            port=settings.world_port,
            after=("deploy", "core", "exchange"),
            more={LEDGER_KEY_VARIABLE: ledger_key},
        ),
        service("exchange", f"{settings.exchange_url}/v1/health", 1, port=settings.exchange_port),
        service("core", "http://core/health", 2, socket=settings.socket_path, after=("participants",)),
        service("driver-app", f"{driver}/healthz", 3, port=settings.driver_port),
        service("monitor-app", f"{monitor}/_stcore/health", 3, port=settings.monitor_port),
    )


def _deployment(settings: Settings, environment: Mapping[str, str]) -> tuple[Part, ...]:
    worker = (sys.executable, "-m", "prefect", "worker", "start")
    return (
        _once("participants", environment, "participants", "import", str(_participants(settings))),
        _once("deploy", environment, "deploy", after=("prefect-server",)),
        Part(
            name="worker",
            command=(*worker, "--pool", POOL, "--type", "process", "--name", "demo"),
            environment=environment,
            folder=PROJECT_ROOT,
            ready=_worker_online(settings),
            after=("deploy",),
            start_within_s=60.0,
            stop_wave=3,
        ),
    )


def _once(name: str, environment: Mapping[str, str], *arguments: str, after: tuple[str, ...] = ()) -> Part:
    return Part(
        name=name,
        command=(sys.executable, "-m", "readyby", *arguments),
        environment=environment,
        folder=PROJECT_ROOT,
        after=after,
        one_shot=True,
        stop_wave=3,
        start_within_s=120.0,
    )


def _participants(settings: Settings) -> Path:
    return settings.data_dir / "participants" / f"{settings.site_id}_synthetic.csv"


def answers(url: str, *, socket: Path | None = None) -> Callable[[], Awaitable[bool]]:
    """Look whether a URL answers as its own service would: with success, or asking for credentials."""

    async def look() -> bool:
        transport = httpx.AsyncHTTPTransport(uds=str(socket)) if socket else None
        try:
            async with httpx.AsyncClient(transport=transport, timeout=PROBE_S, trust_env=False) as client:
                response = await client.get(url)
        except (httpx.HTTPError, OSError):
            return False
        return response.is_success or response.status_code == httpx.codes.UNAUTHORIZED

    return look


def _worker_online(settings: Settings) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        try:
            async with httpx.AsyncClient(timeout=PROBE_S, trust_env=False) as client:
                response = await client.post(
                    f"{settings.prefect_api}/work_pools/{POOL}/workers/filter", json={}
                )
        except httpx.HTTPError:
            return False
        return response.is_success and any(worker.get("status") == "ONLINE" for worker in response.json())

    return look


def _as_variables(settings: Settings) -> dict[str, str]:
    """Every setting but secrets (their file has them), so that no other source has a say."""
    variables: dict[str, str] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is None or isinstance(value, SecretStr):
            continue
        variables[f"READYBY_{name.upper()}"] = _as_variable(value)
    return variables


def _as_variable(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
