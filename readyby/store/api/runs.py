"""Bodies of flows that ran."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from readyby.store.api.base import Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A body that ran. Times are machine wall time in UTC; `logs` are (time, level, text).

    `mode` is `in_run` or `bare`; `flow_run_id` None until the server knows of it.
    """

    run_key: str
    deployment: str
    parameters: Mapping[str, str]
    mode: str
    state: str
    started_at: datetime
    ended_at: datetime
    plan_versions: tuple[int, ...]
    logs: tuple[tuple[datetime, str, str], ...]
    artifact_markdown: str
    flow_run_id: str | None = None

    def known_as(self, flow_run_id: str) -> "RunRecord":
        """The same run, known to the server under this id."""
        return replace(self, flow_run_id=flow_run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRun(Command[None]):
    """Keep what ran, by its key; recorded again it replaces itself."""

    run: RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class UnrecordedRuns(Query[tuple[RunRecord, ...]]):
    """Runs that the Prefect server does not know of in full, oldest first."""

    limit: int = 50
