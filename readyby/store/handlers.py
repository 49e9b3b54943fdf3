"""All handlers, registered: importing this module imports every one of them."""

from readyby.store.commands import (
    drivers,
    erasure,
    grid_events,
    holding,
    joining,
    keeping,
    messages,
    notices,
    people,
    planning,
    receipts,
    requests,
    retention,
    runs,
    sessions,
    settlement,
    sites,
)
from readyby.store.ingest import command as ingest
from readyby.store.queries import answers, day, driver, figures, positions, situation
from readyby.store.queries import keeping as kept
from readyby.store.queries import settlement as unsettled
from readyby.store.registry import handler_of, registered

__all__ = ["handler_of", "registered"]

_HOLDERS = (
    answers, drivers, erasure, grid_events, holding, joining,
    keeping, messages, notices, people, planning, receipts, requests, retention, runs, sessions, settlement,
    sites,
    ingest, day, driver, figures, positions, situation, unsettled, kept,
)  # fmt: skip
