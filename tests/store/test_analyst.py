"""SQL for analysts: what is documented can be asked, and nothing else."""

import re
from pathlib import Path

import pyarrow as pa
import pytest

from readyby.errors import BadInput
from readyby.store import analyst
from readyby.store.statements import folder
from tests.support.store_world import StoreWorld, entry, minute

GOOD = [
    "select * from sessions",
    "SELECT * FROM Sessions -- all of them",
    "from plans;",
    "with a as (select 1 as x) select * from a union all select count(*) from sessions",
    "with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) select * from r",
    "describe sessions",
    "summarize evses",
    "values (1), (2)",
    "select * from main.sessions s join evses e using (evse_id) where e.max_kw between 1 and 9",
    "select evse_id, rank() over (order by max_kw desc, evse_id) as place from evses order by place limit 2",
    "select time_bucket(interval '1 hour', measured_at), avg(power_kw) from meter_values group by all",
    "select distinct on (evse_id) * from meter_values order by evse_id, measured_at desc",
    "select case when exists (select 1 from plans) then [x + 1 for x in [1, 2]] end",
    "select count(*) filter (where active) from sessions having count(*) >= 0",
    "select * from meter_values m asof join meter_values n using (evse_id, measured_at)",
    "select * from range(3), unnest([1, 2]) as t(x)",
    "select random() < 2",
]
BAD = [
    "select * from person",
    "select * from main.person",
    'select * from "person"',
    "select phone from PERSON",
    "select * from session",
    "select * from session_now",
    "select * from applied_operation",
    "select * from query_table('person')",
    "select * from query('select * from person')",
    "with person as (select 1) select * from person",
    "select * from (with person as (select 1 as a) select * from person) a, person b",
    "select (select max(phone) from person)",
    "select * from sessions where exists (select 1 from person)",
    "select * from sessions union select * from person",
    "describe person",
    "summarize person",
    "show tables",
    "explain select * from person",
    "with x as (delete from session returning *) select * from x",
    "delete from session",
    "insert into session values (1)",
    "update session set live = true",
    "drop table session",
    "create table x (y int)",
    "select 1; select 2",
    "select * from duckdb_tables()",
    "select * from pragma_storage_info('person')",
    "select * from information_schema.tables",
    "select * from pg_catalog.pg_tables",
    "select * from sqlite_master",
    "select * from 'file.csv'",
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from glob('/*')",
    "copy sessions to 'x'",
    "attach 'x'",
    "set threads = 1",
    "pragma database_list",
    "call pragma_version()",
    "select nextval('x')",
    "select write_log('x')",
    "select getvariable('x')",
    "select current_setting('memory_limit')",
    "select sleep_ms(1)",
    "select $1",
    "select * from sessions where",
    "select nothing from sessions",
    "",
    ";",
]


@pytest.mark.parametrize("sql", GOOD)
def test_what_can_be_asked(world: StoreWorld, sql: str) -> None:
    assert isinstance(world.store.table_sync(sql), pa.Table)


@pytest.mark.parametrize("sql", BAD)
def test_what_cannot_be_asked(world: StoreWorld, sql: str) -> None:
    with pytest.raises(BadInput):
        world.store.table_sync(sql)


def test_the_transaction_would_refuse_as_well(world: StoreWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyst, "_check", lambda cursor, sql: None)
    with pytest.raises(BadInput, match="read-only"):
        world.store.table_sync("insert into stopped_phone values ('x', now())")
    assert world.rows("select * from stopped_phone") == []


def test_rows_beyond_the_limit_are_told(world: StoreWorld) -> None:
    cut = world.store.table_sync("select * from range(10)", limit=3)
    assert (cut.num_rows, cut.schema.metadata) == (3, {analyst.TRUNCATED: b"true"})
    whole = world.store.table_sync("select * from range(3)", limit=3)
    assert (whole.num_rows, whole.schema.metadata) == (3, None)
    with pytest.raises(BadInput, match="limit"):
        world.store.table_sync("select 1", limit=0)


def test_a_query_that_runs_away_is_stopped(world: StoreWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyst, "TIME_LIMIT_S", 0.05)
    with pytest.raises(BadInput, match="narrow it"):
        world.store.table_sync(
            "select count(*) from range(1000000) a, range(1000000) b where a.range < b.range"
        )
    assert world.store.table_sync("select 1 as x").to_pylist() == [{"x": 1}]


def test_plan_steps_are_rows(world: StoreWorld) -> None:
    world.plan(entries=(entry(1, (0, 3.5), (60, 2.0)),))
    rows = world.store.table_sync("select start_at, limit_kw from plan_steps order by 1").to_pylist()
    assert rows == [{"start_at": minute(0), "limit_kw": 3.5}, {"start_at": minute(60), "limit_kw": 2.0}]


@pytest.fixture(scope="module")
def documented(repository: Path) -> dict[str, list[str]]:
    """Columns by view, as docs/views.md tells."""
    views: dict[str, list[str]] = {}
    for section in re.split(r"^## ", (repository / "docs" / "views.md").read_text(), flags=re.MULTILINE)[1:]:
        name = section.split()[0]
        first_cells = re.findall(r"^\| (`[^|]*) \|", section, flags=re.MULTILINE)
        views[name] = [column for cell in first_cells for column in re.findall(r"`(\w+)`", cell)]
    del views["Examples"]
    return views


def test_the_views_are_those_documented(documented: dict[str, list[str]], world: StoreWorld) -> None:
    assert sorted(documented) == sorted(analyst.VIEWS)
    for view, columns in documented.items():
        assert sorted(world.store.table_sync(f"select * from {view}").column_names) == sorted(columns), view
    files = {file.name for file in folder("views")}
    assert files == {*analyst.VIEWS, "session_now"}


def test_the_documented_examples_run(repository: Path, world: StoreWorld) -> None:
    text = (repository / "docs" / "views.md").read_text().partition("```sql\n")[2].partition("```")[0]
    examples = [part for part in text.split(";") if part.strip()]
    assert len(examples) >= 3
    for example in examples:
        world.store.table_sync(example)
