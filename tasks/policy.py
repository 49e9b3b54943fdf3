"""What turns a plain async function into an act.

Inside a flow run an act is called as its Prefect task; elsewhere the same function runs under the same
policy without Prefect, since a task outside a run depends on a server that may be away.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, ParamSpec, TypeVar

import stamina
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext

from readyby.errors import Transient

P = ParamSpec("P")
R = TypeVar("R")


class _Call:
    """The arguments of one call, opaque to Prefect, which would walk through every value."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args, self.kwargs = args, kwargs


class Act(Generic[P, R]):
    """An async function and its policy: `attempts` in all, each at most `timeout_s` machine seconds."""

    def __init__(
        self, body: Callable[P, Awaitable[R]], *, attempts: int, timeout_s: float, wait_s: float
    ) -> None:
        functools.update_wrapper(self, body)
        self.body, self.attempts, self.timeout_s, self.wait_s = body, attempts, timeout_s, wait_s

        async def call(call: _Call) -> R:
            return await self._once(*call.args, **call.kwargs)

        self._task = task(
            name=body.__name__.replace("_", "-"),
            description=body.__doc__,
            retries=attempts - 1,
            retry_delay_seconds=[wait_s * 2**n for n in range(attempts - 1)],
            retry_jitter_factor=1.0,
            retry_condition_fn=_is_transient,
            persist_result=False,
            cache_policy=NO_CACHE,
        )(call)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if FlowRunContext.get() is not None:
            inside: Coroutine[Any, Any, R] = self._task(_Call(args, kwargs))
            return await inside
        async for attempt in stamina.retry_context(
            on=Transient,
            attempts=self.attempts,
            wait_initial=self.wait_s,
            wait_jitter=self.wait_s,
            timeout=None,
        ):
            with attempt:
                return await self._once(*args, **kwargs)
        raise AssertionError("unreachable: the last attempt raises or returns")

    async def _once(self, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self.body(*args, **kwargs)
        except TimeoutError as error:
            raise Transient(f"{self.body.__name__}: no end within {self.timeout_s} s") from error


def act(
    *, attempts: int = 3, timeout_s: float = 20.0, wait_s: float = 0.2
) -> Callable[[Callable[P, Awaitable[R]]], Act[P, R]]:
    """Decorate an async function with its policy; only transient errors are tried again, with jitter."""

    def decorate(body: Callable[P, Awaitable[R]]) -> Act[P, R]:
        return Act(body, attempts=attempts, timeout_s=timeout_s, wait_s=wait_s)

    return decorate


async def _is_transient(_task: object, _run: object, state: Any) -> bool:
    try:
        await state.aresult()
    except Transient:
        return True
    except Exception:  # noqa: BLE001 - any other error is final
        return False
    return False
