"""Texts made of times, amounts and frames: very many combinations, each with its meaning.

`tests/texts/frames.txt` holds the parts; `python -m tests.support.frames 40000` tries so many of them.
"""

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.support.texts import ASK, ZONE, heard, is_silently_wrong

_TEXTS = Path(__file__).resolve().parents[1] / "texts"
_PARTS, _DOUBTS = _TEXTS / "frames.txt", _TEXTS / "doubts.txt"
_BEFORE_A_POINT = ("at", "by", "before", "until", "til", "till")
_SPANS = ("in ", "within ", "2 hours")


@dataclass(slots=True, kw_only=True)
class Block:
    """The parts of one language at one moment; meanings as `tests.support.texts` writes them."""

    now: datetime
    times: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, str] = field(default_factory=dict)
    frames: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One text, when it arrives, and what it means."""

    text: str
    now: datetime
    meaning: str


def read_blocks(path: Path = _PARTS) -> list[Block]:
    """The blocks of the file of parts."""
    blocks: list[Block] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("@ "):
            when, _, _language = line[2:].rpartition(" ")
            blocks.append(Block(now=datetime.fromisoformat(when).replace(tzinfo=ZONE)))
        elif not line.startswith("#"):
            kind, *parts = line.split(" | ")
            if kind == "f":
                blocks[-1].frames.append(" | ".join(parts).replace("\\n", "\n"))
            else:
                (blocks[-1].times if kind == "t" else blocks[-1].amounts)[parts[0]] = parts[1]
    return blocks


def make(chance: random.Random) -> Iterator[Made]:
    """Texts without end, each part as often as another."""
    blocks = read_blocks()
    while True:
        block = chance.choice(blocks)
        time, amount = chance.choice(list(block.times)), chance.choice(list(block.amounts))
        frame = chance.choice(block.frames)
        if time.startswith(_SPANS) and any(f"{word} {{t}}" in frame for word in _BEFORE_A_POINT):
            continue  # nobody leaves "at in two hours"
        text = frame.format(t=time, a=amount, T=time.upper(), A=amount.upper())
        yield Made(text=text, now=block.now, meaning=f"{block.times[time]} {block.amounts[amount]}")


def make_doubtful(chance: random.Random) -> Iterator[Made]:
    """Texts without end of which none may be acted on."""
    blocks = read_blocks(_DOUBTS)
    while True:
        block = chance.choice(blocks)
        (time, other), (amount, more) = (
            chance.sample(list(parts), 2) for parts in (block.times, block.amounts)
        )
        frame = chance.choice(block.frames)
        yield Made(text=frame.format(t=time, u=other, a=amount, b=more), now=block.now, meaning=ASK)


def acted_on(count: int, seed: int) -> list[tuple[str, str]]:
    """Of so many doubtful texts those that were acted on; a status as an answer does nothing."""
    made = (one for _, one in zip(range(count), make_doubtful(random.Random(seed)), strict=False))
    heard_so = ((one.text, heard(one.text, one.now)) for one in made)
    return [(text, answer) for text, answer in heard_so if answer not in (ASK, "STATUS")]


def try_out(count: int, seed: int) -> tuple[int, dict[str, list[Made]]]:
    """How many of so many texts are understood exactly, and those that are not, by what was heard."""
    exact, others = 0, defaultdict[str, list[Made]](list)
    for _, made in zip(range(count), make(random.Random(seed)), strict=False):
        answer = heard(made.text, made.now)
        if answer == made.meaning:
            exact += 1
        else:
            others["misread" if is_silently_wrong(made.meaning, answer) else "asked"].append(made)
    return exact, others


if __name__ == "__main__":
    tried = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    right, rest = try_out(tried, seed=1)
    doubtful = acted_on(tried, seed=1)
    sys.stdout.write(f"{tried} texts: {right / tried:.2%} exact, {len(rest['misread'])} misread\n")
    sys.stdout.write(f"{tried} doubtful texts: {len(doubtful)} acted on {doubtful[:20]}\n")
    for one in rest["misread"][:20]:
        sys.stdout.write(f"misread: {one.text!r}, meant {one.meaning}\n")
