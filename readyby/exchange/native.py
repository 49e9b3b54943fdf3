"""The simulated charging network's API (docs/vendor-native.md) behind the adapter's words.

Every call has a total deadline, retries with jitter included. Addresses are never followed elsewhere and
the key is in no message.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import stamina
import structlog

from readyby.errors import Busy, Misconfigured, Permanent, ReadyByError, Transient, Unreachable
from readyby.exchange.adapter import (
    Ack,
    Active,
    Batch,
    Capabilities,
    EvseFacts,
    Remark,
    Setpoint,
    Verdict,
    Word,
)
from readyby.exchange.way import Way, WayRules

CALL_DEADLINE_S = 5.0
TRIES = 3
MAX_ANSWER_BYTES = 64 * 1024 * 1024
PAGE_RECORDS = 5_000
RETRY_AFTER_MAX_S = 60.0
AMPERE_STEP = 0.1
RULES = WayRules(calls_per_minute=12_000, burst=400, rest_s=0.5, rest_max_s=5.0)

CAPABILITIES = Capabilities(
    ack=Ack.ASYNC, ack_within=timedelta(seconds=60), max_steps=1000, max_batch=25, max_calls=4
)
_STATES = {"charging": "ACTIVE", "finished": "COMPLETED", "void": "INVALID"}
_VERDICTS = {
    "taken": Verdict.ACCEPTED,
    "applied": Verdict.APPLIED,
    "refused": Verdict.REJECTED,
    "too_often": Verdict.TOO_OFTEN,
    "gone": Verdict.GONE,
}

log = structlog.get_logger("readyby.exchange.native")


class NativeAdapter:
    """The network at `url`; `transport` may replace the wire, `way` the rules of the way to it."""

    name = "native"
    capabilities = CAPABILITIES

    def __init__(
        self,
        url: str,
        key: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        way: Way | None = None,
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"X-Api-Key": key},
            timeout=CALL_DEADLINE_S,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )
        self._volts: dict[str, float] = {}
        self._way = way or Way("vendor", RULES)

    async def close(self) -> None:
        await self._client.aclose()

    async def list_evses(self) -> tuple[EvseFacts, ...]:
        answer = await self._call("GET", "/outlets")
        with _shape_known("outlets"):
            outlets = _listed(answer, "outlets")
            facts = tuple(_facts(outlet) for outlet in outlets)
            self._volts = {outlet["outlet"]: outlet["volts"] * outlet["phases"] for outlet in outlets}
        return facts

    async def pull(self, cursor: str | None) -> Batch:
        parameters: dict[str, str | int] = {"max": PAGE_RECORDS}
        if cursor is not None:
            parameters["cursor"] = cursor
        page = await self._call("GET", "/changes", params=parameters)
        remarks = self._way.drained()
        with _shape_known("changes"):
            return Batch(
                cursor=page["cursor"],
                as_of=_instant(page["time"]),
                sessions=tuple(_session(charge) for charge in page["charges"]),
                meter=_meter(page["samples"]),
                words=_words(page["orders"]),
                restarted=page["restarted"],
                more=page["more"] and page["cursor"] != cursor,
                remarks=(*remarks, *_endless(page, cursor)),
            )

    async def submit(self, setpoints: Sequence[Setpoint]) -> tuple[Word, ...]:
        if not self._volts:
            await self.list_evses()
        orders = [self._order(setpoint) for setpoint in setpoints]
        answer = await self._call("POST", "/orders", content=orjson.dumps({"orders": orders}))
        with _shape_known("results"):
            return _words(_listed(answer, "results"))

    async def read_active(self, evse_ids: Sequence[str]) -> tuple[Active, ...]:
        answer = await self._call("POST", "/active", content=orjson.dumps({"outlets": list(evse_ids)}))
        with _shape_known("active"):
            return tuple(
                Active(evse_id=each["outlet"], command_id=each["order"]) for each in _listed(answer, "active")
            )

    def _order(self, setpoint: Setpoint) -> dict[str, object]:
        """Amperes in whole steps, rounded down; an empty list of steps withdraws what is in force."""
        kw_per_a = self._volts[setpoint.evse_id] / 1000
        return {
            "order": setpoint.command_id,
            "rank": setpoint.rank,
            "outlet": setpoint.evse_id,
            "charge": setpoint.session_id,
            "until": setpoint.expires_at,
            "amps": [(step.start_at, _amperes(step.limit_kw, kw_per_a)) for step in setpoint.steps],
        }

    # --- the wire -------------------------------------------------------------------------------------

    async def _call(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        """One call within its deadline; trouble that may pass is tried again, with jitter.

        All calls may be repeated: orders are known by their id.
        """
        try:
            async with asyncio.timeout(CALL_DEADLINE_S):
                retries = stamina.retry_context(
                    on=_may_pass, attempts=TRIES, timeout=CALL_DEADLINE_S, wait_initial=0.05, wait_jitter=0.1
                )
                async for attempt in retries:
                    with attempt:
                        return await self._once(method, path, **parts)
        except TimeoutError as error:
            raise Unreachable(f"vendor: {method} {path}: no answer in {CALL_DEADLINE_S:.0f} s") from error
        raise Unreachable(f"vendor: {method} {path}: not tried")

    async def _once(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        await self._way.turn(command=path == "/orders")
        try:
            answer = await self._exchange(method, path, **parts)
        except ReadyByError as error:
            self._way.failed(error)
            raise
        self._way.succeeded()
        return answer

    async def _exchange(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} if "content" in parts else {}
        try:
            async with self._client.stream(method, path, headers=headers, **parts) as response:
                body = await _read(response)
        except httpx.TransportError as error:
            raise Unreachable(f"vendor: {method} {path}: {type(error).__name__}") from error
        return _answer(response, body, f"vendor: {method} {path}")


def _endless(page: Mapping[str, Any], cursor: str | None) -> tuple[Remark, ...]:
    """A page that leads to itself ends the reading."""
    if page["more"] and page["cursor"] == cursor:
        return (
            Remark(kind="endless_pages", action="repaired", detail="a page leads to itself: reading ends"),
        )
    return ()


def _may_pass(error: Exception) -> bool:
    return isinstance(error, Transient)


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > MAX_ANSWER_BYTES:
            raise Unreachable(f"vendor: an answer is larger than {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def _answer(response: httpx.Response, body: bytes, told: str) -> dict[str, Any]:
    status = response.status_code
    if status in (401, 403):
        raise Misconfigured(f"{told}: HTTP {status}: the key is refused: set READYBY_VENDOR_KEY")
    if status == 429:
        raise Busy(f"{told}: HTTP 429", _retry_after_s(response.headers.get("Retry-After")))
    if status >= 500:
        raise Unreachable(f"{told}: HTTP {status}")
    if status != 200:
        raise Permanent(f"{told}: HTTP {status}: {body[:200].decode(errors='replace')}")
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreachable(f"{told}: the answer is no JSON") from error
    if not isinstance(answer, dict):
        raise Unreachable(f"{told}: the answer is no object")
    return answer


def _retry_after_s(told: str | None) -> float:
    """Seconds as told, within reason; a date or nonsense counts as one second."""
    try:
        return min(max(float(told or 1), 0.0), RETRY_AFTER_MAX_S)
    except ValueError:
        return 1.0


@contextmanager
def _shape_known(what: str) -> Iterator[None]:
    """An answer of another shape tells nothing: as if there were none."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Unreachable(f"vendor: {what} have another shape: {error!r}") from error


