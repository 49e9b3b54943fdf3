"""The planner without something: one piece of source replaced, which must be there exactly once."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """What is taken away, in which module of `readyby.planning`, and the tests to `ask` first (`-k`)."""

    name: str
    module: str
    old: str
    new: str
    ask: str

    @property
    def full_name(self) -> str:
        return self.module if "." in self.module else f"readyby.planning.{self.module}"

    def source(self) -> str:
        """The module's source with the mutation.

        Raises:
            ValueError: what is to be replaced is not there exactly once.
        """
        source = ROOT.joinpath(*self.full_name.split(".")).with_suffix(".py").read_text(encoding="utf-8")
        if source.count(self.old) != 1:
            raise ValueError(f"mutant {self.name}: {source.count(self.old)} places hold {self.old!r}")
        return source.replace(self.old, self.new)


def without(name: str, module: str, old: str, new: str, ask: str) -> Mutant:
    return Mutant(name=name, module=module, old=old, new=new, ask=ask)
