"""What tests of the house look at."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def pages(repository: Path) -> ModuleType:
    """The program that makes the generated pages of docs/."""
    spec = importlib.util.spec_from_file_location("pages", repository / "docs" / "pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
