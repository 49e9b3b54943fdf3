"""The document of the full page: who may not see it gets an answer at once, without loading Streamlit."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from readyby.web.http import chosen_language, html, keep_language
from readyby.web.routes import PlainPages
from readyby.web.shell import Shell


@dataclass(frozen=True, slots=True)
class FullPage:
    """`/?s=<reference>`: the status as it stands, over which Streamlit then draws the live page."""

    plain: PlainPages
    shell: Shell

    def routes(self) -> list[Route]:
        return [Route("/", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """The same doors as the plain page's: unknown, ended and unreachable look alike on both."""
        plain = self.plain

        def read() -> Response:
            target = plain.admit(request, request.query_params.get("s", ""))
            if not target.open:
                return plain.ended(request, target)
            status, now = plain.desk.read(target.session_ref), plain.desk.clock.now()
            language = chosen_language(request, target.language)
            page = html(plain.pages.full_page(status, now, language, self.shell))
            return keep_language(request, page, secure=plain.secure)

        return await plain.answer(request, read)
