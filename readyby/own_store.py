"""The store of an installation, opened by the process that owns its file, as the settings say."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from readyby.errors import ReadyByError
from readyby.secrets_file import read_secrets
from readyby.settings import Settings
from readyby.store.api import Forget, MarkRewritten, RewriteDue
from readyby.store.backup import rewrite
from readyby.store.caps import Caps
from readyby.store.database import exit_now
from readyby.store.engine import LocalStore, open_store

log = structlog.get_logger()


def own_store(settings: Settings, *, on_fatal: Callable[[], None] = exit_now) -> LocalStore:
    """Open it; where rows were deleted since the file was last written anew, write it anew before.

    Raises:
        Misconfigured: another process owns it, or it cannot be opened.
    """
    store = _open(settings, on_fatal)
    if not store.ask_sync(RewriteDue()):
        return store
    store.close()
    try:
        rewrite(settings.database_path)
    except (ReadyByError, OSError) as error:  # what was deleted stays unreadable through the store
        log.warning("file not written anew: bytes of deleted rows are still in it", error=str(error))
        return _open(settings, on_fatal)
    store = _open(settings, on_fatal)
    store.do_sync(MarkRewritten())
    return store


def _open(settings: Settings, on_fatal: Callable[[], None]) -> LocalStore:
    return open_store(
        settings.database_path,
        pepper=read_secrets(settings).pepper_bytes,
        memory_limit_mb=settings.memory_limit_mb,
        min_free_mb=settings.min_free_mb,
        link_grace_min=settings.link_grace_min,
        caps=caps_of(settings),
        on_fatal=on_fatal,
    )


def caps_of(settings: Settings) -> Caps:
    """The caps on messages that the settings give."""
    return Caps(
        of_session=settings.most_texts_a_session,
        of_number_a_day=settings.most_texts_a_number,
        of_site_a_day=settings.most_texts_a_site,
        of_all_a_day=settings.most_texts_a_day,
        codes_of_number_a_day=settings.most_codes_a_number,
        codes_of_site_a_day=settings.most_codes_a_site,
        countries=settings.countries,
        quiet_from_h=settings.quiet_from_h,
        quiet_until_h=settings.quiet_until_h,
    )


def forgetting(settings: Settings, now: datetime) -> Forget:
    """The command that deletes what is older than the settings allow."""
    return Forget(
        people_before=now - timedelta(days=settings.keep_people_days),
        messages_before=now - timedelta(days=settings.keep_messages_days),
        links_before=now - timedelta(days=settings.keep_links_days),
        meter_before=now - timedelta(days=settings.keep_meter_days),
        at=now,
    )
