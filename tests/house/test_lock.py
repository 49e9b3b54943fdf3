"""The lock file: complete, hashed, of no one's machine, and what is installed here."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


class Pin(NamedTuple):
    version: str
    marker: str
    hashes: int


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    return (repository / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def pins(text: str) -> dict[str, Pin]:
    entries = re.findall(
        r"^([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\\n]+))? \\\n((?:\s+--hash=\S+(?: \\)?\n)+)", text, re.MULTILINE
    )
    return {
        str(canonicalize_name(name)): Pin(pinned, marker.strip(), hashes.count("--hash=sha256:"))
        for name, pinned, marker, hashes in entries
    }


@pytest.fixture(scope="module")
def declared(repository: Path) -> list[Requirement]:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *groups["test"], *groups["build"]]
    return [Requirement(line) for line in wanted]


def test_every_line_is_a_pin_with_hashes(text: str, pins: dict[str, Pin]) -> None:
    entries = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    assert len(entries) == len(pins) > 100
    assert all(pin.hashes for pin in pins.values())


def test_it_names_no_host_and_no_path(text: str) -> None:
    assert not re.search(r"https?:|file:|--index-url|--find-links| @ |^-e", text, re.MULTILINE)


def test_it_fits_what_the_project_declares(declared: list[Requirement], pins: dict[str, Pin]) -> None:
    for requirement in declared:
        pin = pins[str(canonicalize_name(requirement.name))]
        assert requirement.specifier.contains(pin.version, prereleases=True), requirement


def test_what_is_installed_is_what_is_locked(pins: dict[str, Pin]) -> None:
    """A test run says nothing about other versions."""
    different = {}
    for name, pin in pins.items():
        if pin.marker and not Marker(pin.marker).evaluate():
            continue
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "missing"
        if installed != pin.version:
            different[name] = (pin.version, installed)
    assert not different, "locked, installed: run `make setup`"


@pytest.mark.parametrize(
    ("name", "specifier"),
    [
        ("prefect", "==3.8.8"),
        ("fastapi", ">=0.139,<0.151"),
        ("sqlalchemy", ">=2.0,<2.1"),
        ("duckdb", "==2.0.0"),
    ],
)
def test_versions_that_break_the_product_stay_out(
    declared: list[Requirement], pins: dict[str, Pin], name: str, specifier: str
) -> None:
    """The newest set that installs does not work: the Prefect server dies or never schedules a run."""
    wanted = Requirement(f"{name}{specifier}").specifier
    assert next(r for r in declared if canonicalize_name(r.name) == name).specifier == wanted
    assert wanted.contains(pins[name].version)
