"""Die with the process that started this one (Linux).

As a script it does so and becomes another program: `python -I -S tether.py PARENT_PID PROGRAM ARGUMENT...`.
Standard library only, since it stands in front of every start.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int, number: signal.Signals) -> None:
    """Ask the kernel for a signal at the parent's death; end at once if it is dead already.

    The signal comes when the parent's *thread* that forked ends: start children from one that stays.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def main(arguments: list[str]) -> None:
    """Bind this process to its parent, then turn into the program."""
    parent, *command = arguments
    die_with(int(parent), signal.SIGTERM)
    os.execvp(command[0], command)  # noqa: S606 - the command comes from the supervisor, as a list


if __name__ == "__main__":
    main(sys.argv[1:])
