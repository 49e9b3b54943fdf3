"""The command line: help at once, errors with remedies, and each command on a store of its own."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner, Result

from readyby.cli.app import app
from readyby.cli.services import ENTRIES

PARTICIPANTS = "token_uid,phone,consent_at,consent_source,wh_per_mi\n04AB,+16265550177,,form,280\n"


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("READYBY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("READYBY_MIN_FREE_MB", "1")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return call


@pytest.fixture
def enrolled(cli, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(PARTICIPANTS)
    assert cli("participants", "import", str(file)).exit_code == 0
    return file


def test_help_names_every_service(cli):
    told = cli("--help")
    assert told.exit_code == 0
    for name in [*ENTRIES, "demo", "doctor", "sql", "db", "config", "participants"]:
        assert name in told.output


def test_help_imports_no_heavy_library():
    code = (
        "import sys; from readyby.cli.app import app;"
        "print([m for m in ('prefect','duckdb','pandas','streamlit','scipy','numpy','fastapi','pydantic')"
        " if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_version(cli):
    assert cli("--version").output.strip().count(".") == 2


def test_config_shows_where_each_value_comes_from_and_no_secret(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("READYBY_EXCHANGE_PORT", "9999")
    monkeypatch.setenv("READYBY_PEPPER", "hushhush")
    monkeypatch.setenv("READYBY_EXCHANEG_TOKEN", "typing error")
    (tmp_path / "readyby.toml").write_text('brand = "Acme"\n')
    told = cli("config", "show", "--json")
    assert "hushhush" not in told.output
    shown = json.loads(told.output)
    assert shown["settings"]["exchange_port"] == {
        "value": "9999",
        "from": "environment READYBY_EXCHANGE_PORT",
    }
    assert shown["settings"]["brand"] == {"value": "Acme", "from": "readyby.toml"}
    assert shown["settings"]["pepper"]["value"] == "********"
    assert shown["settings"]["vendor_key"]["from"] == "state file (made at first start)"
    assert shown["settings"]["site_id"]["from"] == "default"
    assert shown["unknown_variables"] == ["READYBY_EXCHANEG_TOKEN"]
    assert "hushhush" not in cli("config", "show").output


@pytest.mark.parametrize("content", ["speed = [", "speed = -1"])
def test_a_wrong_setting_names_itself(tmp_path, content):
    (tmp_path / "readyby.toml").write_text(content)
    told = run_readyby(tmp_path, "config", "show")
    assert told.returncode == 78
    assert "error:" in told.stderr
    assert "SPEED" in told.stderr or "readyby.toml" in told.stderr


def test_no_database_yet_names_the_remedy(tmp_path):
    told = run_readyby(tmp_path, "sql", "select 1")
    assert told.returncode == 78
    assert "start `readyby demo` or `readyby core`" in told.stderr


def run_readyby(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "readyby", *arguments],
        cwd=folder,
        env={**os.environ, "READYBY_STATE_DIR": str(folder / "state")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_import_lists_wrong_rows_and_takes_the_rest(cli, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(PARTICIPANTS + "04CD,nonsense,,form,280\n")
    told = cli("participants", "import", str(file))
    assert told.exit_code == 1
    assert "line 3: phone:" in told.output
    assert "1 added, 0 changed, 0 unchanged, 1 left out" in told.output
    assert "1 unchanged" in cli("participants", "import", str(file)).output


def test_sql_answers_in_every_format(cli, enrolled, tmp_path):
    question = "select 1 as one, 'x' as letter"
    assert "letter" in cli("sql", question).output
    assert json.loads(cli("sql", question, "--format", "json").output) == [{"one": 1, "letter": "x"}]
    assert cli("sql", question, "--format", "csv").output.splitlines() == ['"one","letter"', '1,"x"']
    out = tmp_path / "out.parquet"
    assert cli("sql", question, "--format", "parquet", "--out", str(out)).exit_code == 0
    assert pyarrow.parquet.read_table(out).to_pylist() == [{"one": 1, "letter": "x"}]


def test_sql_writes_spans_and_lists_in_every_format(cli, enrolled, tmp_path):
    question = "select to_minutes(90) as span, [1, 2] as list, cast(null as interval) as none"
    row = {"span": "P0M0DT5400S", "list": [1, 2], "none": None}
    assert json.loads(cli("sql", question, "--format", "json").output) == [row]
    assert cli("sql", question, "--format", "csv").output.splitlines()[1] == '"P0M0DT5400S","[1, 2]",'
    out = tmp_path / "out.parquet"
    assert cli("sql", question, "--format", "parquet", "--out", str(out)).exit_code == 0
    assert pyarrow.parquet.read_table(out).to_pylist() == [row]
    assert "P0M0DT5400S" in cli("sql", question).output


def test_backup_and_restore(cli, enrolled, tmp_path):
    copy = tmp_path / "copy.duckdb"
    assert cli("db", "backup", str(copy)).exit_code == 0
    told = cli("db", "restore", str(copy))
    assert told.exit_code != 0
    assert cli("db", "restore", str(copy), "--force").exit_code == 0
    assert json.loads(cli("db", "status", "--json").output)["tables"]["person"] == 1


@pytest.mark.parametrize("example", sorted(Path("docs/examples").glob("*.json")), ids=lambda path: path.stem)
def test_plan_reads_a_situation(repository, cli, example):
    path = str(repository / example)
    assert cli("plan", path).exit_code == 0
    made = cli("plan", path, "--json")
    assert made.exit_code == 0
    assert isinstance(json.loads(made.output), dict)


def test_plan_names_the_path_of_an_error(tmp_path):
    (tmp_path / "wrong.json").write_text('{"now": 1}')
    told = run_readyby(tmp_path, "plan", "wrong.json")
    assert told.returncode == 1
    assert "error:" in told.stderr


def test_bench_says_what_it_can_measure(cli):
    told = cli("bench", "--help").output
    assert "loop" in told
    assert "plan" in told


def test_migrate_makes_a_new_database(cli):
    assert "migrations are applied" in cli("db", "migrate").output
    assert cli("db", "status").exit_code == 0


def test_a_service_logs_its_error_and_says_that_starting_again_is_no_use(tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "secrets.json").write_text("{}")
    (tmp_path / "state" / "secrets.json").chmod(0o600)
    told = run_readyby(tmp_path, "core")
    assert told.returncode == 78, told.stderr
    assert json.loads(told.stderr.splitlines()[-1])["level"] == "error"
    assert "restore it from a backup" in told.stderr


def test_a_demo_that_cannot_begin_says_why_and_starts_nothing(tmp_path, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("READYBY_DRIVER_PORT", str(taken.getsockname()[1]))
        told = run_readyby(tmp_path, "demo", "--json")
    assert told.returncode == 78
    assert told.stdout == ""
    assert "READYBY_DRIVER_PORT: port" in told.stderr
    assert not (tmp_path / "state" / "logs").exists()
