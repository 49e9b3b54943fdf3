"""What of the Prefect edge needs no server."""

import pytest

from readyby.runs.prefect_runs import run_label


@pytest.mark.parametrize(
    ("key", "label"),
    [("82bf28416b18-000056", "82bf-56"), ("82bf28416b18-000000", "82bf-0"), ("recorded", "recorded")],
)
def test_runs_are_told_apart_by_their_names(key: str, label: str) -> None:
    assert run_label(key) == label
