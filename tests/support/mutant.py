"""The planner without something: one piece of source replaced, which must be there exactly once."""

from dataclasses import dataclass


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


def without(name: str, module: str, old: str, new: str, ask: str) -> Mutant:
    return Mutant(name=name, module=module, old=old, new=new, ask=ask)
