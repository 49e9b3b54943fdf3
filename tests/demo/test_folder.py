"""The demo's folder says what is wrong and what to do."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from readyby.demo.folder import DemoStart, open_folder
from readyby.errors import Misconfigured

START = DemoStart(
    day="2019-07-24",
    seed=1,
    domain_start=datetime(2019, 7, 24, 12, tzinfo=UTC),
    speed=300.0,
    ports={"world": 1},
)


def test_a_second_start_finds_what_the_first_began(tmp_path):
    first = open_folder(tmp_path)
    assert first.started() is None
    first.remember(START)
    first.close()
    second = open_folder(tmp_path)
    assert second.started() == START
    assert second.move(START, speed=60.0, ports={"world": 2}).speed == 60.0
    assert second.started().ports == {"world": 2}
    second.close()


def test_one_demo_at_a_time(tmp_path):
    folder = open_folder(tmp_path)
    with pytest.raises(Misconfigured, match=rf"another demo \(process {os.getpid()}\).*--state-dir"):
        open_folder(tmp_path)
    folder.close()
    open_folder(tmp_path).close()


def test_a_lock_left_by_a_dead_process_holds_nothing(tmp_path):
    code = (
        "import os, pathlib, signal, sys; from readyby.demo.folder import open_folder;"
        "open_folder(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / "demo.lock").read_text() != ""
    open_folder(tmp_path).close()


def test_an_installation_that_is_no_demo_is_left_alone(tmp_path):
    (tmp_path / "readyby.duckdb").write_bytes(b"real")
    with pytest.raises(Misconfigured, match="no demo; choose another folder"):
        open_folder(tmp_path, fresh=True)
    assert (tmp_path / "readyby.duckdb").read_bytes() == b"real"


def test_fresh_forgets_an_earlier_demo(tmp_path):
    folder = open_folder(tmp_path)
    folder.remember(START)
    (tmp_path / "readyby.duckdb").touch()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "core.log").touch()
    folder.close()
    again = open_folder(tmp_path, fresh=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.lock"]
    again.close()


def test_too_little_disk_names_the_need_and_the_remedy(tmp_path):
    with pytest.raises(Misconfigured, match=r"MB of disk are free, 999999999 MB are needed; free some"):
        open_folder(tmp_path, free_mb=999_999_999)
    open_folder(tmp_path).close()


def test_a_path_too_long_for_a_socket_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="choose a shorter folder"):
        open_folder(tmp_path / ("x" * 100))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="choose another folder with --state-dir"):
        open_folder(tmp_path / "file" / "below")


def test_a_broken_mark_names_the_remedy(tmp_path: Path):
    folder = open_folder(tmp_path)
    (tmp_path / "demo.json").write_text("{}")
    with pytest.raises(Misconfigured, match="--fresh"):
        folder.started()
    folder.close()
