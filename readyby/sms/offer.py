"""The welcome of a driver who has answered before offers that answer again: one letter is enough."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from readyby.same_again import offer, same_again
from readyby.store.api import MessageToSend, ReadPastAnswers, ReadStatus, Store


async def with_offer(message: MessageToSend, store: Store, now: datetime) -> MessageToSend:
    """A welcome with `same` among its arguments, where its driver has said anything before."""
    if message.kind != "welcome" or message.session_ref is None:
        return message
    last = (await store.ask(ReadPastAnswers(session_ref=message.session_ref))).last_time
    if last is None:
        return message
    status = await store.ask(ReadStatus(session_ref=message.session_ref, now=now))
    zone = ZoneInfo(status.site.time_zone)
    departure_at = same_again(last.departure_at, now, zone)
    if departure_at is None:
        return message
    same = offer(
        departure_at,
        last.energy_need_kwh,
        in_miles=last.distance_mi is not None,
        wh_per_mi=status.wh_per_mi,
        zone=zone,
        language=message.language,
    )
    return replace(message, arguments={**message.arguments, "same": same})
