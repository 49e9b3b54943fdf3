"""The one measured run of the whole system: every process for real, until ten drivers have left.

In the middle of it core and the Prefect server are killed with SIGKILL, and everything must hold all the
same. Then it is started again, goes on, and loses its supervisor. One run for all tests of this module;
nothing here looks at how long anything took: a wait ends when what it waits for is there, and only a bound
far beyond any machine ends it otherwise.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest

from readyby.demo.watchdog import MARK_VARIABLE
from readyby.errors import ReadyByError
from readyby.store.api import Counts, ReadCounts
from readyby.store.client import SyncStore

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

WITHIN_S = 240.0

KEYS = {
    "sessions_seen",
    "eligible_sessions",
    "welcome_sms",
    "duplicate_welcomes",
    "response_rate",
    "requests",
    "plans",
    "runs_recorded",
    "commands_sent",
    "commands_verified",
    "commands_not_followed",
    "commands_superseded",
    "commands_expired",
    "drivers_served",
    "drivers_short",
    "limit_kw",
    "peak_kw",
    "uncontrolled_peak_kw",
    "cost_usd",
    "uncontrolled_cost_usd",
    "speed_asked",
    "speed_reached",
    "plugin_to_welcome_ms",
    "request_to_accepted_ms",
    "request_to_complete_ms",
}


@dataclass(frozen=True)
class Demo:
    folder: Path
    exit_code: int
    report: dict[str, Any]
    said: str
    killed: list[str]


class Killer(threading.Thread):
    """Reads what the demo says and kills a part when so many drivers were welcomed."""

    def __init__(self, demo: "subprocess.Popen[str]", state_dir: Path, when: dict[int, str]) -> None:
        super().__init__(daemon=True)
        self._demo, self._state_dir, self._when = demo, state_dir, dict(when)
        self.said = ""
        self.killed: list[str] = []

    def run(self) -> None:
        for line in self._demo.stderr:
            self.said += line
            found = re.search(r"(\d+) welcomed", line)
            for welcomed in sorted(self._when):
                if found and int(found[1]) >= welcomed:
                    self._kill(self._when.pop(welcomed))
                    break

    def _kill(self, part: str) -> None:
        for process in psutil.process_iter(["cmdline"]):
            if process.info["cmdline"] and process.info["cmdline"][1:] == ["-m", "readyby", part]:
                try:
                    ours = process.environ().get("READYBY_STATE_DIR") == str(self._state_dir)
                except psutil.Error:
                    continue
                if ours:
                    process.kill()
                    self.killed.append(part)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Demo:
    """Run with a Prefect profile and ReadyBy settings of somebody else in the environment."""
    folder = tmp_path_factory.mktemp("demo")
    foreign = tmp_path_factory.mktemp("foreign")
    environment = {
        **os.environ,
        "PREFECT_HOME": str(foreign),
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "READYBY_SMS": "twilio",
    }
    command = ["demo", "--speed", "300", "--until-served", "10", "--json", "--state-dir", str(folder / "s")]
    running = subprocess.Popen(
        [sys.executable, "-m", "readyby", *command],
        cwd=repository,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    killer = Killer(running, folder / "s", {5: "core", 15: "prefect-server"})
    killer.start()
    try:
        printed = running.stdout.read()
        running.wait(60)
    finally:
        running.terminate()
    killer.join(10)
    assert list(foreign.iterdir()) == [], "the foreign Prefect home was touched"
    assert printed, killer.said
    return Demo(folder / "s", running.returncode, json.loads(printed), killer.said, killer.killed)


def test_two_parts_were_killed_on_the_way(demo):
    assert demo.killed == ["core", "prefect-server"], demo.said


@pytest.mark.invariant("I-1", "I-13", "I-17", "I-21")
def test_everything_is_right(demo):
    assert demo.exit_code == 0, f"{demo.said}\n{json.dumps(demo.report, indent=2)}"


def test_the_report_has_its_keys(demo):
    assert set(demo.report) == KEYS
    assert set(demo.report["plugin_to_welcome_ms"]) == {"p50", "p95"}
    for name in ("request_to_accepted_ms", "request_to_complete_ms"):
        assert set(demo.report[name]) == {"n", "p50", "p95", "max"}


def test_the_figures_agree_with_each_other(demo):
    told = demo.report
    assert told["welcome_sms"] == told["eligible_sessions"] >= 10
    assert told["duplicate_welcomes"] == 0
    assert told["peak_kw"] <= told["limit_kw"] < told["uncontrolled_peak_kw"]
    assert told["cost_usd"] < told["uncontrolled_cost_usd"]
    assert 0 < told["runs_recorded"] <= told["plans"], "a run makes one plan or, in a burst, several"
    ends = ("verified", "not_followed", "superseded", "expired")
    assert sum(told[f"commands_{end}"] for end in ends) == told["commands_sent"]
    assert told["commands_verified"] > 0
    assert told["request_to_accepted_ms"]["n"] >= 10


def test_bad_records_were_put_aside_and_the_rest_went_on(demo, rows):
    assert rows("select count(*) from quarantine")[0][0] > 0
    assert rows("select count(*) from meter_value")[0][0] > 1000


@pytest.mark.invariant("I-30")
def test_no_phone_and_no_token_stands_where_it_should_not(demo, rows, repository):
    people = (repository / "data/participants/jpl_synthetic.csv").read_text().splitlines()[1:]
    phones = {line.split(",")[1].removeprefix("+1") for line in people}
    tokens = {line.split(",")[0] for line in people}
    logs = "".join(path.read_text(errors="replace") for path in (demo.folder / "logs").iterdir())
    assert not [secret for secret in phones | tokens if secret in logs]
    runs = str(rows("select parameters, logs, artifact_markdown from run"))
    assert not [secret for secret in phones | tokens if secret in runs]
    prefect = b"".join(path.read_bytes() for path in (demo.folder / "prefect").glob("prefect.db*"))
    assert not [secret for secret in phones | tokens if secret.encode() in prefect]


@pytest.mark.invariant("I-30")
def test_no_link_key_is_logged(demo):
    logs = "".join(path.read_text(errors="replace") for path in (demo.folder / "logs").iterdir())
    links = [part for part in logs.split("/c/")[1:] if not part.startswith(("***", "{"))]
    assert not links


def test_no_process_is_left(demo):
    assert left_of(demo.folder) == []


def test_a_second_start_goes_on_where_the_first_stopped(demo, again):
    sessions, welcomed = demo.report["sessions_seen"], demo.report["welcome_sms"]
    again.until(lambda: again.counts().plans > demo.report["plans"], "a plan after the second start")
    counts = again.counts()
    assert counts.sessions_seen >= sessions
    assert counts.welcome_sms >= welcomed
    with SyncStore(demo.folder / "core.sock", patience_s=30.0) as store:
        twice = store.table(
            "select session_id, count(*) as n from messages where kind = 'welcome' group by all having n > 1"
        )
    assert twice.num_rows == 0


def test_the_supervisor_dies_and_nothing_is_left(demo, again):
    """Last in this module: it ends the second run."""
    assert len(left_of(demo.folder)) >= 7
    again.process.kill()
    again.process.wait()
    deadline = time.monotonic() + WITHIN_S
    while left := left_of(demo.folder):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def left_of(folder: Path) -> list[tuple[int, bytes]]:
    """Living processes that carry the mark of the demo on this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            if MARK_VARIABLE.encode() in environment and str(folder).encode() in environment:
                found.append((int(entry.name), (entry / "cmdline").read_bytes()))
        except OSError:
            continue
    return found


