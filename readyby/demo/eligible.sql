select
    s.session_id,
    s.active,
    (
        select count(*)
        from messages m
        where m.session_id = s.session_id and m.kind = 'welcome' and m.state = 'sent'
    ) as welcomes,
    s.request_id is not null as asked,
    s.departure_at,
    s.energy_need_kwh
from sessions s
where s.match_result = 'eligible'
order by s.session_id
