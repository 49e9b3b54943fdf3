"""A data folder for the benchmark: one site of many EVSEs, all taken by participants for the whole day."""

import csv
import gzip
import shutil
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SITE_ID = "bench"
TIME_ZONE = "America/Los_Angeles"
DAY = date(2019, 7, 24)
OPENS = time(5, 0)
_LIMIT_KW_PER_EVSE = 3.0
_CAP_KW = 2.4
_AREA_CODES = (213, 310, 323, 424, 626)


def write_data(folder: Path, shipped: Path, evses: int) -> Path:
    """Write sites, sessions and participants of the benchmark below `folder`, with the shipped tariffs.

    Cars arrive in the first minute, need between 20 and 60 kWh, and stay until 22:00.
    """
    for name in ("sites", "sessions", "participants"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shutil.copytree(shipped / "tariffs", folder / "tariffs")
    (folder / "sites" / f"{SITE_ID}.toml").write_text(_site(evses))
    _write(folder / "sessions" / f"{SITE_ID}_2019-05_2019-08.csv.gz", _sessions(evses))
    _write(folder / "participants" / f"{SITE_ID}_assignment.csv.gz", _assignment(evses))
    with (folder / "participants" / f"{SITE_ID}_synthetic.csv").open("w", newline="") as file:
        csv.writer(file).writerows(_participants(evses))
    return folder


def _drivers(evses: int) -> list[tuple[str, str]]:
    """(token uid, phone) of each; fiction numbers."""
    return [
        (f"BENCH{n:04d}", f"+1{_AREA_CODES[n // 100 % len(_AREA_CODES)]}55501{n % 100:02d}")
        for n in range(evses)
    ]


def _site(evses: int) -> str:
    names = ", ".join(f'"B-{n:03d}"' for n in range(evses))
    return (
        f'site_id = "{SITE_ID}"\nname = "Benchmark"\ntime_zone = "{TIME_ZONE}"\n'
        f"limit_kw = {evses * _LIMIT_KW_PER_EVSE}\n"
        'tariff_id = "sce_tou_ev_4_march_2019"\n[[evses]]\nmax_kw = 6.656\nmin_kw = 1.248\n'
        f"standing_cap_kw = {_CAP_KW}\nvoltage_v = 208.0\nevse_ids = [{names}]\n"
    )


def _sessions(evses: int) -> Iterable[list[object]]:
    yield [
        "arrival",
        "departure",
        "requested_energy (kWh)",
        "delivered_energy (kWh)",
        "station_id",
        "session_id",
        "estimated_departure",
        "claimed",
    ]
    zone = ZoneInfo(TIME_ZONE)
    opens = datetime.combine(DAY, OPENS, zone)
    leaves = datetime.combine(DAY, time(22, 0), zone)
    for n in range(evses):
        arrives = opens + timedelta(seconds=10 + n * 50 / evses)
        need_kwh = 20.0 + 40.0 * n / evses
        yield [arrives, leaves, need_kwh, need_kwh, f"B-{n:03d}", f"bench-{n:03d}", leaves, "True"]


def _assignment(evses: int) -> Iterable[list[object]]:
    yield ["session_id", "token_uid"]
    for n, (token, _) in enumerate(_drivers(evses)):
        yield [f"bench-{n:03d}", token]


def _participants(evses: int) -> Iterable[list[object]]:
    yield ["token_uid", "phone", "consent_at", "consent_source", "wh_per_mi", "language", "synthetic"]
    for token, phone in _drivers(evses):
        yield [token, phone, "2019-01-01T00:00:00Z", "synthetic", 300.0, "en", True]


def _write(path: Path, rows: Iterable[list[object]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
