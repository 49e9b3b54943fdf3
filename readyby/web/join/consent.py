"""What a driver agrees to, in the words that are shown and kept as evidence."""

from typing import Final

from readyby.web.texts import translator

CONSENT_VERSION: Final = "1"
"""Goes up with every change of the words; a form with another version is shown again."""


def consent_text(brand: str, site_name: str, language: str) -> str:
    """The words beside the box that starts unchecked."""
    _ = translator(language)
    return _(
        "I agree to automated text messages from {brand} about my charging at {site}: when I plug in, when "
        "something changes, when my car is ready. About 4 messages a charging session. Message and data "
        "rates may apply. Text STOP to end, HELP for help. I can charge without agreeing."
    ).format(brand=brand, site=site_name)


def consent_source(place: str) -> str:
    """Where and how it was given: at which station's page, confirmed by a text."""
    return f"page join/{place}, confirmed by text" if place else "page join, confirmed by text"
