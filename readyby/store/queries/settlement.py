"""Ended sessions that are not settled yet, with all that their settlement needs."""

from readyby.store import api
from readyby.store.queries.assemble import accepted_request, session_views
from readyby.store.registry import query
from readyby.store.work import Work


@query(api.UnsettledSessions)
def unsettled_sessions(work: Work, asked: api.UnsettledSessions) -> tuple[api.Unsettled, ...]:
    rows = work.rows("queries/ended_unsettled_sessions", site_id=asked.site_id, limit=asked.limit)
    return tuple(_unsettled(work, view) for view in session_views(work, rows, None))


def _unsettled(work: Work, view: api.SessionView) -> api.Unsettled:
    meter = work.rows("queries/session_meter_values", session_id=view.session_id)
    requests = work.rows("queries/session_requests", session_id=view.session_id)
    return api.Unsettled(
        session=view,
        meter=tuple(
            api.MeterPoint(at=row["measured_at"], power_kw=row["power_kw"], energy_kwh=row["energy_kwh"])
            for row in meter
        ),
        requests=tuple(map(accepted_request, requests)),
    )
