"""`make proof-drivers`: the campaigns against the drivers' doors, as JSON; exit code 1 if one fails."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.support import campaigns
from tests.support.campaigns import Count
from tests.support.drivers import DriverWorld

Campaign = Callable[[DriverWorld, str, int, int], Count]
FULL: Final[Mapping[str, tuple[int, Campaign]]] = {
    "lookup": (1_000_000, campaigns.bad_keys_at_the_lookup),
    "http": (100_000, campaigns.bad_keys_over_http),
    "texts": (100_000, lambda world, _key, tries, seed: campaigns.forged_texts(world, tries, seed)),
    "forms": (200_000, campaigns.fuzzed_forms),
    "joins": (20_000, lambda world, _key, tries, seed: campaigns.fuzzed_joins(world, tries, seed)),
    "changed": (20_000, lambda _world, _key, tries, seed: campaigns.changed_texts(tries, seed)),
}


def main(share: float, seed: int, names: list[str]) -> int:
    """Run a share of the campaigns that are named (1 for all of each)."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        world = DriverWorld(Path(folder), public_url="https://ev.example")
        key = world.plug_in(1)
        counts = [
            campaign(world, key, max(1, int(most * share)), seed)
            for name, (most, campaign) in FULL.items()
            if name in names
        ]
        world.close()
    result = {"commit": commit, "share": share, "campaigns": [count.as_dict() for count in counts]}
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 1 if any(count.accepted or count.errors for count in counts) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("share", type=float, nargs="?", default=1.0)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=sorted(FULL), default=sorted(FULL))
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    raise SystemExit(main(given.share, given.seed, given.only))
