"""What a day came to."""

from readyby.store import api
from readyby.store.registry import query
from readyby.store.work import Work


@query(api.ReadDay)
def read_day(work: Work, asked: api.ReadDay) -> api.DayFigures:
    span = {"site_id": asked.site_id, "start": asked.start, "end": asked.end}
    figures, peak = work.row("queries/day_figures", **span), work.row("queries/day_peak", **span)
    assert figures is not None
    assert peak is not None
    return api.DayFigures(**figures, **peak)
