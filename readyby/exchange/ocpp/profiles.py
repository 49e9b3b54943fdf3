"""Setpoints as OCPP 1.6 charging profiles, and what a composite schedule says of them (pure)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from readyby.exchange.adapter import STRANGE, Setpoint
from readyby.exchange.network_state import Sent
from readyby.exchange.ocpi.profiles import Rating, charging_profile, held_command, parse_profile
from readyby.exchange.ocpi.wire import BadMessage

READ_FOR: Final = timedelta(minutes=15)
DEFAULT_ID, TX_ID, MAX_ID = 1_000, 2_000, 3_000
"""Profile ids: these plus the connector, which is 0 for the station."""
LONG_AGO: Final = "2020-01-01T00:00:00Z"

Json = dict[str, Any]


def default_profile(connector: int, rating: Rating) -> Json:
    """The standing cap: what the connector may give to any transaction without a profile of its own."""
    limit = rating.limit(min(rating.standing_cap_kw, rating.max_kw))
    return {
        "chargingProfileId": DEFAULT_ID + connector,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": rating.unit,
            "chargingSchedulePeriod": [_period(0, limit, rating)],
        },
    }


def maximum_profile(limit: float, unit: str, phases: int) -> Json:
    """What a whole station may draw, whatever else it holds: the composite is never above it."""
    return {
        "chargingProfileId": MAX_ID,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargePointMaxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "startSchedule": LONG_AGO,
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit, "numberPhases": phases}],
        },
    }


def tx_profile(
    setpoint: Setpoint, rating: Rating, now: datetime, *, connector: int, transaction: int, takes_zero: bool
) -> Json:
    """A power sequence for a transaction; its tail is the standing cap.

    Raises:
        BadInput: a limit lies between 0 and 6 A, or is 0 where the stations take no 0.
    """
    profile = charging_profile(setpoint, rating, now, takes_zero=takes_zero)
    periods = profile["charging_profile_period"]
    assert isinstance(periods, list)
    return {
        "chargingProfileId": TX_ID + connector,
        "transactionId": transaction,
        "stackLevel": 1,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "startSchedule": profile["start_date_time"],
            "chargingRateUnit": rating.unit,
            "chargingSchedulePeriod": [
                _period(each["start_period"], each["limit"], rating) for each in periods
            ],
        },
    }


def _period(start_s: int, limit: float, rating: Rating) -> Json:
    return {"startPeriod": start_s, "limit": limit, "numberPhases": rating.phases}


def held(answer: Mapping[str, Any], sent: Sequence[Sent], rating: Rating, now: datetime) -> str | None:
    """Which of the commands sent a composite schedule shows; a release shows in that none does.

    Where none was sent, one shows that is nobody's here (STRANGE) in limits other than the standing cap.

    Raises:
        BadMessage: it is no composite schedule.
    """
    if answer.get("status") != "Accepted":
        if not sent:
            return None
        raise BadMessage(f"GetCompositeSchedule: {str(answer.get('status'))[:20]}")
    active = parse_profile(_neutral(answer.get("chargingSchedule"), answer.get("scheduleStart")), rating)
    told = [
        (each.command_id, parse_profile(_neutral(each.profile["chargingSchedule"]), rating))
        for each in sent
        if each.profile is not None
    ]
    if not sent:
        seen = {round(active.at(at), 3) for at in (now, *active.starts) if at >= now}
        is_capped = all(abs(kw - rating.standing_cap_kw) <= rating.quantum_kw for kw in seen)
        return None if is_capped or min(seen) >= rating.max_kw - rating.quantum_kw else STRANGE
    newest = sent[-1]
    is_released = newest.profile is None
    found = held_command(active, told, rating, now, now + READ_FOR, exactly=is_released)
    if is_released:
        is_capped = active.at(now) <= rating.standing_cap_kw + rating.quantum_kw
        return newest.command_id if is_capped or found is None else found
    return found


def _neutral(schedule: object, start: object = None) -> Json:
    """A charging schedule in the words of `parse_profile`."""
    if not isinstance(schedule, dict) or not isinstance(schedule.get("chargingSchedulePeriod"), list):
        raise BadMessage("chargingSchedule: missing")
    return {
        "start_date_time": schedule.get("startSchedule") or start,
        "charging_rate_unit": schedule.get("chargingRateUnit"),
        "charging_profile_period": [
            {"start_period": each.get("startPeriod"), "limit": each.get("limit")}
            for each in schedule["chargingSchedulePeriod"]
            if isinstance(each, dict)
        ],
    }
