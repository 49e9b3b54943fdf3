"""What a carrier of text messages can do, and how a send may end.

A send that ends in doubt is never repeated blindly: no carrier knows an idempotency key, and two
welcomes are worse than none (I-17). So an error says whether the message surely did not leave.
"""

from dataclasses import dataclass
from typing import Protocol

from readyby.errors import Permanent, Transient


class Messenger(Protocol):
    """Carries one text to one phone."""

    async def send(self, phone: str, body: str) -> str:
        """Hand over a message; returns the carrier's id of it.

        Args:
            phone: E.164.
            body: the text, as it shall be read.

        Raises:
            Transient: it surely did not leave; try again later.
            Halted: the carrier takes nothing from this account until somebody puts it right.
            UnknownOutcome: it may have left; do not send it again.
            Refused: the carrier will never deliver this.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class Refused(Permanent):
    """The carrier will not deliver; `code` is its reason, `stopped` says that the person opted out there."""

    def __init__(self, message: str, *, code: str | None = None, stopped: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.stopped = stopped


class Halted(Transient):
    """The carrier takes no message of this account; `code` is its reason. This one did not leave."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOutcome:
    """What became of a claimed message, in the words of `SettleMessage`.

    `state` is `sent`, `refused`, `unknown`, or `intent` when it surely did not leave; `stopped` says that
    the carrier knows the person has opted out, `dead` is its code for a number that it can never reach,
    `halted` its code for an account that it refuses.
    """

    state: str
    provider_id: str | None = None
    error: str | None = None
    stopped: bool = False
    dead: str | None = None
    halted: str | None = None
