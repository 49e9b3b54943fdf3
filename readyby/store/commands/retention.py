"""What is older than may be kept goes (I-31)."""

from readyby.store import api
from readyby.store.commands.erasure import erase_phone, note_forgotten
from readyby.store.registry import command, query
from readyby.store.work import Work


@command(api.Forget)
def forget(work: Work, given: api.Forget) -> api.Forgotten:
    people = sum(
        erase_phone(work, row["phone_hash"]).people
        for row in work.rows("queries/idle_phones", before=given.people_before)
    )
    sessions = work.rows("commands/forget_holders", before=given.people_before)
    work.run("commands/forget_unreachable", before=given.people_before)
    messages = work.rows("commands/forget_messages", before=given.messages_before)
    work.run("commands/forget_deliveries", before=given.messages_before)
    links = work.rows("commands/forget_links", before=given.links_before)
    forgotten = api.Forgotten(
        people=people,
        sessions=len(sessions),
        messages=len(messages),
        links=len(links),
        meter_values=_forget_meter(work, given),
    )
    if forgotten.anything:
        note_forgotten(work, given.at)
    return forgotten


def _forget_meter(work: Work, given: api.Forget) -> int:
    meter_values = int(work.value("queries/count_meter_values_before", before=given.meter_before))
    for name in (
        "commands/forget_meter_values",
        "commands/forget_meter_slots",
        "commands/forget_session_meters",
        "commands/forget_quality_marks",
        "commands/forget_quarantine",
    ):
        work.run(name, before=given.meter_before)
    return meter_values


@query(api.RewriteDue)
def rewrite_due(work: Work, _asked: api.RewriteDue) -> bool:
    return int(work.value("queries/count_forgotten")) > 0


@command(api.MarkRewritten)
def mark_rewritten(work: Work, _given: api.MarkRewritten) -> None:
    work.run("commands/clear_forgotten")
