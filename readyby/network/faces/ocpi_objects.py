"""The simulated network in OCPI's words: locations, sessions, CDRs, charging profiles (pure)."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from readyby.model import Evse, Site

COUNTRY, PARTY = "US", "SIM"
MAX_ID = 36
POWER_TYPES = {1: "AC_1_PHASE", 2: "AC_2_PHASE", 3: "AC_3_PHASE"}

Json = dict[str, Any]


class Misfit(Exception):  # noqa: N818 - a refusal of the simulated outside
    """A request that the face refuses; the text says why."""


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")


def ocpi_id(charge: str) -> str:
    """A charge's name within OCPI's 36 characters."""
    fits = len(charge) <= MAX_ID and charge.isascii() and " " not in charge
    return charge if fits else hashlib.blake2b(charge.encode(), digest_size=16).hexdigest()


def location(site: Site, at: datetime) -> Json:
    """The site as a location; where it stands is not told."""
    return {
        "country_code": COUNTRY,
        "party_id": PARTY,
        "id": site.site_id,
        "publish": False,
        "name": site.name,
        "address": "1 Simulated Way",
        "city": "Nowhere",
        "country": "USA",
        "coordinates": {"latitude": "0.00000", "longitude": "0.00000"},
        "evses": [_evse(evse, at) for evse in site.evses],
        "time_zone": site.time_zone,
        "last_updated": stamp(at),
    }


def _evse(evse: Evse, at: datetime) -> Json:
    kw_per_a = evse.voltage_v * evse.phases / 1000
    return {
        "uid": evse.evse_id,
        "status": "AVAILABLE",
        "capabilities": ["CHARGING_PROFILE_CAPABLE"] if evse.controlled else ["REMOTE_START_STOP_CAPABLE"],
        "connectors": [
            {
                "id": "1",
                "standard": "IEC_62196_T1",
                "format": "CABLE",
                "power_type": POWER_TYPES[evse.phases],
                "max_voltage": round(evse.voltage_v),
                "max_amperage": round(evse.max_kw / kw_per_a),
                "max_electric_power": round(evse.max_kw * 1000),
                "last_updated": stamp(at),
            }
        ],
        "last_updated": stamp(at),
    }


def session(charge: Mapping[str, Any], known: Mapping[str, Any] | None) -> Json:
    """A charge as a session: the periods known so far stay."""
    card = charge["card"]
    ended = charge["state"] != "charging"
    told: Json = {
        "country_code": COUNTRY,
        "party_id": PARTY,
        "id": ocpi_id(str(charge["charge"])),
        "start_date_time": stamp(datetime.fromisoformat(charge["begin"])),
        "kwh": round(charge["wh"] / 1000, 3),
        "cdr_token": {
            "country_code": COUNTRY,
            "party_id": PARTY,
            "uid": card if card is not None else "#NA",
            "type": "RFID" if card is not None else "OTHER",
            "contract_id": card if card is not None else "#NA",
        },
        "auth_method": "WHITELIST",
        "location_id": charge["site"],
        "evse_uid": charge["outlet"],
        "connector_id": "1",
        "currency": "USD",
        "charging_periods": list(known["charging_periods"]) if known else [],
        "status": "COMPLETED" if ended else "ACTIVE",
        "last_updated": stamp(datetime.fromisoformat(charge["changed"])),
    }
    if ended:
        told["end_date_time"] = stamp(datetime.fromisoformat(charge["end"]))
        told["last_updated"] = max(told["last_updated"], told["end_date_time"])
    return told


def period(since: str, watts: object) -> Json:
    """A measured period; what a broken meter says is passed on."""
    volume = watts / 1000 if isinstance(watts, int | float) else watts
    return {"start_date_time": since, "dimensions": [{"type": "POWER", "volume": volume}]}


def cdr(told: Mapping[str, Any], place: Mapping[str, Any]) -> Json:
    """The charge detail record of a session that has ended."""
    began, ended = (datetime.fromisoformat(told[name]) for name in ("start_date_time", "end_date_time"))
    evse = next(each for each in place["evses"] if each["uid"] == told["evse_uid"])
    connector = evse["connectors"][0]
    return {
        "country_code": COUNTRY,
        "party_id": PARTY,
        "id": told["id"],
        "start_date_time": told["start_date_time"],
        "end_date_time": told["end_date_time"],
        "session_id": told["id"],
        "cdr_token": told["cdr_token"],
        "auth_method": told["auth_method"],
        "cdr_location": {
            **{name: place[name] for name in ("id", "name", "address", "city", "country", "coordinates")},
            "evse_uid": evse["uid"],
            "evse_id": "#NA",
            "connector_id": connector["id"],
            "connector_standard": connector["standard"],
            "connector_format": connector["format"],
            "connector_power_type": connector["power_type"],
        },
        "currency": "USD",
        "charging_periods": told["charging_periods"]
        or [{"start_date_time": told["start_date_time"], "dimensions": []}],
        "total_cost": {"excl_vat": 0.0},
        "total_energy": told["kwh"],
        "total_time": round((ended - began) / timedelta(hours=1), 4),
        "last_updated": told["last_updated"],
    }


def order(name: str, rank: int, charge: str, evse: Evse, profile: object) -> Json:
    """A charging profile as an order to the outlet.

    Raises:
        Misfit: it is no charging profile.
    """
    begin, unit, points = _read(profile)
    if not points or points[0][0] != 0:
        raise Misfit("the first start_period is not 0")
    kw_per_a = evse.voltage_v * evse.phases / 1000
    amps = [limit if unit == "A" else int(limit / 100 / kw_per_a) / 10 for _, limit in points]
    return {
        "order": name,
        "rank": [rank, 0],
        "outlet": evse.evse_id,
        "charge": charge,
        "until": (begin + timedelta(days=7)).isoformat(),
        "amps": [
            [(begin + timedelta(seconds=at)).isoformat(), amp]
            for (at, _), amp in zip(points, amps, strict=True)
        ],
    }


def _read(profile: object) -> tuple[datetime, str, list[tuple[int, float]]]:
    try:
        assert isinstance(profile, dict)
        begin = datetime.fromisoformat(profile["start_date_time"])
        unit = profile["charging_rate_unit"]
        points = [
            (int(each["start_period"]), float(each["limit"])) for each in profile["charging_profile_period"]
        ]
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise Misfit(f"no charging profile: {error}") from None
    if unit not in ("A", "W") or begin.tzinfo is None:
        raise Misfit("charging_rate_unit or start_date_time is wrong")
    return begin, unit, points


def active_profile(held: Any, evse: Evse, now_us: int, duration_s: int) -> Json:
    """What is in force at an outlet over a while: its order, or its maximum where there is none."""
    kw_per_a = evse.voltage_v * evse.phases / 1000
    now = datetime.fromtimestamp(now_us / 1e6, UTC)
    limits: list[tuple[int, float]] = []
    at_us = now_us
    while at_us < now_us + duration_s * 1_000_000:
        limit_kw, next_us = held.in_force(at_us) if held is not None else (None, 2**62)
        amps = round((evse.max_kw if limit_kw is None else limit_kw) / kw_per_a, 1)
        limits.append(((at_us - now_us) // 1_000_000, amps))
        at_us = max(next_us, at_us + 1_000_000)
    return {
        "start_date_time": stamp(now),
        "charging_profile": {
            "start_date_time": stamp(now),
            "duration": duration_s,
            "charging_rate_unit": "A",
            "charging_profile_period": [{"start_period": at, "limit": limit} for at, limit in limits],
        },
    }
