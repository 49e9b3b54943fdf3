"""The public app: the plain page, the SMS webhook and the full Streamlit page, on one port."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from threading import Thread

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit import file_util

from dashboards.driver import wiring
from readyby.logs import adopt_loggers
from readyby.sms import Messenger, messenger
from readyby.sms.inbound import TextDesk
from readyby.sms.polling import polled
from readyby.sms.webhook import InboundWebhook
from readyby.web.driver import DriverDesk
from readyby.web.foresight import prepare
from readyby.web.full import FullPage
from readyby.web.join.desk import JoinDesk
from readyby.web.join.routes import JoinPages
from readyby.web.routes import PlainPages
from readyby.web.security import SecurityHeaders
from readyby.web.shell import read_shell
from readyby.web.static import CompressedStatic

SCRIPT = Path(__file__).with_name("page.py")
STATIC = Path(file_util.get_static_dir())


def create_app(desk: DriverDesk) -> st.App:
    """The app over a desk. One process holds at most one (Streamlit keeps its configuration globally)."""
    carrier = messenger(desk.settings)
    return st.App(
        SCRIPT,
        routes=create_routes(desk, carrier),
        lifespan=_lifespan(desk, carrier),
        middleware=[
            Middleware(SecurityHeaders, https=desk.settings.public_url.startswith("https:")),
            Middleware(CompressedStatic, folder=STATIC),
        ],
    )


def _lifespan(desk: DriverDesk, carrier: Messenger) -> Callable[[st.App], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def live(_app: st.App) -> AsyncIterator[None]:
        """Streamlit has started by now, and given loggers handlers of its own once more."""
        adopt_loggers("streamlit", "uvicorn", "websockets")
        Thread(target=prepare, daemon=True).start()
        async with polled(desk):
            yield
        await carrier.aclose()

    return live


def create_routes(desk: DriverDesk, carrier: Messenger) -> list[BaseRoute]:
    """What answers before Streamlit does; the carrier takes the codes of who enrolls."""
    plain = PlainPages(desk, wiring.page_maker(desk))
    full = FullPage(plain, read_shell(STATIC))
    join = JoinPages(JoinDesk(desk, carrier), plain.pages)
    return [
        *plain.routes(),
        *full.routes(),
        *join.routes(),
        *InboundWebhook(TextDesk(desk), desk.settings).routes(),
    ]


def __getattr__(name: str) -> st.App:
    """`app`, made when an ASGI server asks for it, from the settings of the process."""
    if name != "app":
        raise AttributeError(name)
    return create_app(wiring.current())
