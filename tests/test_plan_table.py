"""The plan as operators read it: in the site's time, controlled cars first, nothing that breaks the table."""

from datetime import UTC, datetime, timedelta

from readyby.model import EvseId, PlanVersion, SessionId, SiteId, Step
from readyby.plan_table import plan_table
from readyby.store.api import PlannedSession, StoredPlan

NOW = datetime(2026, 1, 6, 1, 0, tzinfo=UTC)


def entry(number: int, *, controlled: bool) -> PlannedSession:
    return PlannedSession(
        session_id=SessionId(f"S{number}"),
        evse_id=EvseId(f"E{number}"),
        controlled=controlled,
        steps=(Step(NOW, 3.3), Step(NOW + timedelta(hours=1), 0.0)),
        expires_at=NOW + timedelta(hours=3),
        energy_need_kwh=5.0,
        shortfall_kwh=0.5,
        ready_at=NOW + timedelta(hours=1),
        departure_at=NOW + timedelta(hours=2) if controlled else None,
        explanation={"en": "Charging | waiting."},
    )


def test_one_row_a_session_in_the_time_of_the_site() -> None:
    plan = StoredPlan(
        site_id=SiteId("lot"),
        plan_version=PlanVersion(7),
        made_at=NOW,
        limit_kw=20.0,
        entries=(entry(1, controlled=False), entry(2, controlled=True)),
    )
    lines = plan_table(plan, "optimal", "1 request", "America/Los_Angeles").splitlines()
    assert lines[0] == "### Plan version 7 of lot"
    assert lines[2] == "Made for 2026-01-05 17:00 America/Los_Angeles, optimal, limit 20 kW. 1 request"
    assert lines[-2:] == [
        "| E2 | S2 | controlled | 3.30 | Mon 18:00 | Mon 19:00 | 0.50 | Charging / waiting. |",
        "| E1 | S1 | as usual | 3.30 | Mon 18:00 | - | 0.50 | Charging / waiting. |",
    ]
