create table unreachable_phone (
    phone_hash text primary key,
    error_code text not null,
    since_at timestamptz not null
);
