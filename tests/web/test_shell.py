"""Streamlit's front end, as its own index.html names it, and what the full page imports besides."""

import re
from pathlib import Path

import pytest
from streamlit import file_util

from readyby.errors import Misconfigured
from readyby.web.shell import read_shell

STATIC = Path(file_util.get_static_dir())


def test_every_file_that_is_named_is_there() -> None:
    shell = read_shell(STATIC)
    for link in (shell.script, *shell.modules, *shell.styles):
        assert (STATIC / link.removeprefix("/")).is_file()


def test_nothing_is_named_twice_and_no_part_is_left_to_find_later() -> None:
    shell = read_shell(STATIC)
    named = {Path(link).name for link in (shell.script, *shell.modules)}
    assert len(named) == 1 + len(shell.modules)
    assert any(name.startswith("BidiComponent.") for name in named)
    for name in named:
        source = (STATIC / "static" / "js" / name).read_text("utf-8")
        assert set(re.findall(r'(?:from|import)"\./([\w.-]+\.js)"', source)) <= named


def test_a_front_end_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<html></html>")
    with pytest.raises(Misconfigured, match=r"requirements\.lock"):
        read_shell(tmp_path)
