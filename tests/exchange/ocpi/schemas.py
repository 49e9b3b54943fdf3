"""The third-party JSON schemas as validators: written by neither side of these tests."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

FOLDER = Path(__file__).parent / "schemas"
EXAMPLES = Path(__file__).parent / "spec_examples"


def _retrieve(uri: str) -> Resource[Any]:
    return Resource(
        contents=orjson.loads(Path(uri.removeprefix("file://")).read_bytes()), specification=DRAFT7
    )


@cache
def validator(name: str, definition: str = "") -> Draft7Validator:
    uri = (FOLDER / f"{name}.schema.json").as_uri()
    reference = f"{uri}#/definitions/{definition}" if definition else uri
    return Draft7Validator({"$ref": reference}, registry=Registry(retrieve=_retrieve))


def faults(value: Any, name: str, definition: str = "") -> list[str]:
    """What a schema holds against a message."""
    found = validator(name, definition).iter_errors(value)
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in found]


def example(name: str) -> Any:
    return orjson.loads((EXAMPLES / f"{name}.json").read_bytes())
