"""What is worth remarking in how commands fare, in words of docs/exchange.md (pure)."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Final

from readyby.exchange.adapter import Active, Remark, Verdict, Word
from readyby.exchange.book import Note
from readyby.exchange.commands import Command, EvseControl
from readyby.model import CommandState

TROUBLE: Final = {
    CommandState.NOT_FOLLOWED: ("not_followed", "counted"),
    CommandState.REJECTED: ("command_rejected", "counted"),
    CommandState.FAILED: ("command_failed", "counted"),
    CommandState.UNKNOWN: ("command_unknown", "counted"),
}
LOST: Final = ("lost_command", "repaired", "it does not hold its newest command: it is sent again")
STRANGE: Final = (
    "strange_command",
    "counted",
    "it holds a command that is not on file: it counts at its maximum until the next one is proven",
)


def on_notes(notes: Iterable[Note]) -> list[Remark]:
    """Commands that came to no good."""
    return [
        Remark(
            kind=TROUBLE[note.command.state][0],
            evse_id=note.command.evse_id,
            session_id=note.command.session_id,
            action=TROUBLE[note.command.state][1],
            detail=note.reason,
        )
        for note in notes
        if note.command.state in TROUBLE
    ]


def on_words(
    words: Sequence[Word], known_command: Callable[[str], tuple[EvseControl, Command] | None]
) -> list[Remark]:
    """Words that come twice, or when nobody waits for them any more."""
    found = []
    for word in words:
        if word.verdict not in (Verdict.ACCEPTED, Verdict.APPLIED):
            continue
        waiting = known_command(word.command_id)
        if waiting is not None and waiting[1].applied_at is None:
            continue
        evse_id = waiting[0].evse_id if waiting else _evse_of(word.command_id)
        found.append(
            Remark(
                kind="late_word",
                evse_id=evse_id,
                detail="a result that nobody waits for any more",
                alarm=False,
            )
        )
    return found


def _evse_of(command_id: str) -> str | None:
    """The EVSE in a command's name, site.version.evse.attempt."""
    parts = command_id.split(".")
    return ".".join(parts[2:-1]) if len(parts) >= 4 else None


def on_drawing_less(controls: Iterable[EvseControl], told: MutableMapping[str, str]) -> list[Remark]:
    """EVSEs that draw well below their command; once a command, which `told` remembers."""
    found = []
    for control in controls:
        name = control.newest.command_id if control.newest else str(control.session_id)
        if told.get(control.evse_id) == name:
            continue
        told[control.evse_id] = name
        found.append(
            Remark(
                kind="draws_less",
                evse_id=control.evse_id,
                session_id=control.session_id,
                detail="a small car, fewer phases than thought, or a limit of somebody else's",
                alarm=False,
            )
        )
    return found


def on_waiting(controls: Iterable[EvseControl]) -> list[Remark]:
    """Commands that were taken, and of which the device's word does not come."""
    return [
        Remark(
            kind="no_result",
            evse_id=control.evse_id,
            session_id=control.session_id,
            action="counted",
            detail="its network is asked what it holds",
        )
        for control in controls
        if control.newest is not None
        and control.newest.state is CommandState.ACCEPTED
        and control.newest.applied_at is None
    ]


def on_actives(actives: Iterable[Active], controls: Mapping[str, EvseControl]) -> list[Remark]:
    """EVSEs that hold something else than they were told, or than is on file."""
    found = []
    for active in actives:
        control = controls.get(active.evse_id)
        newest = control.newest if control is not None else None
        if control is None or active.command_id == (newest.command_id if newest else None):
            continue
        kind, action, detail = LOST if newest is not None else STRANGE
        found.append(
            Remark(
                kind=kind,
                evse_id=active.evse_id,
                session_id=control.session_id,
                action=action,
                detail=detail,
            )
        )
    return found
