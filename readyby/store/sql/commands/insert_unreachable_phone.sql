insert into unreachable_phone (phone_hash, error_code, since_at)
values ($phone_hash, $error_code, $since_at)
on conflict (phone_hash) do nothing;
