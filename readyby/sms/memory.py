"""The in-memory twin of the carriers: keeps what was sent, and fails as told."""

from collections import deque
from dataclasses import dataclass, field

from readyby.errors import ReadyByError


@dataclass(slots=True)
class MemoryMessenger:
    """Messages in order of sending; `failures` are raised first, one a send."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    failures: deque[ReadyByError] = field(default_factory=deque)

    async def send(self, phone: str, body: str) -> str:
        if self.failures:
            raise self.failures.popleft()
        self.sent.append((phone, body))
        return f"memory-{len(self.sent)}"

    async def aclose(self) -> None:
        """Nothing to let go of."""
