"""A driver's words made plain: one alphabet, one case, figures for number words. Pure."""

import re
import unicodedata
from typing import Final

_SIGNS: Final = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u00a0": " ",
        "\u00bd": " 1/2",
        "\u00bc": " 1/4",
        "\u00be": " 3/4",
        "\n": " . ",
        "!": " . ",
        "?": " . ",
        "@": " at ",
        "#": " number ",
        "&": " and ",
        "$": " dollars ",
        "€": " dollars ",
        "(": " , ",
        ")": " , ",
        "~": " about ",
    }
)
_KEPT: Final = re.compile(r"[^a-z0-9:.,+%/'\- ]+")
_GLUED: Final = re.compile(r"(?<=[a-z])([.,])(?=\d)")
_DOT_HALF: Final = re.compile(r"(?<=\d)\. ?(?=[ap]\.?m\b)")
_STUCK: Final = re.compile(
    r"(?<=\d[ap]m)(?=need|want|and|with|leav)|(?<=\dmiles)(?=by|at|need)|(?<=\dmi)(?=by|at|need)|"
    r"(?<=\dkm)(?=by|at|need)|(?<=\dkwh)(?=by|at|need)|"
    r"(?<=[a-z])[:=](?=\d)|(?<=[a-z]{2})(?=\d)"
)
_TWO_WORDS: Final = re.compile(r"\bover (?=night\b)")
_O_FOR_ZERO: Final = re.compile(r"(?<=\d)o(?=\d|[ap]m\b|mi|km|kw|[ ,.;]|$)")
OTHER_SCRIPT: Final = "otherscript"
_SPOKEN: Final = re.compile(
    r"(?<!las )(?<!at )(?<!by )(?<!til )(?<!till )(?<!until )(?<!hasta )(?<!around )\b(2|4) (?=(?:be?|get|"
    r"go|leave|have|drive|me|us|my|the)\b|(?:tmrw|tomorrow|"
    r"tonight|today) (?:at )?\d)"
)
_A_LAS: Final = re.compile(r"\bala(s?)\b(?= )")
_PAUSE: Final = " , "
"""An emoji parts clauses as a comma does."""
_PAUSES: Final = re.compile(r"(?: , )+")
_SHORT_FORMS: Final = (
    (re.compile(r"\basta\b"), "hasta"),
    (re.compile(r"\b(?:arnd|arond|aroud|rnd)\b"), "around"),
    (re.compile(r"\bd\b(?= (?:la|el|las|los)\b)"), "de"),
    (re.compile(r"\bmedia noche\b"), "medianoche"),
    (re.compile(r"\bmedio dia\b"), "mediodia"),
    (re.compile(r"\btn\b"), "tonight"),
    (re.compile(r"\bshld\b"), "should"),
    (re.compile(r"\bmak(?= it\b)"), "make"),
    (re.compile(r"\bmornin\b"), "morning"),
    (re.compile(r"\b(\d{1,2}(?::\d\d)?) (tmrw|tmr|tomorrow) ([ap]\.?m)\b"), r"\1 \3 \2"),
    (re.compile(r"\bwat\b"), "what"),
    (re.compile(r"\bnite\b"), "night"),
    (re.compile(r"\bsinco\b"), "cinco"),
    (re.compile(r"\bdies\b"), "diez"),
    (re.compile(r"\bonse\b"), "once"),
    (re.compile(r"(?<=\d) ?ish (?=[ap]\.?m\b)"), " "),
    (re.compile(r"\b(?:night night|nighty night|nite nite)\b"), "bye"),
    (re.compile(r"\bta\b"), "esta"),
    (re.compile(r"\btempranito\b"), "temprano"),
    (re.compile(r"\b(?:head(?:ing|ed)?|go(?:ing|in)?|driv(?:e|ing)) home\b"), "leaving"),
    (re.compile(r"\bpor fa\b"), "porfa"),
    (re.compile(r"(?<=\d)y (?=media|cuarto)"), " y "),
    (re.compile(r"\bn[ei][csz]+e[csz]+it(o|a|amos|are|aria)\b"), r"necesit\1"),
    (re.compile(r" , (mi|miles?|kwh|km|kms) ,"), r" \1 "),
    (re.compile(r"\bb(?= (?:here|there|out|back|leaving|ready|gone|done)\b)"), "be"),
    (re.compile(r"\b((?:\w+day|tomorrow|tmrw|tmr|this)) eve\b"), r"\1 evening"),
)
_QUE: Final = re.compile(r"\b(?:q|ke|qe)\b")
_LEADING_MARK: Final = re.compile(r"(?<![a-z0-9])'(?=[a-z])")
_HALF_AHEAD: Final = re.compile(
    r"(?<!\d)(?<!\d )(?<!\bi )(?<!\d\. )\b([ap])\.? ?m\.? (\d{1,2}(?::[0-5]\d)?)\b"
    r"(?![:.]\d| ?(?:[ap]\.? ?m|[ap]\b|mi|km|kw|%|percent|hour|hr|min|hora))"
)
_ISO_DATE: Final = re.compile(r"\b20\d\d-([01]\d)-([0-3]\d)\b")
_MODEL: Final = re.compile(
    r"\b(?:(?:my|a|the|mi|un|el) )?(?:tesla )?(?:model ?[3sxy]|(?:hyundai )?ioniq ?[569]|polestar ?[1-4]|"
    r"(?:vw )?id\.? ?[3457]|"
    r"(?:kia )?ev ?[3-9](?! ?[ap]\.?m|\d)|(?:bmw )?i[34]|(?:fiat )?500e)\b(?![:.]\d)"
)
"""Cars whose name ends in a figure, which is no hour."""
_TIME_TOLD: Final = re.compile(r"\d ?[ap]\.? ?m\b|\d:\d\d|\b(?:at|by|las?|leav\w*|salgo) \d")
_DIMINUTIVE: Final = re.compile(r"\b(hor|minut|mill)it([oa]s?)\b")
_DOTS: Final = re.compile(r"\.{2,}")
_SLASH: Final = re.compile(r"(?<!\d)/|/(?!\d)")
_CLOCK_FACE: Final = re.compile("[\U0001f550-\U0001f567]")
"""A dial may tell the time or adorn it: beside half a wish it is a word that nobody knows."""
_EMOTICON: Final = re.compile(r"(?<![\d\w])[:;=]['-]?[()DPp|](?![a-z0-9])")
_BOUND: Final = re.compile(r"(?<![-=<>])[<>]=?(?= ?\d{1,2}(?::\d\d)? ?[aApP]\.?[mM])")
"""`>5pm` is no time to leave."""
_FULL_SIGN: Final = re.compile("\U0001f50b ?\U0001f4af|\U0001f4af ?\U0001f50b")
_SEMICOLON_TIME: Final = re.compile(r"(?<=\d);(?=[0-5]\d(?!\d))")

