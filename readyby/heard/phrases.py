"""Phrases looked for in plain text: one regular expression a line, in files beside this module. Pure."""

import re
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "phrases"


def any_of(name: str) -> re.Pattern[str]:
    """What finds any phrase of `phrases/<name>.txt`; blank lines and those that begin with `#` say nothing.

    Raises FileNotFoundError for another name, re.error for a line that is no expression.
    """
    lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return re.compile("|".join(line for line in lines if line and not line.startswith("#")))
