"""Pausing and forgetting people (I-31)."""

from datetime import datetime

from readyby.store import api
from readyby.store.registry import command, query
from readyby.store.work import Work


@query(api.ListParticipants)
def list_participants(work: Work, _asked: api.ListParticipants) -> tuple[api.Participant, ...]:
    return tuple(api.Participant(**row) for row in work.rows("queries/participants"))


@command(api.PauseParticipant)
def pause_participant(work: Work, given: api.PauseParticipant) -> bool:
    people = work.rows("queries/people_by_phone", phone_hash=work.secrecy.phone_hash(given.phone))
    for person in people:
        key = person["participant_key"]
        if given.paused:
            work.run("commands/insert_paused_person", participant_key=key, since_at=given.at)
        else:
            work.run("commands/delete_paused_person", participant_key=key)
    return bool(people)


@command(api.ErasePerson)
def erase_person(work: Work, given: api.ErasePerson) -> api.Erased:
    erased = erase_phone(work, work.secrecy.phone_hash(given.phone))
    note_forgotten(work, given.at)
    return erased


def note_forgotten(work: Work, at: datetime) -> None:
    """Rows are gone; their bytes are when the file is written anew."""
    work.run("commands/insert_forgotten", forgotten_at=at)


def erase_phone(work: Work, phone_hash: str) -> api.Erased:
    """Take out all that leads to the holder of a phone."""
    people = work.rows("queries/people_by_phone", phone_hash=phone_hash)
    messages = links = sessions = 0
    for person in people:
        key = person["participant_key"]
        for message in (sent := work.rows("commands/erase_messages", participant_key=key)):
            work.run("commands/erase_delivery", provider_id=message["provider_id"])
        messages += len(sent)
        work.run("commands/erase_half_wishes", participant_key=key)
        links += len(work.rows("commands/erase_links", participant_key=key))
        sessions += len(work.rows("commands/erase_holder", participant_key=key))
        work.run("commands/delete_paused_person", participant_key=key)
    work.run("commands/erase_person", phone_hash=phone_hash)
    work.run("commands/delete_unreachable_phone", phone_hash=phone_hash)
    work.run("commands/erase_text_count", phone_hash=phone_hash)
    work.run("commands/erase_joinings", phone_hash=phone_hash)
    return api.Erased(people=len(people), messages=messages, links=links, sessions=sessions)
