"""How much a driver needs, found in plain words: figures with their units, taken out of the text. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from readyby.heard.phrases import any_of

_NUMBER: Final = r"(?<![\d:.,])(\d{1,3}(?:,\d{3})+|\d+(?:[.,]\d+)?)"
_UNITS: Final = {
    "kwh": (
        r"kwhs?|kw ?/? ?hrs?|kw ?/? ?h|k[ .-]?w[ .-]?h\.?|kws?(?![ -]?(?:hours?|hrs?))|"
        r"kw[ -]?(?:hours?|hrs?)|kilo[ -]?watt[ -]?hours?|kilowatts?(?: ?horas?)?|kilovatios?(?:[ -]?horas?)?"
    ),
    "km": r"kms?|kilometers?|kilometres?|kilometros?|kilom|klicks?",
    "mi": r"miles?|millas?|mi|mis|mls?|miless|mile's|miyas?|miyes",
    "percent": r"%|percent|pct|por ?ciento",
}
_WITH_UNIT: Final = {
    unit: re.compile(rf"\+?{_NUMBER}(?: ?\+|(?: or so|[ -]?ish)(?= ))? ?-?(?:{names})(?![a-z])")
    for unit, names in _UNITS.items()
}
_FULL: Final = any_of("full")
_NEED_BEFORE: Final = re.compile(
    r"(?:\b(?:need|needs|want|add|gimme|give me|get me|(?:you|u|we) do|necesito|nesesito|quiero|dame|deme|"
    r"ocupo|pon(?:me|ga|le)?|echale|agrega)(?: (?:about|around|like|unas?|unos?|como|at least|al menos))?|"
    r"(?:^|\s)\+) ?(\d+(?:[.,]\d+)?)"
    r"(?! (?:coffees?|more|things?|people|kids?|days?|weeks?|nights?)\b)(?![\d:.,]*\s*(?:am|pm|a\.m|p\.m|"
    r"h\b|hrs?\b|hours?|horas?|min|more|less|mas|menos))(?![a-z\d]|[:.,]\d)"
)
_RANGE: Final = re.compile(
    rf"(?<![\d:.,/])\b(\d{{1,2}}) ?(?:-|to) ?(\d{{1,3}}) ?-?(?:{'|'.join(_UNITS.values())})(?![a-z])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A need as it was said; `unit` is `mi`, `km`, `kwh`, `percent`, or `full`, which has no value."""

    value: float
    unit: str


_WIDEST_RANGE: Final = 3
_COMPETING: Final = (Amount(value=0.0, unit="mi"), Amount(value=1.0, unit="mi"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAmounts:
    """All amounts in a text, and the text without them; `bare` where the unit was not said."""

    amounts: tuple[Amount, ...]
    rest: str
    bare: bool = False


def find_amounts(text: str) -> FoundAmounts:
    """Amounts with their units; a figure straight after a word of need counts as miles."""
    found: list[Amount] = []
    if any(_is_range(match) for match in _RANGE.finditer(text)):
        return FoundAmounts(amounts=_COMPETING, rest=text)
    if _FULL.search(text):
        found.append(Amount(value=0.0, unit="full"))
        text = _FULL.sub(" ; ", text)
    for unit, pattern in _WITH_UNIT.items():
        found += [Amount(value=as_number(match[1]), unit=unit) for match in pattern.finditer(text)]
        text = pattern.sub(" ; ", text)
    bare = not found
    if bare:
        for match in _NEED_BEFORE.finditer(text):
            found.append(Amount(value=as_number(match[1]), unit="mi"))
        text = _NEED_BEFORE.sub(" ; ", text)
    return FoundAmounts(
        amounts=tuple(dict.fromkeys(found)), rest=" ".join(text.split()), bare=bare and bool(found)
    )


def _is_range(found: re.Match[str]) -> bool:
    """Whether `20-25 miles` is meant; in `6 - 35 mi` the dash parts a time from a distance."""
    return " - " not in found[0] or float(found[2]) <= _WIDEST_RANGE * float(found[1])


def as_number(text: str) -> float:
    """A figure with point or comma: `11,5` is 11.5, `1,000` and `10.000` are thousands."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+|[1-9]\d{0,2}\.\d{3}", text):
        return float(re.sub("[,.]", "", text))
    return float(text.replace(",", "."))
