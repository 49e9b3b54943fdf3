"""What the exchange noticed, for the view `data_quality`: each notice once, in any order of arrival."""

import orjson
import pyarrow as pa
from pydantic import ValidationError

from readyby.contract import Notice
from readyby.errors import BadInput
from readyby.store import api
from readyby.store.ingest.feeds import advance
from readyby.store.ingest.quarantine import BadRecord, first_fault, quarantine
from readyby.store.registry import command
from readyby.store.work import INSTANT, Row, Work, batch_of

FEED = "notices"
TYPES = {
    "seq": pa.int64(),
    "kind": pa.string(),
    "evse_id": pa.string(),
    "session_id": pa.string(),
    "action": pa.string(),
    "alarm": pa.bool_(),
    "noticed_at": INSTANT,
    "detail": pa.string(),
}


@command(api.RecordNotices)
def record_notices(work: Work, given: api.RecordNotices) -> api.NoticesRecorded:
    try:
        page = orjson.loads(given.body)
        cursor, raw = int(page["next"]), list(page["notices"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("body", f"{len(given.body)} bytes", f"send a NoticePage as JSON ({error})") from None
    rows: dict[int, Row] = {}
    bad = []
    for record in raw:
        try:
            notice = Notice.model_validate(record)
        except ValidationError as error:
            bad.append(BadRecord(kind="notice", reason=first_fault(error), record=record))
        else:
            rows[notice.seq] = {**notice.model_dump(exclude={"at"}), "noticed_at": notice.at}
    quarantine(work, bad, given.received_at)
    new = work.rows_of("commands/insert_notices", batch_of(list(rows.values()), **TYPES)) if rows else []
    position, _ = advance(work, FEED, cursor, None)
    return api.NoticesRecorded(cursor=position, notices=len(new))