def _listed(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = answer.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unreachable(f"vendor: an answer has no list {name!r}")
    return found


def _instant(told: str) -> datetime:
    return datetime.fromisoformat(told).astimezone(UTC)


def _facts(outlet: Mapping[str, Any]) -> EvseFacts:
    kw_per_a = outlet["volts"] * outlet["phases"] / 1000
    return EvseFacts(
        evse_id=outlet["outlet"],
        site_id=outlet["site"],
        max_kw=outlet["amps_max"] * kw_per_a,
        min_kw=outlet["amps_min"] * kw_per_a,
        standing_cap_kw=outlet["amps_default"] * kw_per_a,
        quantum_kw=AMPERE_STEP * kw_per_a,
        controlled=outlet["remote"],
    )


def _amperes(limit_kw: float, kw_per_a: float) -> float:
    return int(limit_kw / kw_per_a / AMPERE_STEP + 1e-6) / 10


def _session(charge: object) -> dict[str, object]:
    """A charge as a session record; what it lacks stays out, what is no object is passed on as it came."""
    if not isinstance(charge, dict):
        return {"unreadable": charge}
    watt_hours = charge.get("wh")
    return {
        "session_id": charge.get("charge"),
        "site_id": charge.get("site"),
        "evse_id": charge.get("outlet"),
        "token_uid": charge.get("card"),
        "status": _STATES.get(str(charge.get("state")), charge.get("state")),
        "started_at": charge.get("begin"),
        "ended_at": charge.get("end"),
        "energy_kwh": _thousandth(watt_hours),
        "last_updated": charge.get("changed"),
        "live": charge.get("replay") is not True,
    }


def _meter(samples: Mapping[str, list[object]]) -> dict[str, list[object]]:
    return {
        "session_id": samples["charge"],
        "evse_id": samples["outlet"],
        "measured_at": samples["time"],
        "power_kw": [_thousandth(watts) for watts in samples["watts"]],
        "energy_kwh": [_thousandth(watt_hours) for watt_hours in samples["wh"]],
    }


def _thousandth(value: object) -> object:
    """Watts in kilowatts; what is no number is passed on as it came."""
    return value / 1000 if isinstance(value, int | float) and not isinstance(value, bool) else value


def _words(told: Sequence[Mapping[str, Any]]) -> tuple[Word, ...]:
    """The words that can be read; a command without one keeps its fate open, and is asked after."""
    words = []
    for each in told:
        try:
            words.append(_word(each))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("vendor word not readable", error=repr(error))
    return tuple(words)


def _word(told: Mapping[str, Any]) -> Word:
    wait = told.get("retry_after_s")
    return Word(
        command_id=str(told["order"]),
        verdict=_VERDICTS[told["result"]],
        reason=str(told.get("why") or ""),
        retry_after_s=None if wait is None else min(max(float(wait), 0.0), RETRY_AFTER_MAX_S),
    )
