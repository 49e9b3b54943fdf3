"""The site's energy prices for drivers' pages, read from the tariff's file once."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from readyby.errors import NotFound
from readyby.interval import Interval
from readyby.model import Site
from readyby.tariff import GridTariff, Rate, read_tariff


@dataclass(frozen=True, slots=True)
class Prices:
    """Tariffs of `data_dir/tariffs`, by id, kept once read."""

    data_dir: Path
    _read: dict[str, GridTariff] = field(default_factory=dict)

    def tariff(self, site: Site) -> GridTariff:
        """The site's tariff. Raises NotFound (no file of it), BadInput as read_tariff."""
        if site.tariff_id not in self._read:
            self._read[site.tariff_id] = self._load(site)
        return self._read[site.tariff_id]

    def rates(self, site: Site, interval: Interval) -> tuple[Rate, ...]:
        """Prices over an interval; raises as `tariff`."""
        return self.tariff(site).rates(interval)

    def _load(self, site: Site) -> GridTariff:
        path = self.data_dir / "tariffs" / f"{site.tariff_id}.json"
        try:
            document = json.loads(path.read_text())
        except FileNotFoundError as error:
            raise NotFound(f"tariff {site.tariff_id}: {path} is not there") from error
        return read_tariff(document, tariff_id=site.tariff_id, time_zone=site.time_zone)