@dataclass(frozen=True)
class Again:
    """The demo started a second time, watched from outside."""

    folder: Path
    process: "subprocess.Popen[bytes]"
    said: Path

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not holds():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, f"{what} did not happen\n{self.said.read_text()}"
            time.sleep(0.2)

    def counts(self) -> Counts:
        while True:
            with (
                contextlib.suppress(ReadyByError),
                SyncStore(self.folder / "core.sock", patience_s=2.0) as store,
            ):
                return store.ask(ReadCounts())
            assert self.process.poll() is None, self.said.read_text()


@pytest.fixture(scope="module")
def again(demo: Demo, repository: Path) -> Iterator[Again]:
    said = demo.folder.with_suffix(".out")
    command = [sys.executable, "-m", "readyby", "demo", "--speed", "120", "--state-dir", str(demo.folder)]
    with said.open("wb") as out:
        process = subprocess.Popen(command, cwd=repository, stdout=out, stderr=out, start_new_session=True)
    try:
        yield Again(demo.folder, process, said)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
        for pid, _ in left_of(demo.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def rows(demo):
    """Ask the stopped demo's database."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with closing(duckdb.connect(str(demo.folder / "readyby.duckdb"), read_only=True)) as connection:
            return connection.execute(sql).fetchall()

    return ask
