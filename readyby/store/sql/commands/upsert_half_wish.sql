insert into half_wish (session_id, heard_at, departure_at, amount, unit)
values ($session_id, $heard_at, $departure_at, $amount, $unit)
on conflict (session_id) do update set
    heard_at = excluded.heard_at,
    departure_at = excluded.departure_at,
    amount = excluded.amount,
    unit = excluded.unit;
