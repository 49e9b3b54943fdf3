"""Reads the world's ledger: what really happened, for the report and for nobody else."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from readyby.demo.facts import Car, Minute, World
from readyby.errors import Unreachable
from readyby.settings import Settings

CALL_S = 30.0
MINUTE = timedelta(minutes=1)


async def read_world(settings: Settings, ledger_key: str) -> World:
    """The ledger from the demo's first instant on.

    Raises:
        Unreachable: the world does not answer, or refuses the key.
    """
    assert settings.domain_start is not None
    url = f"http://127.0.0.1:{settings.world_port}/ledger"
    try:
        async with httpx.AsyncClient(timeout=CALL_S, trust_env=False) as client:
            response = await client.get(
                url,
                params={"since": settings.domain_start.isoformat()},
                headers={"Authorization": f"Bearer {ledger_key}"},
            )
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise Unreachable(f"world: GET {url}: {error!r}") from error
    told = response.json()
    return world_of(told["network"], told["phones"], settings.domain_start)


def world_of(network: Mapping[str, Any], phones: Mapping[str, Any], since: datetime) -> World:
    """The ledger in the report's words.

    Of cars that were there before the demo began, the wait for a welcome is not counted: they waited for
    the demo, not for ReadyBy.
    """
    welcomes = phones["welcomes"]
    first = datetime.fromisoformat(network["minutes_from"])
    pairs = zip(network["power_kw"], network["uncontrolled_kw"], strict=True)
    return World(
        cars=tuple(_car(told, welcomes.get(told["session_id"]), since) for told in network["sessions"]),
        minutes=tuple(
            Minute(at=first + number * MINUTE, power_kw=power, uncontrolled_kw=twin)
            for number, (power, twin) in enumerate(pairs)
        ),
        peak_kw=network["peak_kw"],
        uncontrolled_peak_kw=network["uncontrolled_peak_kw"],
        circuit_peaks=network["circuit_peaks"],
    )


def _car(told: Mapping[str, Any], welcome: Mapping[str, int] | None, since: datetime) -> Car:
    came_later = datetime.fromisoformat(told["arrived_at"]) >= since
    return Car(
        session_id=told["session_id"],
        plugged_in_machine_ms=told["plugged_in_machine_ms"] if came_later else None,
        left_at=datetime.fromisoformat(told["left_at"]) if told["left_at"] else None,
        energy_kwh=told["energy_kwh"],
        uncontrolled_kwh=told["uncontrolled_kwh"],
        appetite_kwh=told["appetite_kwh"],
        welcomes=welcome["count"] if welcome else 0,
        welcomed_machine_ms=welcome["first_machine_ms"] if welcome else None,
    )
