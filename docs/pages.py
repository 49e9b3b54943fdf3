"""Makes the pages of docs/ that are written by the code itself: `make docs`."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from readyby.exchange.app import openapi_json
from readyby.settings import PROJECT_ROOT, Settings

SETTINGS_HEAD = """# Settings

Made by `make docs` from `readyby/settings.py`. Each setting is read from the environment, then from
`readyby.toml` in the working directory (same name, lower case, without the prefix), then the default holds.
`readyby config show` prints what is in force and where each value comes from.

| environment | default | what it does |
|---|---|---|
"""


def settings_page() -> str:
    """All settings as a table."""
    rows = (
        f"| `READYBY_{name.upper()}` | {_shown(field.default)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    return SETTINGS_HEAD + "".join(rows)


def _shown(default: Any) -> str:
    if default is None:
        return "none"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, Path) and default.is_relative_to(PROJECT_ROOT):
        return f"`{default.relative_to(PROJECT_ROOT)}` of the checkout"
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{default}`" if str(default) else "empty"


PAGES = {"settings.md": settings_page, "exchange-openapi.json": openapi_json}


def write_pages(folder: Path) -> None:
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(__file__).parent)
