"""Streamlit's front end as its own index.html loads it, and what the driver's page will need besides.

A browser learns of most parts of Streamlit's front end only when an element asks for them: one more round
trip each, and those parts name others. Named ahead, they arrive together with the rest.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from readyby.errors import Misconfigured

PARTS: Final = ("Html", "purify.es", "BidiComponent", "Button")
"""What the full page is made of, as Streamlit names its files."""
_SCRIPT: Final = re.compile(r'<script type="module"[^>]* src="\./(static/js/[\w.-]+\.js)"')
_MODULE: Final = re.compile(r'<link rel="modulepreload"[^>]* href="\./(static/js/[\w.-]+\.js)"')
_STYLE: Final = re.compile(r'<link rel="stylesheet"[^>]* href="\./(static/css/[\w.-]+\.css)"')
_IMPORT: Final = re.compile(r'(?:\bfrom|\bimport)\s*"\./([\w.-]+\.js)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Addresses of the front end: its first script, every module that it will import, its styles."""

    script: str
    modules: tuple[str, ...]
    styles: tuple[str, ...]


def read_shell(folder: Path) -> Shell:
    """The front end in Streamlit's folder of static files.

    Raises:
        Misconfigured: index.html has another form than this version of ReadyBy knows.
    """
    index = (folder / "index.html").read_text("utf-8")
    scripts, named, styles = (pattern.findall(index) for pattern in (_SCRIPT, _MODULE, _STYLE))
    if len(scripts) != 1 or not styles:
        raise Misconfigured(
            f"streamlit: {folder / 'index.html'} is not as expected; install the version of requirements.lock"
        )
    js = folder / "static" / "js"
    parts = [path.name for part in PARTS for path in js.glob(f"{part}.*.js")]
    known = {Path(link).name for link in (*scripts, *named)}
    more = sorted(_closure(js, parts) - known)
    return Shell(
        script=f"/{scripts[0]}",
        modules=tuple(f"/{link}" for link in named) + tuple(f"/static/js/{name}" for name in more),
        styles=tuple(f"/{link}" for link in styles),
    )


def _closure(js: Path, roots: Iterable[str]) -> set[str]:
    """Modules with all that they import, and so on."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _IMPORT.findall((js / name).read_text("utf-8"))
    return found