_ONES: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "una": 1, "dos": 2, "tres": 3, "cuatro": 4,
    "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12,
    "trece": 13, "catorce": 14, "quince": 15, "dieciseis": 16, "diecisiete": 17, "dieciocho": 18,
    "diecinueve": 19, "veintiuno": 21, "veintiuna": 21, "veintidos": 22, "veintitres": 23, "veinticuatro": 24,
    "veinticinco": 25, "veintiseis": 26, "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50,
    "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90,
}  # fmt: skip
_HUNDREDS: Final = {
    "hundred": 100, "cien": 100, "ciento": 100, "doscientas": 200, "doscientos": 200, "trescientas": 300,
    "trescientos": 300,
}  # fmt: skip
NUMBER_WORDS: Final = frozenset((*_ONES, *_TENS, *_HUNDREDS))

_LABELED: Final = re.compile(
    rf"(?<!\d)(?<!\d )(?<!ish ){''.join(f'(?<!{word}[ -])' for word in sorted(NUMBER_WORDS))}"
    r"\b(miles|mi|millas|kms?|kwh) ?:? ?(?:to )?(\d+(?:[.,]\d+)?)\b(?![:\d]|"
    r" ?(?:[ap]\.?m|"
    r"[ap]\b|"
    r"mi|km|kw|h))"
)
_HOUR_WORD: Final = "|".join(word for word, value in _ONES.items() if value <= 23)
_MINUTE_WORD: Final = "|".join([*_TENS, *(word for word, value in _ONES.items() if 10 <= value <= 29)])
_TENS_WORD: Final = "|".join(_TENS)
_ONES_WORD: Final = "|".join(word for word, value in _ONES.items() if value < 10)
_UNIT: Final = r"(?:mi|mile|milla|km|kilo|kwh|kw|hour|hora|min|%|percent)"
_UNIT_AHEAD: Final = rf"(?!\s*{_UNIT})"

