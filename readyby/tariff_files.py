"""Tariffs as files: data/tariffs/<tariff_id>.json."""

import functools
import json
from pathlib import Path

from readyby.errors import NotFound
from readyby.model import Site
from readyby.tariff import GridTariff, read_tariff


def tariff_of(site: Site, data_dir: Path) -> GridTariff:
    """The grid tariff of a site, in its time zone; a file is read once.

    Raises:
        NotFound: no file of that name.
        BadInput: as `read_tariff`.
    """
    return _tariff(data_dir, site.tariff_id, site.time_zone)


@functools.lru_cache(maxsize=64)
def _tariff(data_dir: Path, tariff_id: str, time_zone: str) -> GridTariff:
    path = data_dir / "tariffs" / f"{tariff_id}.json"
    if not path.is_file():
        raise NotFound(f"tariff_id: {tariff_id!r} has no file {path}: add it, or change the site's tariff_id")
    return read_tariff(json.loads(path.read_text()), tariff_id=tariff_id, time_zone=time_zone)
