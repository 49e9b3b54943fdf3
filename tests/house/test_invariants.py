"""Each law of the product has a sentence, code that keeps it, and a test that holds it."""

import re
from pathlib import Path
from types import ModuleType


def test_all_are_there(pages: ModuleType) -> None:
    assert [law["name"] for law in pages.invariants()] == [f"I-{number}" for number in range(1, 33)]


def test_each_is_held_by_a_test_and_no_test_holds_another(pages: ModuleType) -> None:
    assert set(pages.invariant_tests()) == {law["name"] for law in pages.invariants()}


def test_the_code_that_keeps_each_says_so(pages: ModuleType, repository: Path) -> None:
    silent = [
        f"{law['name']} {path}"
        for law in pages.invariants()
        for path in law["kept_by"]
        if not re.search(rf"{law['name']}\b", (repository / path).read_text("utf-8"))
    ]
    assert not silent
