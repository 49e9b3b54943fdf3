insert into sending_hold (lane, code, detail, since_at, tried_at, tries, next_try_at, by_delivery)
values (1, $code, $detail, $since_at, $tried_at, $tries, $next_try_at, $by_delivery)
on conflict (lane) do update
set code = excluded.code,
    detail = excluded.detail,
    tried_at = excluded.tried_at,
    tries = excluded.tries,
    next_try_at = excluded.next_try_at,
    by_delivery = excluded.by_delivery;