_CLOCK_WORDS: Final = re.compile(
    rf"\b({_HOUR_WORD})[ -]({_MINUTE_WORD})(?:[ -]({_ONES_WORD}))?\b{_UNIT_AHEAD}"
)
_MILITARY: Final = re.compile(r"\b(1[3-9]|2[0-3]) hundred(?: hours)?\b")
_HOUR_AND_WORD: Final = re.compile(
    rf"(?<![\d:.,])\b(1?\d) ({_TENS_WORD}|fifteen|quince|ten)(?:[ -]({_ONES_WORD}))?\b{_UNIT_AHEAD}"
)
_EITHER_WAY: Final = re.compile(
    rf"(?<![\d:.,])\b({_HOUR_WORD}|1?\d) ({_TENS_WORD})(?:[ -]| y )({_ONES_WORD})(?! *\d)(?= *{_UNIT})"
)
_WORDS_TO: Final = re.compile(
    rf"(?:^|(?<=\bat )|(?<=\bby )|(?<=[a-z]ing )|(?<=\bleave )|(?<=\baround )|(?<=\babout )|"
    rf"(?<=\bout )|(?<=[,.] ))(five|ten|twenty(?:[ -]five)?) (?:to|till|til|"
    rf"before) ({_HOUR_WORD}|1[0-2]|[1-9])\b(?! *\d){_UNIT_AHEAD}"
)
"""`ten to six` in words is 5:50; of `five to six` nobody can tell whether it is a time or two hours."""
_Y_UN: Final = re.compile(rf"\b({_TENS_WORD}) y un\b")
_OH_MINUTES: Final = re.compile(rf"\b({_HOUR_WORD}) (?:oh|o) ({_ONES_WORD})\b{_UNIT_AHEAD}")
_COMPOUND: Final = re.compile(rf"\b({_TENS_WORD})(?:[ -]| y )({_ONES_WORD})\b")
_ISH_WORD: Final = re.compile(rf"\b({'|'.join([*_ONES, *_TENS])})[ -]?ish\b")
_ANY_WORD: Final = re.compile(rf"\b({'|'.join([*_ONES, *_TENS])})\b")
_COUNT_AHEAD: Final = frozenset(
    ("at", "by", "until", "till", "til", "around", "about", "like", "before", "la", "leaving", "leave", "out",
     "to", "past", "after", "of", "for", "need", "bout", "round")
)  # fmt: skip
_COUNT_BEHIND: Final = re.compile(
    rf" (?:\d|(?:{_MINUTE_WORD})\b|o\b|[ap]\.?m?\b|o'?clock|o clock|sharp|and|y|mi|mile|milla|km|kilo|kwh|"
    rf"kw|hour|hr|hora|hundred|"
    r"percent|tomorrow|today|more|or|to)"
)
_HUNDRED: Final = re.compile(
    rf"(?<!por )\b(?:(\d|a|one|two|three|four|five) )?"
    rf"({'|'.join(_HUNDREDS)})(?:(?: and)? (\d{{1,2}})(?![\d:.,]|"
    rf"\s*[ap]\.?m))?\b"
)
_ELEVEN: Final = re.compile(
    r"\b(?:las?|son|unas|unos|necesito|ocupo|quiero|con|dame|ponle|hasta|tipo|como) once\b|"
    r"\bonce (?:y|millas?|kwh|kms?|kilo\w*|horas?|de la|en punto|[ap]\.?m)\b|^once\W*$"
)
"""Else `once` is the English word."""
_HALF_MORE: Final = re.compile(
    r"\b(\d+) (?:(?:and|n|&) (?:a )?half|y medi[oa]|1/2) (hours?|hrs?|horas?|h|miles?|millas?|mi|kms?|"
    r"kilo\w+|"
    r"kwh?)\b"
    r"|\b(\d+) (hours?|hrs?|horas?) (?:(?:and|n) a half|y media)\b"
)
_PART_HOUR: Final = (
    (re.compile(r"\b(?:1/2|half(?: an?)?|media) (?:hour|hr|hora)\b"), "30 min"),
    (re.compile(r"\b(?:3/4|3 quarters?|3 cuartos)(?: of an?| de)? (?:hour|hr|hora)\b"), "45 min"),
    (re.compile(r"\b(?:1/4|(?:a )?quarter)(?: of an?)? (?:hour|hr)\b|\bun cuarto de hora\b"), "15 min"),
    (
        re.compile(
            r"\b(?:an? |1 )?(?:hour|hr) (?:and|n|an) (?:a )?half\b|\b(?:una |1 )?hora y media\b"
        ),
        "90 min",
    ),
    (re.compile(r"\b(?:an? |1 )?(?:hour|hr) and a quarter\b|\b(?:una |1 )?hora y cuarto\b"), "75 min"),
    (re.compile(r"\b(?:a )?couple(?: of)? (?:hours?|hrs)\b|\bun par de horas\b"), "2 hours"),
    (re.compile(r"\ban (hour|hr)\b|^(hour|hr)(?= and \d)"), r"1 hour"),
)  # fmt: skip


