"""What the pages read beside the common look: one function a question, over the documented views."""

from datetime import datetime
from pathlib import Path
from string import Template

import pandas as pd

from dashboards.monitor.wiring import ReadOnlyStore
from readyby.model import SiteId

SQL = Path(__file__).with_name("sql")


def read_load(store: ReadOnlyStore, site_id: SiteId, since: datetime, until: datetime) -> pd.DataFrame:
    """The site's measured mean power by five minutes: `slot_at`, `power_kw`.

    Each EVSE reports about once a minute, so that five hold several values of each; a day has 288 points.
    """
    return _frame(store, "load", site_id=site_id, since=since.isoformat(), until=until.isoformat())


def read_commands_by_state(store: ReadOnlyStore) -> pd.DataFrame:
    """`state`, `number`; the most frequent first."""
    return _frame(store, "commands_by_state")


def read_newest_commands(store: ReadOnlyStore) -> pd.DataFrame:
    return _frame(store, "newest_commands")


def read_newest_runs(store: ReadOnlyStore) -> pd.DataFrame:
    return _frame(store, "newest_runs")


def read_messages_by_state(store: ReadOnlyStore) -> pd.DataFrame:
    """`kind`, `state`, `number`."""
    return _frame(store, "messages_by_state")


def read_quality(store: ReadOnlyStore) -> pd.DataFrame:
    """What was refused, marked or noticed by kind, alarms first; `detail` is one of its details."""
    return _frame(store, "quality")


def _frame(store: ReadOnlyStore, name: str, **values: str) -> pd.DataFrame:
    quoted = {key: value.replace("'", "''") for key, value in values.items()}
    sql = Template((SQL / f"{name}.sql").read_text()).substitute(quoted)
    frame: pd.DataFrame = store.table(sql).to_pandas()
    return frame
