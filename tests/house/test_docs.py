"""The documents are true: commands exist and run, links lead somewhere, generated pages are current."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from readyby.cli.app import app
from readyby.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "data/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
RUN_ELSEWHERE = {"demo", "bench", "deploy", "network", "event"}
"""Commands that start or need a whole system: their own tests run them."""


def shell_lines() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", page.read_text(), re.DOTALL):
            for line in block.splitlines():
                for command in line.split("&&"):
                    if command.strip():
                        yield page.name, command.strip()


def words_of(command: str) -> list[str]:
    """The command without the variables set before it."""
    words = shlex.split(command, comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    return words


COMMANDS = sorted({command for _, command in shell_lines() if words_of(command)})


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def parse_readyby(words: list[str]) -> None:
    """Find the command and every option of a `readyby` line."""
    found: Any = typer.main.get_command(app)
    for word in words:
        options = {
            name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        if word.startswith("-"):
            assert word.split("=")[0] in options | {"--help"}, f"{found.name} has no option {word}"
        elif hasattr(found, "commands"):
            assert word in found.commands, f"{found.name} has no command {word}"
            found = found.commands[word]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_exists(command: str) -> None:
    program, *words = words_of(command)
    if program == "make":
        assert {word for word in words if "=" not in word} <= make_targets()
    elif program == "readyby":
        parse_readyby(words)
    else:
        assert program in {"git", "cd", "curl", "sudo", "apt"}, f"{command}: let this test know the program"


def runnable(command: str) -> bool:
    program, *words = words_of(command)
    return command == "make" or (program == "readyby" and not RUN_ELSEWHERE & set(words))


@pytest.mark.parametrize("command", [command for command in COMMANDS if runnable(command)])
def test_a_command_runs(command: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    data = tmp_path / "data"
    data.mkdir()
    (data / "sessions").symlink_to(ROOT / "data" / "sessions")
    environment = {
        "PATH": path,
        "HOME": str(tmp_path),
        "READYBY_STATE_DIR": str(tmp_path),
        "READYBY_DATA_DIR": str(data),
    }
    result = subprocess.run(
        words_of(command), cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_setting_says_what_it_does() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def test_generated_pages_are_current(pages: ModuleType) -> None:
    for name, page in pages.PAGES.items():
        assert (ROOT / "docs" / name).read_text() == page(), f"docs/{name} is stale: make docs"
