select s.session_id, s.started_at, s.token_hash
from session s
where s.site_id = $site_id
    and s.evse_id = $evse_id
    and s.live
    and s.active
    and s.token_hash is not null
    and s.started_at >= $since
    and not exists (select 1 from person p where p.token_hash = s.token_hash and p.phone_hash <> $phone_hash)
    and not exists (
        select 1
        from joining o
        where o.evse_id = s.evse_id
            and o.site_id = s.site_id
            and o.phone_hash <> $phone_hash
            and o.token_hash is null
            and o.state = 'waiting'
            and o.confirmed_at > $waiting_since
            and o.confirmed_at <= s.started_at
    )
order by s.started_at desc, s.session_id
limit 1;
