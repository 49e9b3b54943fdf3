"""No test passes by the planner's fallback unnoticed: an error of its own is raised. A plugin of pytest."""

import pytest

from readyby.planning import facade


@pytest.fixture(autouse=True)
def strict_planner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise what the planner would have planned around."""
    monkeypatch.setattr(facade, "STRICT", True)
