"""The deployments that `prefect.yaml` declares."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from readyby.errors import Misconfigured

if TYPE_CHECKING:
    from prefect.flows import Flow

CORE_POOL = "core"
WORKER_POOL = "readyby"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`name` is flow/deployment as Prefect writes it; `entrypoint` the dotted name of the flow."""

    name: str
    entrypoint: str
    pool: str


def declared_deployments(path: Path) -> tuple[Deployment, ...]:
    """All deployments of a prefect.yaml. Raises Misconfigured for one without name, entrypoint or pool."""
    found = []
    for entry in yaml.safe_load(path.read_text())["deployments"]:
        try:
            found.append(
                Deployment(
                    name=f"{entry['name']}/{entry['name']}",
                    entrypoint=entry["entrypoint"],
                    pool=entry["work_pool"]["name"],
                )
            )
        except KeyError as error:
            raise Misconfigured(
                f"{path}: deployment {entry.get('name')}: {error} is missing: add it"
            ) from error
    return tuple(found)


def lane_flows(path: Path) -> "dict[str, Flow[Any, Any]]":
    """The flows of core's own work pool, imported, by deployment name."""
    return {
        deployment.name: _flow(deployment.entrypoint)
        for deployment in declared_deployments(path)
        if deployment.pool == CORE_POOL
    }


def _flow(entrypoint: str) -> "Flow[Any, Any]":
    module, _, name = entrypoint.rpartition(".")
    found: Flow[Any, Any] = getattr(importlib.import_module(module), name)
    return found
