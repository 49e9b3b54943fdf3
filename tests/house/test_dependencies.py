"""What the code imports is declared, and what is declared is used."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = {"readyby", "flows", "tasks", "dashboards", "tests"}
NEEDED_UNSEEN = {
    "httptools": "uvicorn parses requests with it",
    "pytz": "duckdb imports it to hand out instants",
    "python-multipart": "starlette imports it to read forms",
    "sqlalchemy": "its newer versions break the Prefect server",
    "tzdata": "zoneinfo reads it where the system has no zones",
    "uvloop": "uvicorn runs its servers on it",
    "websockets": "uvicorn serves Streamlit's sockets with it",
}

BENCH_ONLY = {"playwright"}
"""`readyby bench` opens the pages with it; it comes with the lock, and nobody else needs it."""

PEERS = "peers"
"""Programs around other projects' libraries, which run in environments of their own."""


def imported(repository: Path, *roots: str) -> set[str]:
    def modules() -> Iterator[str]:
        for root in roots:
            for path in (repository / root).rglob("*.py"):
                if PEERS in path.parts:
                    continue
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, ast.Import):
                        yield from (name.name.split(".")[0] for name in node.names)
                    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                        yield node.module.split(".")[0]

    owners = packages_distributions()
    outside = set(modules()) - OWN - set(sys.stdlib_module_names)
    return {str(canonicalize_name(owner)) for module in outside for owner in owners.get(module, [module])}


@pytest.fixture(scope="module")
def declared(repository: Path) -> dict[str, set[str]]:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    groups = {"product": project["project"]["dependencies"], **project["dependency-groups"]}
    return {
        group: {str(canonicalize_name(Requirement(line).name)) for line in lines}
        for group, lines in groups.items()
    }


def test_what_the_product_imports_is_declared(repository: Path, declared: dict[str, set[str]]) -> None:
    used = imported(repository, "readyby", "flows", "tasks", "dashboards")
    assert not used - declared["product"] - BENCH_ONLY, "declare it in pyproject.toml, then `make lock`"


def test_what_is_declared_is_used(repository: Path, declared: dict[str, set[str]]) -> None:
    used = imported(repository, "readyby", "flows", "tasks", "dashboards")
    assert not declared["product"] - used - NEEDED_UNSEEN.keys(), "remove it, or say why it is needed unseen"


def test_what_tests_import_is_declared(repository: Path, declared: dict[str, set[str]]) -> None:
    known = declared["product"] | declared["test"] | declared["build"]
    assert not imported(repository, "tests", "docs") - known
