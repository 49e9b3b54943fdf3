create table delivery (
    provider_id text primary key,
    status text not null,
    place integer not null,
    error_code text,
    changed_at timestamptz not null
);
