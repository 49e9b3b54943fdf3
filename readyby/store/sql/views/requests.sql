create or replace view requests as
select
    request_id,
    sequence,
    session_id,
    site_id,
    kind,
    channel,
    outcome,
    received_at,
    departure_at,
    energy_need_kwh,
    distance_mi,
    plan_version,
    closed_at
from request;
