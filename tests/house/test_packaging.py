"""The wheel ships the library alone, and all of it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def names(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=repository,
        capture_output=True,
        check=True,
        timeout=60,
    )
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_it_has_one_top_level_package(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"readyby"}


def test_it_has_every_source_statement_and_template(names: set[str], repository: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "readyby"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name for name in tracked if (repository / name).is_file()} <= names


def test_it_carries_its_license(names: set[str]) -> None:
    assert any(name.endswith("LICENSE") for name in names)
