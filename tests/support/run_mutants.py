"""`make proof-mutants`: take the planner's constraints away one by one, and see that a test notices; as JSON.

Each mutant lives in a process of its own, forked once the libraries are loaded; files stay as they are. First
the tests that should notice are asked, then, should none, all tests of the planner.
"""

import importlib.machinery
import json
import os
import signal
import subprocess
import sys
from types import CodeType

import highspy  # noqa: F401 - loaded once, for all mutants
import hypothesis  # noqa: F401
import pytest
import scipy.optimize
import scipy.sparse  # noqa: F401

from tests.support.mutant import ROOT, Mutant
from tests.support.mutants import MUTANTS

SEED = 0
LONGEST_S = 900
UNCHANGED = Mutant(name="nothing", module="rows", old="def broken(", new="def broken(", ask="")


def main(names: list[str]) -> int:
    """Try the mutants whose names hold one of `names`, or all; exit code 1 if one survives."""
    if _fails(UNCHANGED, []):
        raise RuntimeError("the tests fail although nothing is taken away")
    chosen = [mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)]
    survivors, rows = [], []
    for mutant in chosen:
        mutant.source()
        asked = "the tests asked first"
        noticed = _fails(mutant, ["-k", mutant.ask])
        if not noticed:
            asked, noticed = "all tests of the planner", _fails(mutant, [])
        sys.stderr.write(f"{'noticed ' if noticed else 'SURVIVED'} {mutant.name}\n")
        rows.append({"without": mutant.name, "noticed_by": asked if noticed else None})
        survivors += [] if noticed else [mutant.name]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    result = {"commit": commit, "seed": SEED, "mutants": len(rows), "survivors": survivors, "tried": rows}
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 1 if survivors else 0


def _fails(mutant: Mutant, chosen: list[str]) -> bool:
    """Whether a test of the planner fails with this mutant; one that hangs is noticed too."""
    child = os.fork()
    if child == 0:
        os._exit(_try(mutant, chosen))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code > pytest.ExitCode.TESTS_FAILED and code != pytest.ExitCode.NO_TESTS_COLLECTED:
        raise RuntimeError(f"mutant {mutant.name}: the tests could not be run ({pytest.ExitCode(code).name})")
    return code == pytest.ExitCode.TESTS_FAILED or code < 0


def _try(mutant: Mutant, chosen: list[str]) -> int:
    signal.alarm(LONGEST_S)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    _mutate(mutant)
    quiet = [
        "-q",
        "-x",
        "--noconftest",
        "-p",
        "tests.support.strict",
        "-p",
        "no:cacheprovider",
        f"--hypothesis-seed={SEED}",
    ]
    return int(pytest.main([*quiet, *chosen, str(ROOT / "tests" / "planning")]))


def _mutate(mutant: Mutant) -> None:
    """Have the module read with its mutation from now on."""
    name, source = mutant.full_name, mutant.source()
    read = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
        if fullname != name:
            return read(loader, fullname)
        return compile(source, loader.get_filename(fullname), "exec", dont_inherit=True)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
