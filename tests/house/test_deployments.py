"""Every flow is deployed, and every deployment is a flow."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow

import flows


@pytest.fixture(scope="module")
def entries(repository: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((repository / "prefect.yaml").read_text())["deployments"]
    return found


@pytest.fixture(scope="module")
def found_flows() -> dict[str, Flow[Any, Any]]:
    modules = [
        importlib.import_module(f"flows.{module.name}") for module in pkgutil.iter_modules(flows.__path__)
    ]
    return {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Flow) and value.fn.__module__ == module.__name__
    }


def test_flows_and_deployments_are_the_same(
    entries: list[dict[str, Any]], found_flows: dict[str, Flow[Any, Any]]
) -> None:
    assert sorted(entry["entrypoint"] for entry in entries) == sorted(found_flows)


def test_each_says_what_it_is_for(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        assert entry.get("description"), entry["name"]
        assert entry.get("tags"), entry["name"]


def test_each_names_its_pool(entries: list[dict[str, Any]]) -> None:
    """An entry without a pool stops the deployment of all."""
    assert {entry["work_pool"]["name"] for entry in entries} <= {"core", "readyby"}


def test_parameters_read_well_in_the_run_dialog(found_flows: dict[str, Flow[Any, Any]]) -> None:
    for name, flow in found_flows.items():
        for parameter, schema in flow.parameters.properties.items():
            assert schema.get("description"), f"{name}: describe {parameter} in the docstring's Args"
