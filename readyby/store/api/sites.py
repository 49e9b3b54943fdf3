"""Sites and their EVSEs."""

from dataclasses import dataclass
from datetime import datetime

from readyby.model import Site, SiteId
from readyby.store.api.base import Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class PutSite(Command[None]):
    """Make the site and its EVSEs known, or replace what was known; a changed limit is a planning event."""

    site: Site
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSite(Query[Site]):
    """Raises NotFound."""

    site_id: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSites(Query[tuple[SiteId, ...]]):
    """All sites, by id."""
