"""Both apps open in a browser, as they are when somebody looks."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from readyby.settings import Settings

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


def find_program() -> str | None:
    """The program of an installed Chromium or Chrome."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@asynccontextmanager
async def open_pages(settings: Settings, link: str) -> AsyncIterator[None]:
    """A phone on the full driver page and a desktop on the monitoring app; without a browser it says so."""
    program = find_program()
    if program is None:
        sys.stderr.write("no Chromium or Chrome is installed: measured WITHOUT the apps open\n")
        yield
        return
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        phone = await _open(browser, link, width=390, height=844)
        await phone.goto(f"{settings.public_url}/?s={phone.url.rsplit('/', 1)[-1]}")
        await _open(browser, f"http://127.0.0.1:{settings.monitor_port}", width=1280, height=800)
        await asyncio.sleep(3)
        try:
            yield
        finally:
            await browser.close()


async def _open(browser: Any, url: str, *, width: int, height: int) -> Any:
    page = await browser.new_page(viewport={"width": width, "height": height})
    await page.goto(url)
    return page
