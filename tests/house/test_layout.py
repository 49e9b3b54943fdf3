"""The layout is a test: who may import whom, and that the contracts can fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOTS = ("readyby", "flows", "tasks", "dashboards")

EDGES = {
    "readyby.__main__",
    "readyby.any_store",
    "readyby.cli",
    "readyby.bench",
    "readyby.clock_source",
    "readyby.contract",
    "readyby.core",
    "readyby.demo",
    "readyby.doctor",
    "readyby.emissions",
    "readyby.enrollment",
    "readyby.exchange",
    "readyby.exchange_client",
    "readyby.links",
    "readyby.logs",
    "readyby.network",
    "readyby.outlook_files",
    "readyby.own_store",
    "readyby.phones",
    "readyby.runs",
    "readyby.secrets_file",
    "readyby.setting_sources",
    "readyby.settings",
    "readyby.sites",
    "readyby.sms",
    "readyby.store",
    "readyby.tariff_files",
    "readyby.tether",
    "readyby.web",
    "readyby.wiring",
    "readyby.world",
}
"""What touches the outside; everything else in `readyby` is pure."""

VIOLATIONS = {
    "Applications use acts, acts use the library": ("readyby/interval.py", "import tasks"),
    "The pure part knows no outside": ("readyby/model.py", "import pandas"),
    "Flows are sentences: the work is elsewhere": ("flows/__init__.py", "import scipy"),
    "Dashboards are windows: no orchestration, no database file": (
        "dashboards/__init__.py",
        "import prefect",
    ),
    "The two Streamlit apps know nothing of each other": (
        "dashboards/driver/__init__.py",
        "import dashboards.monitor",
    ),
    "Only the store opens DuckDB": ("readyby/errors.py", "import duckdb"),
    "Only readyby.sms knows Twilio": ("readyby/interval.py", "import twilio"),
    "Only acts, flows and readyby.runs know Prefect": ("readyby/settings.py", "import prefect"),
}
"""One import that breaks each contract."""


@pytest.fixture(scope="module")
def contracts(repository: Path) -> list[dict[str, Any]]:
    settings = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]
    found: list[dict[str, Any]] = settings["contracts"]
    return found


def check_layout(root: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=root,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_layout_holds(repository: Path) -> None:
    result = check_layout(repository)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_contract_can_fail(repository: Path, tmp_path: Path, contracts: list[dict[str, Any]]) -> None:
    for root in ROOTS:
        shutil.copytree(
            repository / root, tmp_path / root, ignore=shutil.ignore_patterns("__pycache__", "*.sql")
        )
    shutil.copy(repository / "pyproject.toml", tmp_path)
    for file, violation in VIOLATIONS.values():
        with (tmp_path / file).open("a") as source:
            source.write(f"\n{violation}\n")
    lines = check_layout(tmp_path).stdout.splitlines()
    assert sorted(VIOLATIONS) == sorted(contract["name"] for contract in contracts)
    for name in VIOLATIONS:
        assert f"{name} BROKEN" in lines


def test_every_module_is_pure_or_an_edge(repository: Path, contracts: list[dict[str, Any]]) -> None:
    modules = {
        f"readyby.{path.stem}"
        for path in (repository / "readyby").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }
    pure = set(pure_modules(contracts))
    assert pure | EDGES >= modules, "list the new module as pure in pyproject.toml, or as an edge here"
    assert not pure & EDGES


def test_the_pure_part_pulls_in_no_framework(contracts: list[dict[str, Any]]) -> None:
    """Importing it starts fast, and needs nothing but numpy and scipy."""
    heavy = ["prefect", "streamlit", "pandas", "duckdb", "pyarrow", "requests", "httpx", "twilio", "pydantic"]
    program = (
        f"import importlib, sys\nfor name in {pure_modules(contracts)!r}: importlib.import_module(name)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"


def pure_modules(contracts: list[dict[str, Any]]) -> list[str]:
    found: list[str] = next(c for c in contracts if "pure part" in c["name"])["source_modules"]
    return found
