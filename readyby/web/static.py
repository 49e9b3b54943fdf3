"""Static files compressed once and kept: Streamlit itself sends its scripts plain, 3.4 MB instead of 1.3."""

import gzip
import mimetypes
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX: Final = "/static/"
WORTH_IT: Final = {".js", ".css", ".svg", ".json", ".html", ".ttf", ".wasm", ".map"}
LEVEL: Final = 6
_FONT_FACE: Final = re.compile(rb"@font-face\{[^}]*\}")


@dataclass(slots=True)
class CompressedStatic:
    """ASGI middleware: answers GET of text files under `folder` with their compressed form.

    File names there carry a hash of their content, so an answer may be kept for good.
    """

    app: ASGIApp
    folder: Path
    _kept: dict[str, bytes] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._wanted(scope)
        if path is None:
            await self.app(scope, receive, send)
            return
        if scope["path"] not in self._kept:
            self._kept[scope["path"]] = await to_thread.run_sync(_compress, path)
        response = Response(
            self._kept[scope["path"]],
            media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            headers={
                "Content-Encoding": "gzip",
                "Vary": "Accept-Encoding",
                "Cache-Control": "public, max-age=31536000, immutable",
            },
        )
        await response(scope, receive, send)

    def _wanted(self, scope: Scope) -> Path | None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(PREFIX):
            return None
        if "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            return None
        path = (self.folder / scope["path"].removeprefix("/")).resolve()
        inside = path.is_relative_to(self.folder.resolve())
        return path if inside and path.suffix in WORTH_IT and path.is_file() else None


def _compress(path: Path) -> bytes:
    """Styles without their fonts: Streamlit's are half a megabyte, and the page is set in the phone's."""
    content = path.read_bytes()
    if path.suffix == ".css":
        content = _FONT_FACE.sub(b"", content)
    return gzip.compress(content, compresslevel=LEVEL, mtime=0)
