"""What drivers wait for: both pages until they can be used, on three networks, and the answer to a form.

Figures come from a real Chromium at phone size with a cold cache; networks and slow phones are Chromium's own
emulation. Timings on a shared machine are rough: compare those of one run.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from readyby.bench.driver_site import DriverSite, driver_site
from readyby.bench.drivers import Driver
from readyby.bench.machine import spin_ms
from readyby.bench.open_pages import bench_open_pages
from readyby.bench.pages import FLAGS, find_program
from readyby.errors import Misconfigured

FIRST_PAINTS, FULL_PAGES = 10, 5
ASKS_PER_S, ASKING_S = 50, 8.0
PATIENCE_MS: Final = 60_000
FULL_READY: Final = """() => [...document.querySelectorAll('button')].some(b => {
    const box = b.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    return b.innerText.trim() === 'Save' && b.contains(document.elementFromPoint(x, y));
})"""
"""A button that can be pressed: it is there, and nothing lies over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network and a phone as Chromium emulates them; None bits: as they are."""

    name: str
    bits_per_s: int | None = None
    latency_ms: int = 0
    cpu_slower: int = 1


NETWORKS: Final = (
    Network(name="none"),
    Network(name="fast4g", bits_per_s=8_000_000, latency_ms=60, cpu_slower=2),
    Network(name="slow4g", bits_per_s=1_600_000, latency_ms=150, cpu_slower=4),
)


async def bench_driver() -> dict[str, Any]:
    """Measure and return the figures; takes about three minutes.

    Raises:
        Misconfigured: no Chromium or Chrome is installed.
        Unreachable: the driver app did not come up.
    """
    program = find_program()
    if program is None:
        raise Misconfigured("no Chromium or Chrome is installed: apt install chromium")
    from playwright.async_api import async_playwright

    with tempfile.TemporaryDirectory(prefix="rbd") as folder, driver_site(Path(folder)) as site:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
            first_paint = await _first_paint(browser, site)
            full_page = await _full_page(browser, site)
            await browser.close()
        open_pages = await bench_open_pages(site)
        acks = await _acks(site)
    return {
        "first_paint": first_paint,
        "full_page": full_page,
        "rerun_ms": open_pages["rerun_ms"],
        "mb_per_page": open_pages["mb_per_page"],
        "hundred_pages": {name: open_pages[name] for name in ("cpu_share", "drawn_per_s")},
        "ack_ms": acks,
        "spin_ms": spin_ms(),
    }


async def _first_paint(browser: Any, site: DriverSite) -> dict[str, float]:
    figures: dict[str, float] = {}
    for network in NETWORKS:
        spent, sizes = [], []
        for number in range(FIRST_PAINTS):
            took_s, size = await _open(browser, network, site.links[number])
            spent.append(took_s)
            sizes.append(size)
        figures["bytes"] = max(sizes)
        figures[f"{network.name}_p95_s"] = round(_quantile(spent, 0.95), 3)
    return figures


async def _full_page(browser: Any, site: DriverSite) -> dict[str, float]:
    figures: dict[str, float] = {}
    for network in NETWORKS:
        spent, sizes = [], []
        for number in range(FULL_PAGES):
            took_s, size = await _open(browser, network, site.links[number], full=True)
            spent.append(took_s)
            sizes.append(size)
        figures["bytes"] = max(sizes)
        figures[f"{network.name}_p50_s"] = round(statistics.median(spent), 3)
    return figures


async def _open(browser: Any, network: Network, link: str, *, full: bool = False) -> tuple[float, int]:
    """Seconds until the page can be used, and the bytes that came for it."""
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    page = await context.new_page()
    target = link
    if full:  # the cookie of the first visit, before anything is slowed or counted
        await page.goto(link)
        target = f"{link.partition('/c/')[0]}/?s={page.url.rsplit('/', 1)[-1]}"
        await page.goto("about:blank")
    received = await _slowed(context, page, network)
    began = time.monotonic()
    await page.goto(target, wait_until="commit", timeout=PATIENCE_MS)
    await page.wait_for_function(FULL_READY, timeout=PATIENCE_MS)
    took_s = time.monotonic() - began
    await page.wait_for_timeout(200)
    await context.close()
    return took_s, sum(received)


async def _slowed(context: Any, page: Any, network: Network) -> list[int]:
    """Slow a page down; the list fills with what it receives, in bytes as sent."""
    session = await context.new_cdp_session(page)
    received: list[int] = []
    session.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    await session.send("Network.enable")
    await session.send("Network.clearBrowserCache")
    await session.send("Emulation.setCPUThrottlingRate", {"rate": network.cpu_slower})
    if network.bits_per_s:
        speed = network.bits_per_s / 8
        limits = {"latency": network.latency_ms, "downloadThroughput": speed, "uploadThroughput": speed}
        await session.send("Network.emulateNetworkConditions", {"offline": False, **limits})
    return received


async def _acks(site: DriverSite) -> dict[str, float]:
    """Forms at a steady rate, each on its own driver's page; milliseconds to the answer."""
    drivers = [Driver(link) for link in site.links]
    for driver in drivers:
        await driver.open()
    asked: list[asyncio.Task[float]] = []
    began = time.monotonic()
    for number in range(int(ASKS_PER_S * ASKING_S)):
        await asyncio.sleep(max(0.0, began + number / ASKS_PER_S - time.monotonic()))
        driver = drivers[number % len(drivers)]
        asked.append(asyncio.create_task(_ask(driver, number)))
    spent = await asyncio.gather(*asked)
    per_s = len(spent) / (time.monotonic() - began)
    for driver in drivers:
        await driver.close()
    return {
        "p50": round(statistics.median(spent), 1),
        "p99": round(_quantile(spent, 0.99), 1),
        "per_s": round(per_s, 1),
    }


async def _ask(driver: Driver, number: int) -> float:
    """Each form has an id of its own, as a page that was opened anew."""
    return await driver.ask_anew(20 + number % 7, f"bench-{number:012d}-{id(driver):x}")


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
