"""Reads the rounds of drivers' texts and says what the parser made of a line, in their own short words.

A round is a file in `tests/texts`. `@ 2019-07-24 09:40` sets the wall time at the site (America/Los_Angeles)
for the lines that follow. Each line holds language, text and meaning, split by ` | `; `\\n` in a text is a
new line. Meanings:

- `17:30 40mi`: the time today, and the amount (mi, km, kwh, full; `-` where a half is not said);
- `+1 07:00 -`: a day later; `'` behind a time is its second showing on an autumn night;
- `ask`: a question back, or no answer, whatever its words; `NOW` and its like: the command.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from readyby.heard.moment import Departure
from readyby.replies import Command, Reply, Request, understand
from readyby.wall import local_date

ZONE = ZoneInfo("America/Los_Angeles")
ASK = "ask"
_FIRST_RUN = re.compile(r"^# First run: (\d+) exact, (\d+) misread", re.MULTILINE)
_UNSEEN = ((41, 46), (47, 62), (63, 70), (72, 81))
"""Before the reader read by clauses, while it learnt to, then, and after two searches for misreadings."""
_ROUNDS = Path(__file__).resolve().parents[1] / "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One text with its moment and what its writer means."""

    at: str
    now: datetime
    language: str
    text: str
    meaning: str


def rounds() -> list[Path]:
    """The files of the corpus, in the order in which they were written."""
    return sorted(_ROUNDS.glob("round_*.txt"))


def read_corpus() -> Iterator[Line]:
    """All texts of all rounds."""
    for path in rounds():
        yield from read_lines(path)


def read_lines(path: Path) -> Iterator[Line]:
    """All texts of one round."""
    now = datetime.min.replace(tzinfo=UTC)
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line.startswith("@ "):
            now = datetime.fromisoformat(line[2:]).replace(tzinfo=ZONE)
        elif line.strip() and not line.startswith("#"):
            language, text, meaning = re.split(r" \| ", line)
            yield Line(
                at=f"{path.name}:{number}",
                now=now,
                language=language,
                text=text.replace("\\n", "\n"),
                meaning=meaning,
            )


@cache
def heard(text: str, now: datetime) -> str:
    """What the parser makes of a text."""
    return in_short(understand(text, now, ZONE), now)


def in_short(reply: Reply, now: datetime) -> str:
    if isinstance(reply, Command):
        return reply.word.upper()
    if not isinstance(reply, Request):
        return ASK
    amount = "-"
    if reply.amount:
        amount = "full" if reply.amount.unit == "full" else f"{reply.amount.value:g}{reply.amount.unit}"
    return f"{_when(reply.departure, now)} {amount}"


def scores() -> str:
    """The rounds as a table: what was understood when each was first run, and what is now."""
    rows = [
        "| round | texts | exact at first | misread at first | exact now | misread now |",
        "|" + "---|" * 6,
    ]
    for path in rounds():
        lines = list(read_lines(path))
        answers = [(line.meaning, heard(line.text, line.now)) for line in lines]
        exact = sum(meaning == answer for meaning, answer in answers)
        misread = sum(is_silently_wrong(meaning, answer) for meaning, answer in answers)
        first = _FIRST_RUN.search(path.read_text("utf-8"))
        at_first = (_share(int(first[1]), len(lines)), first[2]) if first else ("-", "-")
        cells = (int(path.stem[-2:]), len(lines), *at_first, _share(exact, len(lines)), misread)
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows) + "\n"


def unseen() -> str:
    """What was understood at first of the rounds that were written without sight of the reader."""
    rows = ["| rounds | texts | exact at first | misread at first |", "|" + "---|" * 4]
    for first, last in _UNSEEN:
        texts = exact = misread = 0
        for path in rounds():
            run = _FIRST_RUN.search(path.read_text("utf-8"))
            if run and first <= int(path.stem[-2:]) <= last:
                texts += len(list(read_lines(path)))
                exact, misread = exact + int(run[1]), misread + int(run[2])
        rows.append(f"| {first} to {last} | {texts:,} | {_share(exact, texts)} | {misread} |")
    return "\n".join(rows) + "\n"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def _when(departure: Departure | None, now: datetime) -> str:
    if departure is None:
        return "-"
    local = departure.at.astimezone(ZONE)
    days = (local.date() - local_date(now, ZONE)) // timedelta(days=1)
    return (f"+{days} " if days else "") + f"{local:%H:%M}" + ("'" if local.fold else "")


def is_silently_wrong(meaning: str, answer: str) -> bool:
    """Something was done that the driver did not mean; asking back is never that."""
    return answer not in (meaning, ASK)


if __name__ == "__main__":
    sys.stdout.write(f"{unseen()}\n{scores()}")
