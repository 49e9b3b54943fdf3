"""What `readyby plan` does: a situation file in, a plan out."""

import json
from pathlib import Path
from typing import Any

from readyby.errors import BadInput, NotFound
from readyby.planning.answer import answer
from readyby.planning.reading import read_situation
from readyby.planning.table import explanation, table


def plan_file(path: Path, *, time_zone: str = "UTC") -> dict[str, Any]:
    """The answer to the situation in a JSON file.

    Raises:
        NotFound: there is no such file.
        BadInput: it is not JSON, or not a situation; `field` is the JSON path.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}; name a file that can be read") from error
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("$", str(path), f"give JSON: {error}") from error
    return answer(read_situation(document), time_zone=time_zone)


def plan_text(
    path: Path, *, time_zone: str = "UTC", as_json: bool = False, explain: str | None = None
) -> str:
    """What the command prints: a table and a chart, JSON, or one session's explanation.

    Raises:
        NotFound: no such file, or no such session.
        BadInput: as `plan_file`.
    """
    made = plan_file(path, time_zone=time_zone)
    if explain is not None:
        said = explanation(made, explain)
        if said is None:
            raise NotFound(f"session {explain}: the situation has no such session")
        return said
    return json.dumps(made, indent=2) if as_json else table(made)