def plain(text: str) -> str:
    """The text in lower-case ASCII with single blanks: accents dropped, signs and emoji turned to blanks.

    Full-width and other digits become ASCII ones; `mañana` becomes `manana`; ends of sentences become points.
    """
    text = _BOUND.sub(" after ", _EMOTICON.sub(" ", text))
    faced = _FULL_SIGN.sub(" full ", _CLOCK_FACE.sub(" clockface ", text.translate(_SIGNS)))
    folded = unicodedata.normalize("NFKC", faced).lower().translate(_SIGNS)
    folded = _SEMICOLON_TIME.sub(":", folded).replace(";", " , ").replace("\u2044", "/")
    bare = "".join(
        _PAUSE if unicodedata.category(letter) == "So" else _ascii(letter)
        for letter in unicodedata.normalize("NFD", folded)
        if unicodedata.category(letter)[0] != "M"
    )
    spaced = _STUCK.sub(
        " ", _DOT_HALF.sub(" ", _GLUED.sub(r"\1 ", _SLASH.sub(" ", _DOTS.sub(" , ", _KEPT.sub(" ", bare)))))
    )
    spaced = _PAUSES.sub(_PAUSE, spaced)
    spaced = _O_FOR_ZERO.sub("0", spaced)
    spaced = _SPOKEN.sub(lambda found: "to " if found[1] == "2" else "for ", spaced)
    for short, long in _SHORT_FORMS:
        spaced = short.sub(long, spaced)
    spaced = _LEADING_MARK.sub("", spaced)
    spaced = _without_model(_ISO_DATE.sub(r"\1/\2", _HALF_AHEAD.sub(r"\2 \1m", spaced)))
    spaced = _QUE.sub("que", _A_LAS.sub(r"a la\1", spaced))
    spaced = _DIMINUTIVE.sub(r"\1\2", _TWO_WORDS.sub("over", spaced))
    return _LABELED.sub(
        r"\2 \1", " ".join(re.sub(r"\bb4\b", "by", re.sub(r"\b(quarter|min) b4\b", r"\1 to", spaced)).split())
    )


def _without_model(text: str) -> str:
    """The text without a car's name that ends in a figure, where a time is told beside it."""
    renamed = _MODEL.sub("tesla", text)
    return renamed if _TIME_TOLD.search(renamed) else text


