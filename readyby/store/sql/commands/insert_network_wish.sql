insert into network_wish (wish_id, place, session_id, kind, departure_at, energy_need_kwh, machine_ms)
select
    $wish_id, coalesce(max(place), 0) + 1, $session_id, $kind, $departure_at, $energy_need_kwh, $machine_ms
from network_wish;
