insert into request (
    request_id, sequence, session_id, site_id, kind, channel, outcome,
    received_at, received_machine_ms, departure_at, energy_need_kwh, distance_mi
)
select
    $request_id, coalesce(max(sequence), 0) + 1, $session_id, $site_id, $kind, $channel, $outcome,
    $received_at, $received_machine_ms, $departure_at, $energy_need_kwh, $distance_mi
from request
returning sequence;
