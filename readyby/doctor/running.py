"""The parts while they run: does each answer, and does it do what it is there for."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from readyby.any_store import core_answers, open_any_store
from readyby.doctor.findings import Finding, fail, ok, warn
from readyby.runs.deployments import WORKER_POOL, declared_deployments
from readyby.secrets_file import read_secrets
from readyby.settings import PROJECT_ROOT, Settings

LOOK_S = 5.0
STALE = timedelta(minutes=5)


def check_store(settings: Settings) -> Finding:
    from readyby.store.api import ReadCounts

    runs = core_answers(settings.socket_path)
    if not runs and not settings.database_path.exists():
        return ok("store", "no database yet: made at the first start")
    with open_any_store(settings) as store:
        counts = store.ask(ReadCounts())
    held = f"{counts.sessions_seen} sessions, {counts.plans} plans, {counts.meter_values} meter values"
    if not runs:
        return warn("store", f"opens ({held}), but core does not run", "start it: readyby core")
    return ok("store", f"core answers: {held}")


def check_exchange(settings: Settings) -> Finding:
    headers = {"Authorization": f"Bearer {read_secrets(settings).exchange_token}"}
    try:
        response = httpx.get(
            f"{settings.exchange_url}/v1/health", headers=headers, timeout=LOOK_S, trust_env=False
        )
    except httpx.TransportError as error:
        told = f"{settings.exchange_url} does not answer ({type(error).__name__})"
        remedy = "start it: readyby exchange; or correct READYBY_EXCHANGE_URL"
        return (fail if core_answers(settings.socket_path) else warn)("exchange", told, remedy)
    if response.status_code in (401, 403):
        return fail(
            "exchange", "refuses the token", "give both sides the same READYBY_EXCHANGE_TOKEN or state folder"
        )
    said = response.raise_for_status().json()
    if said.get("status") != "ok":
        return fail(
            "exchange",
            f"{said.get('status')}: {said.get('detail') or 'no detail'}",
            "look at the exchange's log; check READYBY_VENDOR_URL and the network behind it",
        )
    return ok("exchange", f"network {said.get('network')}, as of {said.get('as_of')}")


def check_prefect(settings: Settings) -> Finding:
    try:
        _prefect(settings, "GET", "/health")
    except httpx.TransportError as error:
        told = f"{settings.prefect_api} does not answer ({type(error).__name__})"
        remedy = "start it: readyby prefect-server; plans go on without it and are recorded later"
        return warn("prefect", told, remedy)
    declared = {deployment.name for deployment in declared_deployments(PROJECT_ROOT / "prefect.yaml")}
    found = {_full_name(row) for row in _prefect(settings, "POST", "/deployments/filter", {"limit": 200})}
    if missing := sorted(declared - found):
        return fail("prefect", f"not deployed: {', '.join(missing)}", "run: readyby deploy")
    return ok("prefect", f"answers, with all {len(declared)} deployments")


def check_scheduled_runs(settings: Settings) -> Finding:
    """With some versions of its libraries the server looks healthy and never creates a scheduled run."""
    name = "scheduled_runs"
    try:
        rows = _prefect(settings, "POST", "/deployments/filter", {"limit": 200})
    except httpx.TransportError:
        return warn(name, "the Prefect server does not answer", "start it: readyby prefect-server")
    active = [
        row["id"]
        for row in rows
        if not row.get("paused") and any(schedule["active"] for schedule in row.get("schedules", ()))
    ]
    if not active:
        return warn(name, "no deployment has an active schedule", "run: readyby deploy")
    body = {
        "flow_runs": {"deployment_id": {"any_": active}, "state": {"type": {"any_": ["SCHEDULED"]}}},
        "limit": 1,
    }
    if not _prefect(settings, "POST", "/flow_runs/filter", body):
        return fail(
            name,
            "schedules are active, but no run is scheduled",
            "wait a minute after a deploy; else run `make setup`: newer SQLAlchemy stops Prefect's scheduler",
        )
    return ok(name, f"appear for {len(active)} deployments")


def check_worker(settings: Settings) -> Finding:
    try:
        workers = _prefect(settings, "POST", f"/work_pools/{WORKER_POOL}/workers/filter", {})
    except httpx.TransportError:
        return warn("worker", "the Prefect server does not answer", "start it: readyby prefect-server")
    except httpx.HTTPStatusError:
        return warn("worker", f"the work pool {WORKER_POOL} is not there", "run: readyby deploy")
    if not any(worker.get("status") == "ONLINE" for worker in workers):
        return warn(
            "worker",
            f"none takes runs of the pool {WORKER_POOL}",
            f"start one: prefect worker start --pool {WORKER_POOL} --type process",
        )
    return ok("worker", f"takes runs of the pool {WORKER_POOL}")


def check_immediate(settings: Settings) -> Finding:
    """SQLite transactions of the embedded server begin IMMEDIATE."""
    name = "sqlite_immediate"
    if settings.prefect_api_url:
        return ok(name, "not embedded: the server is the operator's own")
    from readyby.runs.environment import enter_prefect_environment
    from readyby.runs.server import check_immediate_transactions, use_immediate_transactions

    enter_prefect_environment(settings)
    use_immediate_transactions()
    asyncio.run(check_immediate_transactions())
    return ok(name, "on")


def check_feed(settings: Settings) -> Finding:
    """Whether what core knows of the network is fresh."""
    from readyby.store.api import ReadPending

    if not core_answers(settings.socket_path):
        return warn("feed", "core does not run", "start it: readyby core")
    with open_any_store(settings) as store:
        pending = store.ask(ReadPending())
    if pending.feed_as_of is None:
        return warn("feed", "nothing was ingested yet", "wait for the first poll; look at `exchange` above")
    waiting = f"{pending.requests} requests, {pending.events} events, {pending.messages} messages wait"
    if settings.speed is None and datetime.now(UTC) - pending.feed_as_of > STALE:  # noqa: TID251 - it is now
        return fail(
            "feed",
            f"as of {pending.feed_as_of:%Y-%m-%d %H:%M} UTC; {waiting}",
            "look at the exchange's log and the network behind it: plans work with what is known",
        )
    return ok("feed", f"as of {pending.feed_as_of:%Y-%m-%d %H:%M} UTC; {waiting}")


def check_sending(settings: Settings) -> Finding:
    """Whether the carrier takes our messages."""
    from readyby.sms.delivery import HALTING
    from readyby.store.api import ReadSendingHold

    name = "sending"
    if not core_answers(settings.socket_path):
        return warn(name, "core does not run", "start it: readyby core")
    with open_any_store(settings) as store:
        held = store.ask(ReadSendingHold())
    if held is None:
        return ok(name, "messages leave")
    reason = HALTING.get(held.code, held.detail)
    return fail(
        name,
        f"messages wait since {held.since_at:%Y-%m-%d %H:%M} UTC: {reason} ({held.code}), "
        f"{held.tries} tries, the next at {held.next_try_at:%H:%M:%S}",
        f"put it right at the carrier (twilio.com/docs/api/errors/{held.code}) or in READYBY_TWILIO_*: "
        "the next message that is taken lets the others follow",
    )


def _full_name(row: dict[str, Any]) -> str:
    return f"{row['name']}/{row['name']}"


def _prefect(settings: Settings, method: str, path: str, body: dict[str, object] | None = None) -> Any:
    response = httpx.request(
        method, f"{settings.prefect_api}{path}", json=body, timeout=LOOK_S, trust_env=False
    )
    response.raise_for_status()
    return response.json()
