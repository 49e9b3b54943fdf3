"""What planning comes to, for those who record and send it: light to import, since they need no solver."""

from collections.abc import Mapping
from dataclasses import dataclass

from readyby.store.api import PlannedSession


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOutcome:
    """A plan ready to be recorded. `rows` are its table, one mapping a session, for people to read.

    `start` is where the next plan's optimum may be looked for, empty where there is none. `error` names an
    error of the planner's own that a fallback stands in for, and is to be logged; empty is as it should be.
    """

    entries: tuple[PlannedSession, ...]
    method: str
    reason: str
    situation_json: str
    plan_json: str
    rows: tuple[Mapping[str, object], ...]
    start: str = ""
    error: str = ""
