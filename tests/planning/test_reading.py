import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.errors import BadInput, NotFound
from readyby.planning.answer import answer
from readyby.planning.command import plan_text
from readyby.planning.documents import to_document
from readyby.planning.reading import read_situation, situation_schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLE = json.loads((DOCS / "examples" / "situation.json").read_text())


def changed(path, value):
    """The example with one value replaced (or left out, for ...)."""
    document = json.loads(json.dumps(EXAMPLE))
    at = document
    for key in path[:-1]:
        at = at[key]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return document


def test_the_committed_schema_is_current():
    assert json.loads((DOCS / "situation.schema.json").read_text()) == situation_schema()


def test_the_example_is_planned_and_proved():
    made = answer(read_situation(EXAMPLE))
    assert made["method"] == "optimal"
    assert made["proof"]["gap"] < 1e-4
    assert made["violations"] == []
    assert {row["session_id"] for row in made["sessions"]} == {"ada", "bo", "cy"}
    assert all(row["shortfall_kwh"] < 0.05 for row in made["sessions"])
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["now"], ..., "$.now"),
        (["now"], "2019-07-24T15:07:00", "$.now"),
        (["limit_kw"], -1, "$.limit_kw"),
        (["limit_kw"], math.nan, "$.limit_kw"),
        (["limit_kw"], [], "$.limit_kw"),
        (["prices_usd_per_kwh", 1, 1], "dear", "$.prices_usd_per_kwh[1][1]"),
        (["sessions", 1, "need_kwh"], math.inf, "$.sessions[1].need_kwh"),
        (["sessions", 1, "need_kwh"], -2, "$.sessions[1].need_kwh"),
        (["sessions", 1, "max_kw"], 0, "$.sessions[1].max_kw"),
        (["sessions", 1, "min_kw"], 9, "$.sessions[1].min_kw"),
        (["sessions", 0, "departure_at"], "2019-07-24T14:00:00Z", "$.sessions[0].departure_at"),
        (["sessions", 0, "departure_at"], "2029-07-24T14:00:00Z", "$.sessions[0].departure_at"),
        (["sessions", 2, "session_id"], "ada", "$.sessions"),
        (["sessions", 2, "session_id"], 7, "$.sessions[2].session_id"),
        (["sessions", 2, "color"], "red", "$.sessions[2].color"),
        (["sessions", 1, "taper"], [[0, 1], [5, 4]], "$.sessions[1].taper"),
        (["sessions", 2, "circuit"], "F9", "$.sessions[2].circuit"),
        (["sessions", 2, "connection"], "XY", "$.sessions[2].connection"),
        (["sessions", 2, "levels_kw"], [0.0, 2.0], "$.sessions[2].levels_kw"),
        (["sessions", 2, "max_pauses"], -1, "$.sessions[2].max_pauses"),
        (["circuits", 1, "limit_a"], -60, "$.circuits[1].limit_a"),
        (["circuits", 1, "name"], "F1", "$.circuits[0].name"),
        (["circuits", 1, "parent"], "F2", "$.circuits[1].parent"),
        (["circuits", 0, "parent"], "F7", "$.circuits[0].parent"),
        (["ramp_kw"], -3, "$.ramp_kw"),
        (["sessions"], {}, "$.sessions"),
        (["draw_ratio"], 0, "$.draw_ratio"),
        (["events"], [{"name": "e", "kind": "storm"}], "$.events[0].kind"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_path(path, value, field):
    with pytest.raises(BadInput) as refused:
        answer(read_situation(changed(path, value)))
    assert refused.value.field == field


@pytest.mark.parametrize("document", [None, 3, [], "x", {}, {"now": {}}, {"sessions": None}])
def test_other_documents_are_refused(document):
    with pytest.raises(BadInput):
        read_situation(document)


def test_an_empty_site_has_an_empty_plan():
    made = answer(read_situation(changed(["sessions"], [])))
    assert made["method"] == "optimal"
    assert made["sessions"] == []
    assert made["cost"]["total_usd"] == 0


def test_contradictions_get_the_best_there_is():
    document = changed(["building_kw"], 100)
    made = answer(read_situation(document))
    assert made["method"] == "optimal"
    assert all(row["shortfall_kwh"] <= row["need_kwh"] for row in made["sessions"])


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**12),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
)


def places(document, path=()):
    found = [path] if path else []
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in items:
        found += places(value, (*path, key))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(places(EXAMPLE)), LEAVES)
def test_no_malformed_situation_escapes_as_anything_but_bad_input(path, value):
    try:
        made = answer(read_situation(changed(list(path), value)))
    except BadInput:
        return
    assert made["method"]
    assert all(math.isfinite(kw) for kw in made["load_kw"])


def test_the_command_prints_a_table_json_or_a_reason(tmp_path):
    path = DOCS / "examples" / "situation.json"
    text = plan_text(path, time_zone="America/Los_Angeles")
    assert "Proof: no plan is below $" in text
    assert json.loads(plan_text(path, as_json=True))["sessions"]
    assert "12.0 kWh" in plan_text(path, explain="bo")
    with pytest.raises(NotFound, match="zoe"):
        plan_text(path, explain="zoe")
    with pytest.raises(NotFound):
        plan_text(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(BadInput, match="give JSON"):
        plan_text(tmp_path / "bad.json")


def test_a_stored_situation_can_be_read_again():
    asked = read_situation(EXAMPLE)
    assert read_situation(json.loads(json.dumps(to_document(asked)))) == asked
