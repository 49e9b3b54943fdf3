"""The error tree.

ReadyByError
├── Transient            trying again may help: network, lock, overload
│   ├── Unreachable      the other side did not answer in time
│   └── Busy             the other side asked to come back later
├── UnknownOutcome       the other side may have acted or not: look, never repeat blindly
└── Permanent            trying again cannot help
    ├── BadInput         a value from outside is refused; names field, value and remedy
    ├── NotFound         no such thing, or not for this caller
    ├── Conflict         the state has moved on (older plan version, other content under a known id)
    └── Misconfigured    a setting or the machine stands in the way; names the remedy
"""


class ReadyByError(Exception):
    """The root: every error that ReadyBy raises on purpose."""


class Transient(ReadyByError):
    """Trying again may help."""


class Unreachable(Transient):
    """The other side did not answer within its deadline."""


class Busy(Transient):
    """The other side asked to come back later.

    `retry_after_s` is its wish in seconds, None where it named none.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[type["Busy"], tuple[str, float | None]]:
        """Made of two values, also in another process."""
        return type(self), (str(self), self.retry_after_s)


class UnknownOutcome(ReadyByError):
    """The other side may have acted or not; repeating could act twice."""


class Permanent(ReadyByError):
    """Trying again cannot help."""


class BadInput(Permanent):
    """A value from outside is refused.

    The message names the field, the value and the remedy; `field` carries the name alone.
    """

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"{field}: {value!r} is refused: {remedy}")
        self.field = field
        self.value = value
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["BadInput"], tuple[str, object, str]]:
        """Made of three values, also in another process."""
        return type(self), (self.field, self.value, self.remedy)


class NotFound(Permanent):
    """No such thing, or not for this caller: the two look alike on purpose."""


class Conflict(Permanent):
    """The state has moved on: an older plan version, or other content under a known id."""


class Misconfigured(Permanent):
    """A setting or the machine stands in the way; the message names the remedy."""