def _ascii(letter: str) -> str:
    """A digit of any script as ours; a letter of another script as a word that must not go unseen."""
    if letter.isascii():
        return letter
    value = unicodedata.decimal(letter, None)
    if value is not None:
        return str(value)
    is_foreign = letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN")
    return f" {OTHER_SCRIPT} " if is_foreign else letter


_PARA_LAS: Final = re.compile(
    rf"\b(cinco|diez|quince|veinte|veinticinco) (?:minutos )?(?:para|pa) las? ({_HOUR_WORD}|1[0-2]|"
    rf"[1-9])\b(?!:)"
)
"""In words it is the time before an hour; in figures `20 para las 5` may be miles by five."""


def figures(text: str) -> str:
    """A plain text with figures for its number words: `five thirty` is `5:30`, `forty-two` is `42`.

    Spans in words become spans in figures: `an hour and a half` is `90 min`, `2 1/2 hours` is `2.5 hours`.
    """
    text = _PARA_LAS.sub(_minutes_before, _WORDS_TO.sub(_before_hour, text))
    text = _OH_MINUTES.sub(lambda found: f"{_ONES[found[1]]}:0{_ONES[found[2]]}", text)
    text = _Y_UN.sub(r"\1 y una", text)
    text = _EITHER_WAY.sub(r"\1 \2 or \3", text)  # "one thirty three miles" is 1:30 and 3, or 133
    text = _HOUR_AND_WORD.sub(_clock, text)
    text = _CLOCK_WORDS.sub(_clock, _ISH_WORD.sub(r"\1 ", text))
    text = _COMPOUND.sub(lambda found: str(_TENS[found[1]] + _ONES[found[2]]), text)
    for pattern, span in _PART_HOUR[:2]:
        text = pattern.sub(span, text)
    text = _MILITARY.sub(r"\1:00", _ANY_WORD.sub(_counted, text))
    text = _HUNDRED.sub(_hundreds, text)
    text = _HALF_MORE.sub(lambda found: f"{found[1] or found[3]}.5 {found[2] or found[4]}", text)
    for pattern, span in _PART_HOUR:
        text = pattern.sub(span, text)
    return text


def _before_hour(found: re.Match[str]) -> str:
    minutes = {"five": 5, "ten": 10}.get(found[1], 25 if found[1].endswith("five") else 20)
    hour = int(found[2]) if found[2].isdigit() else _ONES[found[2]]
    if hour > 12 or minutes + 1 == hour:
        return found[0]
    return f"{(hour - 2) % 12 + 1}:{60 - minutes}"


def _minutes_before(found: re.Match[str]) -> str:
    hour = int(found[2]) if found[2].isdigit() else _ONES[found[2]]
    minutes = {**_ONES, **_TENS}[found[1]]
    return f"{(hour - 2) % 12 + 1}:{60 - minutes}" if hour <= 12 else found[0]


def _counted(found: re.Match[str]) -> str:
    """A number word in figures; "a good one" counts nothing."""
    if found[1] == "once" and not _ELEVEN.search(found.string):
        return found[1]
    if found[1] in ("one", "una"):
        before = found.string[: found.start()].rstrip().rpartition(" ")[2]
        behind = found.string[found.end() :]
        alone = not before and not behind.strip(" .,")
        if not (alone or before in _COUNT_AHEAD or _COUNT_BEHIND.match(behind)):
            return found[1]
    return str({**_ONES, **_TENS}[found[1]])


def _hundreds(found: re.Match[str]) -> str:
    if found[1] and found[2] != "hundred":  # "a las 5 cien millas" are no five hundred
        return f"{found[1]} {_HUNDREDS[found[2]] + int(found[3] or 0)}"
    times = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, None: 1}
    many = times[found[1]] if found[1] in times else int(found[1])
    return str(many * _HUNDREDS[found[2]] + int(found[3] or 0))


def _clock(found: re.Match[str]) -> str:
    minutes = {**_ONES, **_TENS}[found[2]] + (_ONES[found[3]] if found[3] else 0)
    hour = int(found[1]) if found[1].isdigit() else _ONES[found[1]]
    return f"{hour}:{minutes:02d}" if minutes < 60 else found[0]
