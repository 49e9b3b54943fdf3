insert into stopped_phone (phone_hash, stopped_at)
values ($phone_hash, $stopped_at)
on conflict (phone_hash) do nothing;
