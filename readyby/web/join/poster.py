"""The sheet that hangs at a station: a code to scan, and what it is for, in both languages."""

from typing import Final

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from readyby.settings import Settings
from readyby.web.join.routes import join_url
from readyby.web.page import TEMPLATES
from readyby.web.texts import translator
from readyby.words import LANGUAGES

CORRECTION: Final = "m"
"""A code on a pole gets scratched: it is read with 15 % of it gone."""

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def code_of(settings: Settings, place: str) -> segno.QRCode:
    """The code of an EVSE's page, or with an empty place of the site's."""
    return segno.make(join_url(settings, place), error=CORRECTION, micro=False)


def poster(settings: Settings, place: str, site_name: str) -> str:
    """A page of HTML to be printed: one sheet of letter or A4 paper, loading nothing."""
    drawn = code_of(settings, place).svg_inline(border=0, omitsize=True, dark="#000")
    return _environment.get_template("poster.html").render(
        brand=settings.brand,
        place=place,
        site=site_name,
        url=join_url(settings, place),
        code=Markup(drawn),  # noqa: S704 - drawn here from an address that is quoted
        texts=[(language, translator(language)) for language in LANGUAGES],
    )
