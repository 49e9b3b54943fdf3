"""Reads what the store holds, for the report: through the documented views and queries, as anybody could."""

from pathlib import Path

from readyby.demo.facts import Eligible, Kept
from readyby.model import CommandState
from readyby.store.api import ReadCounts, RequestTimings, Store

ELIGIBLE = Path(__file__).with_name("eligible.sql").read_text()
PLAN_VERSIONS = Path(__file__).with_name("plan_versions.sql").read_text()


async def read_kept(store: Store) -> Kept:
    """The store's word on sessions, requests, plans and commands."""
    counts = await store.ask(ReadCounts())
    eligible = (await store.table(ELIGIBLE)).to_pylist()
    plans = (await store.table(PLAN_VERSIONS)).to_pylist()
    return Kept(
        sessions_seen=counts.sessions_seen,
        eligible=tuple(
            Eligible(
                session_id=row["session_id"],
                welcomes=row["welcomes"],
                departure_at=row["departure_at"],
                energy_need_kwh=row["energy_need_kwh"],
                asked=row["asked"],
            )
            for row in eligible
        ),
        requests=counts.requests,
        plan_versions=tuple(row["plan_version"] for row in plans),
        commands=counts.commands,
        timings=await store.ask(RequestTimings()),
    )


def is_quiet(kept: Kept) -> bool:
    """Whether every command has ended and every eligible session has its welcome."""
    under_way = sum(number for state, number in kept.commands.items() if not CommandState(state).is_final)
    return under_way == 0 and all(session.welcomes for session in kept.eligible)


async def count_served(store: Store) -> int:
    """Participants with a request who have left."""
    rows = (await store.table(ELIGIBLE)).to_pylist()
    return sum(row["asked"] and not row["active"] for row in rows)
