"""Which fault applies to which network, and by what it has to be noticed, how soon."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from readyby.network.faults import FaultKind as F

PUSHED: Final = frozenset({"native", "ocpi"})
TOLD: Final = PUSHED | {"ocpp"}
"""Networks that tell what happened, one thing after another; ChargePoint shows only what is."""
ALL: Final = TOLD | {"chargepoint"}
HTTP: Final = PUSHED | {"chargepoint"}

APPLIES: Final[Mapping[F, frozenset[str]]] = {
    F.DUPLICATE_SESSION: PUSHED,
    F.SESSION_ORDER: PUSHED,
    F.LATE_START: TOLD,
    F.MISSING_STOP: ALL,
    F.UNKNOWN_STOP: ALL,
    F.METER_ORDER: TOLD,
    F.METER_GAP: ALL,
    F.METER_FROZEN: TOLD,
    F.METER_RESET: TOLD,
    F.LIFETIME_REGISTER: TOLD,
    F.WRONG_UNIT: TOLD,
    F.NO_ENERGY: frozenset({"native", "ocpp"}),
    F.NO_RESULT: PUSHED,
    F.LATE_RESULT: PUSHED,
    F.REFUSED: ALL,
    F.NOT_FOLLOWED: ALL,
    F.ZERO_REFUSED: ALL,
    F.LOCAL_LIMIT: ALL,
    F.BUSY: HTTP,
    F.BROKEN_ANSWER: HTTP,
    F.CLOCK_SKEW: TOLD,
    F.ENDLESS_PAGES: HTTP,
    F.CREDENTIALS: HTTP,
    F.FORGETS: ALL,
    F.TOKEN_TROUBLE: HTTP,
    F.PHASE_SURPRISE: ALL,
}

NOTICED_AS: Final[Mapping[F, frozenset[str]]] = {
    F.DUPLICATE_SESSION: frozenset({"duplicate_session"}),
    F.SESSION_ORDER: frozenset({"stale_session"}),
    F.LATE_START: frozenset({"late_start", "unknown_session"}),
    F.MISSING_STOP: frozenset({"unended_session"}),
    F.UNKNOWN_STOP: frozenset({"unknown_session"}),
    F.METER_ORDER: frozenset({"meter_order", "duplicate_meter"}),
    F.METER_GAP: frozenset({"silent_evse"}),
    F.METER_FROZEN: frozenset({"frozen_meter", "silent_evse"}),
    F.METER_RESET: frozenset({"meter_reset"}),
    F.LIFETIME_REGISTER: frozenset({"implausible_energy", "meter_reset"}),
    F.WRONG_UNIT: frozenset({"implausible_power", "unit_mismatch"}),
    F.NO_ENERGY: frozenset({"missing_energy"}),
    F.NO_RESULT: frozenset({"no_result"}),
    F.LATE_RESULT: frozenset({"late_word", "no_result"}),
    F.REFUSED: frozenset({"command_rejected", "network_refused"}),
    F.NOT_FOLLOWED: frozenset({"not_followed"}),
    F.ZERO_REFUSED: frozenset({"command_rejected"}),
    F.LOCAL_LIMIT: frozenset({"draws_less"}),
    F.BUSY: frozenset({"network_busy", "network_lost"}),
    F.BROKEN_ANSWER: frozenset({"network_lost", "network_refused"}),
    F.CLOCK_SKEW: frozenset({"clock_skew", "bad_time", "meter_order", "duplicate_meter"}),
    F.ENDLESS_PAGES: frozenset({"endless_pages"}),
    F.CREDENTIALS: frozenset({"credentials_refused"}),
    F.FORGETS: frozenset({"network_restarted", "lost_command"}),
    F.TOKEN_TROUBLE: frozenset({"token_case", "token_changed"}),
    F.PHASE_SURPRISE: frozenset({"draws_less"}),
}

EPISODES: Final = frozenset(
    {F.METER_GAP, F.METER_FROZEN, F.LIFETIME_REGISTER, F.WRONG_UNIT, F.LOCAL_LIMIT, F.PHASE_SURPRISE}
)
"""Faults that go on: one notice at their begin is enough."""

WITHIN: Final[Mapping[F, timedelta]] = {
    F.LATE_START: timedelta(minutes=70),
    F.MISSING_STOP: timedelta(minutes=10),
    F.METER_GAP: timedelta(minutes=8),
    F.METER_FROZEN: timedelta(minutes=8),
    F.NO_RESULT: timedelta(minutes=6),
    F.LATE_RESULT: timedelta(minutes=8),
    F.NOT_FOLLOWED: timedelta(minutes=12),
    F.LOCAL_LIMIT: timedelta(minutes=15),
    F.PHASE_SURPRISE: timedelta(minutes=15),
    F.FORGETS: timedelta(minutes=8),
}
"""Where a fault shows only after a while; the others within three minutes."""


def is_alarm(notice: Mapping[str, Any]) -> bool:
    """Whether somebody should look."""
    return bool(notice["alarm"])
