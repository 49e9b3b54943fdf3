"""What lies on the phones: messages, and what their owners have done about them; kept across restarts."""

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from readyby.errors import Misconfigured

PLANNED, DONE, GIVEN_UP = "planned", "done", "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One message: `incoming`, or sent from the phone; `session_id` where the owner knows the stay."""

    message_id: str
    phone: str
    body: str
    incoming: bool
    at: str
    machine_ms: int
    session_id: str | None = None
    welcome: bool = False


@dataclass(slots=True, kw_only=True)
class Errand:
    """Something an owner will do: answer for the first time, or change their mind."""

    session_id: str
    what: str
    due_at: str
    link: str
    state: str = PLANNED
    tries: int = 0
    outcome: str = ""

    @property
    def due(self) -> datetime:
        return datetime.fromisoformat(self.due_at)


@dataclass(slots=True)
class Inbox:
    """All of it. `errors` counts what went wrong on the phones' side, by its words."""

    texts: list[Text] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    changed: bool = False

    def add(self, text: Text) -> None:
        self.texts.append(text)
        self.changed = True

    def next_id(self) -> str:
        """Ids follow from how much was there, so a restart goes on where it was."""
        return f"SM{len(self.texts) + 1:032x}"

    def welcomes(self, session_id: str) -> int:
        return sum(text.welcome and text.session_id == session_id for text in self.texts)

    def due(self, now: datetime) -> list[Errand]:
        """What should be done by now, the oldest first."""
        waiting = [errand for errand in self.errands if errand.state == PLANNED and errand.due <= now]
        return sorted(waiting, key=lambda errand: errand.due)

    def save(self, path: Path) -> None:
        """Write everything down, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        document = {
            "texts": [asdict(text) for text in self.texts],
            "errands": [asdict(errand) for errand in self.errands],
            "errors": self.errors,
        }
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(document, file)
        draft.replace(path)
        self.changed = False

    @classmethod
    def load(cls, path: Path) -> Self:
        """What was written down; an empty inbox where nothing was.

        Raises:
            Misconfigured: the file is not an inbox.
        """
        if not path.exists():
            return cls()
        try:
            document = json.loads(path.read_text())
            return cls(
                texts=[Text(**text) for text in document["texts"]],
                errands=[Errand(**errand) for errand in document["errands"]],
                errors=Counter(document["errors"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Misconfigured(
                f"{path}: not an inbox ({type(error).__name__}); remove it to start anew"
            ) from error
