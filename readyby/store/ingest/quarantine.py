"""Where bad records go: kept as they came, with the reason, once each (I-25)."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import pyarrow as pa
from pydantic import ValidationError

from readyby.store.work import INSTANT, Work, batch_of

TYPES = {
    "record_hash": pa.string(),
    "kind": pa.string(),
    "reason": pa.string(),
    "record": pa.string(),
    "received_at": INSTANT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A record that cannot be used; free of token uids by whoever made it."""

    kind: str
    reason: str
    record: object


def first_fault(error: ValidationError) -> str:
    """The first field at fault, and what is wrong with it; without the value."""
    fault = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"


def quarantine(work: Work, bad: list[BadRecord], received_at: datetime) -> int:
    """Keep bad records; how many were not there already."""
    rows = {}
    for one in bad:
        record = json.dumps(one.record, sort_keys=True, default=str)
        record_hash = sha256(f"{one.kind}|{one.reason}|{record}".encode()).hexdigest()
        rows[record_hash] = {
            "record_hash": record_hash,
            "kind": one.kind,
            "reason": one.reason,
            "record": record,
            "received_at": received_at,
        }
    if not rows:
        return 0
    return len(work.rows_of("commands/insert_quarantined", batch_of(list(rows.values()), **TYPES)))
