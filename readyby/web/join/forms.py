"""What a filled form of the enrollment page says. Pure; nothing is repaired in silence."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final

import phonenumbers

from readyby.enrollment import LEAST_WH_PER_MI, MOST_WH_PER_MI, REGION, region_of
from readyby.errors import BadInput
from readyby.model import Site
from readyby.web.forms import read_number
from readyby.web.join.consent import CONSENT_VERSION
from readyby.words import spoken_language

VEHICLES: Final = {"small": 260.0, "crossover": 310.0, "large": 400.0, "pickup": 480.0}
"""Wh per mile by class: about the middle of each class's US window stickers (kWh per 100 miles)."""
WH_PER_MI, MI_PER_KWH = "wh_per_mi", "mi_per_kwh"
PLUG_IN, NUMBER = "plug_in", "number"
_TOKEN = re.compile(r"[!-~]{4,36}")
_CODE = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinForm:
    """The fields as shown and typed."""

    phone: str = ""
    vehicle: str = "crossover"
    consumption: str = ""
    consumption_unit: str = WH_PER_MI
    token_way: str = PLUG_IN
    token_uid: str = ""
    evse_id: str = ""
    consent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinWish:
    """What a driver asks for; without `token_uid` it is learnt at `evse_id`."""

    phone: str
    wh_per_mi: float
    token_uid: str | None
    evse_id: str


def returned(fields: Mapping[str, str]) -> JoinForm:
    """The form as it was filled, to be put right; the box is to be checked anew."""
    return JoinForm(
        phone=fields.get("phone", "")[:24],
        vehicle=fields.get("vehicle", "")[:12],
        consumption=fields.get("consumption", "")[:8],
        consumption_unit=fields.get("consumption_unit", "")[:12],
        token_way=fields.get("token_way", "")[:12],
        token_uid=fields.get("token_uid", "")[:48],
        evse_id=fields.get("evse_id", "")[:128],
    )


def read_join(fields: Mapping[str, str], site: Site, place: str, countries: Container[str]) -> JoinWish:
    """What a filled form asks for; `place` is the EVSE whose code was scanned, empty for the site's own.

    Raises:
        BadInput: a field that cannot be read; names it as the form does.
    """
    phone = read_phone(fields.get("phone", ""))
    if region_of(phone) not in countries:
        raise BadInput("phone", "(number)", "numbers of this country cannot get texts here")
    wh_per_mi = _read_consumption(fields)
    way = fields.get("token_way", "")
    if way not in (PLUG_IN, NUMBER):
        raise BadInput("token_way", way[:20], "choose how we recognize your car")
    token_uid = read_token(fields.get("token_uid", "")) if way == NUMBER else None
    evse_id = place or fields.get("evse_id", "")
    if (way == PLUG_IN or evse_id) and evse_id not in {evse.evse_id for evse in site.evses}:
        raise BadInput("evse_id", evse_id[:40], "choose the station where you plug in")
    if fields.get("consent") != "yes" or fields.get("consent_version") != CONSENT_VERSION:
        raise BadInput("consent", "unchecked", "check the box to agree to text messages")
    return JoinWish(phone=phone, wh_per_mi=wh_per_mi, token_uid=token_uid, evse_id=evse_id)


def read_phone(text: str) -> str:
    """A number as people write it, in E.164. Raises BadInput; what it says does not hold the number."""
    try:
        number = phonenumbers.parse(text[:40], REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or number.extension or not phonenumbers.is_valid_number(number):
        raise BadInput("phone", "(number)", "write a mobile number such as (626) 555-0100")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shown_phone(phone: str) -> str:
    """A number in E.164 as people read it."""
    return phonenumbers.format_number(
        phonenumbers.parse(phone, None), phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )


def read_token(text: str) -> str:
    """A card's or driver's number as the network sends it: readers write its bytes with colons or spaces.

    Raises:
        BadInput: nothing that a network sends.
    """
    plain = re.sub(r"[\s:]", "", text)
    if re.fullmatch(r"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){3,9}", plain):
        plain = plain.replace("-", "")
    if not _TOKEN.fullmatch(plain):
        raise BadInput("token_uid", "(token)", "write the number of your charging card or account")
    return plain


def read_code(text: str) -> str:
    """A code as typed, with whatever spaces; what is none is empty, and as wrong as a wrong one."""
    plain = re.sub(r"[\s-]", "", text[:20])
    return plain if _CODE.fullmatch(plain) else ""


def read_language(fields: Mapping[str, str], otherwise: str) -> str:
    """The language in which a form was shown."""
    return spoken_language(fields.get("language", otherwise)[:8])


def _read_consumption(fields: Mapping[str, str]) -> float:
    """Wh per mile, as typed or by the vehicle's class."""
    typed = fields.get("consumption", "").strip()
    if not typed:
        vehicle = fields.get("vehicle", "")
        if vehicle not in VEHICLES:
            raise BadInput("vehicle", vehicle[:20], "choose the kind of your vehicle")
        return VEHICLES[vehicle]
    figure = read_number("consumption", typed)
    in_miles = fields.get("consumption_unit") == MI_PER_KWH
    wh_per_mi = (1000.0 / figure if figure else 0.0) if in_miles else figure
    if not LEAST_WH_PER_MI <= wh_per_mi <= MOST_WH_PER_MI:
        raise BadInput("consumption", typed[:20], "write what the car shows, such as 300 Wh/mi or 3.3 mi/kWh")
    return round(wh_per_mi, 1)
