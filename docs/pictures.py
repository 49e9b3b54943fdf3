"""Makes the pictures of README from a running demo: `make demo` in one terminal, `make pictures` beside."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
from playwright.sync_api import Browser, ViewportSize, sync_playwright

IMAGES = Path(__file__).parent / "images"
PHONE: ViewportSize = {"width": 390, "height": 844}
SCREEN: ViewportSize = {"width": 1280, "height": 800}
LINK = re.compile(r"http://127\.0\.0\.1:\d+/c/[\w-]+")
LOOKED_AT = 20
PLAN_MARK = "<svg"
"""What only the page of a car with a plan holds."""
ENGLISH = '<html lang="en"'
PROMISED = "Ready by"
UNUSUAL = ("at best", "takes a moment", "have not heard", "takes no more", "not drawing")
"""What the page says when something is out of the ordinary: true, but not what a picture is for."""
SETTLE_MS = 3_000.0
PATIENCE_MS = 60_000.0


class Shot(NamedTuple):
    """A picture to take: `complete` selects what shows that the page is there."""

    name: str
    url: str
    viewport: ViewportSize
    complete: str


def demo_ports(state_dir: Path) -> dict[str, int]:
    """The ports of the demo that runs on this folder."""
    mark = state_dir / "demo.json"
    if not mark.is_file():
        sys.exit(f"{mark}: no demo runs here; start one with `make demo`, or name its folder")
    ports: dict[str, int] = json.loads(mark.read_text())["ports"]
    return ports


def planned_link(ports: dict[str, int]) -> str:
    """A personal link among the simulated phones, of a driver whose car has a plan if there is one."""
    inbox = httpx.get(f"http://127.0.0.1:{ports['world']}/phones", follow_redirects=True).text
    links: list[str] = list(dict.fromkeys(LINK.findall(inbox)))
    if not links:
        sys.exit("no driver was welcomed yet; try again in a minute")
    with httpx.Client(follow_redirects=True) as phone:
        pages = {link: phone.get(link).text for link in links[:LOOKED_AT]}

    def fitness(link: str) -> tuple[bool, bool, bool, int]:
        page = pages[link]
        unusual = sum(mark in page for mark in UNUSUAL)
        return PLAN_MARK in page, ENGLISH in page, PROMISED in page, -unusual

    return max(pages, key=fitness)


def newest_plan(ports: dict[str, int]) -> tuple[str, str]:
    """The addresses, in the Prefect UI, of the newest planning run and of its plan as a table."""
    home = f"http://127.0.0.1:{ports['prefect']}"
    runs = httpx.post(
        f"{home}/api/flow_runs/filter",
        json={
            "sort": "END_TIME_DESC",
            "limit": 50,
            "flows": {"name": {"any_": ["plan-site"]}},
            "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
        },
    ).json()
    if not runs:
        sys.exit("no plan was made yet; try again in a minute")
    run = next((run["id"] for run in runs if "recorded-late" not in run["tags"]), runs[0]["id"])
    artifacts = httpx.post(
        f"{home}/api/artifacts/filter", json={"artifacts": {"flow_run_id": {"any_": [run]}}}
    ).json()
    return f"{home}/runs/flow-run/{run}", f"{home}/artifacts/artifact/{artifacts[0]['id']}"


def take(browser: Browser, shot: Shot) -> None:
    """Open an address, wait until it is complete, and keep what is seen."""
    scale = 2 if shot.viewport is PHONE else 1
    page = browser.new_page(viewport=shot.viewport, device_scale_factor=scale)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(shot.url)
    page.wait_for_selector(shot.complete)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=IMAGES / f"{shot.name}.png")
    page.close()
    print(f"written: docs/images/{shot.name}.png")


def shots(ports: dict[str, int]) -> tuple[Shot, ...]:
    """What README shows."""
    home = "http://127.0.0.1"
    run, plan = newest_plan(ports)
    table = "[data-testid=stDataFrame] canvas"
    return (
        Shot("driver-page", planned_link(ports), PHONE, "main"),
        Shot("phones", f"{home}:{ports['world']}/phones", PHONE, "article"),
        Shot("monitor", f"{home}:{ports['monitor']}/", SCREEN, table),
        Shot("prefect-run", run, SCREEN, "text=Task runs"),
        Shot("prefect-plan", plan, SCREEN, "table"),
    )


def main(state_dir: Path) -> None:
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if program is None:
        sys.exit("no Chromium or Chrome is installed: apt install chromium")
    ports = demo_ports(state_dir)
    try:
        wanted = shots(ports)
    except httpx.TransportError as error:
        sys.exit(f"{state_dir}: its demo does not answer ({error}); is it still running, or still starting?")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for shot in wanted:
            take(browser, shot)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".readyby"))
