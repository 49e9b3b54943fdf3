"""The planner in a process of its own.

It takes neither the interpreter from threads that answer drivers nor, should a solver crash or never
return, core with it.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Generic, TypeVar

from pebble import ProcessExpired, ProcessPool
from pydantic import TypeAdapter

from readyby.errors import Transient
from readyby.planning.outcome import PlanOutcome
from readyby.store.api import SituationData
from readyby.tariff import GridTariff
from readyby.tether import die_with

PLAN_WITHIN_S = 20.0
STARTED_WITHIN_S = 60.0

_SITUATIONS = TypeAdapter(SituationData)

R = TypeVar("R")


class OwnProcess(Generic[R]):
    """One process that makes one kind of call, started anew when it dies or takes longer than `within_s`."""

    def __init__(self, call: Callable[..., R], *, within_s: float) -> None:
        self._call, self._within_s = call, within_s
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(
            max_workers=1, context=context, initializer=_settle_in, initargs=(os.getpid(),)
        )
        self._pool.schedule(_ready, timeout=STARTED_WITHIN_S)

    async def run(self, *arguments: object) -> R:
        """What the call returns.

        Raises:
            Transient: the process died, or did not answer in time; it is there again.
            Whatever the call raises.
        """
        future = self._pool.schedule(self._call, args=arguments, timeout=self._within_s)
        try:
            answer: R = await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise Transient(f"planner: no answer within {self._within_s:g} s, so it was ended") from error
        except ProcessExpired as error:
            raise Transient(f"planner: its process died ({error}): is there memory left?") from error
        return answer

    def close(self) -> None:
        """End the process."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # the library has types for the rest
        self._pool.join(5)


class PlannerProcess(OwnProcess[PlanOutcome]):
    """`plan_site` in a process of its own."""

    def __init__(self) -> None:
        super().__init__(plan_from_json, within_s=PLAN_WITHIN_S)

    async def __call__(
        self, situation: SituationData, tariff: GridTariff, quick: bool = False
    ) -> PlanOutcome:
        """The plan of a situation; raises as `run`, and whatever planning raises."""
        return await self.run(_SITUATIONS.dump_json(situation), tariff, quick)


def plan_from_json(situation: bytes, tariff: GridTariff, quick: bool) -> PlanOutcome:
    """Plan a situation told as JSON, which is read sooner than many small pickled values.

    Core itself never loads the solver: only the process in which this is called does.
    """
    from readyby.planning.facade import plan_site

    return plan_site(_SITUATIONS.validate_json(situation), tariff, quick=quick)


def _ready() -> None:
    """Have the solver loaded before the first plan is asked for."""
    import readyby.planning.facade  # noqa: F401


def _settle_in(parent: int) -> None:
    """Leave Ctrl-C to core, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent, signal.SIGKILL)
