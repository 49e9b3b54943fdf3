"""Runs axe-core inside a page and tells what it found."""

from functools import cache
from pathlib import Path
from typing import Any

AXE = Path(__file__).with_name("axe") / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _source() -> str:
    return AXE.read_text("utf-8") + "\n;0"


def violations(page: Any) -> list[str]:
    """What axe finds wrong: the rule, its weight and the first elements; empty for a sound page."""
    page.evaluate(_source())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations.map(v => "
        "`${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | ')}`))",
        RULES,
    )
    return [str(one) for one in found]
