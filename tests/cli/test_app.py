"""The command as a whole: its answer is on stdout, everything else is not."""

from collections.abc import Iterator

import pytest
import structlog

from readyby.cli.app import root


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_warnings_do_not_mix_with_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    root(state_dir=None)
    structlog.get_logger("stamina").warning("retry scheduled")
    said = capsys.readouterr()
    assert said.out == ""
    assert "retry scheduled" in said.err
