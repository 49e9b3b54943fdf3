create table link (
    key_hash text primary key,
    session_id text not null,
    created_at timestamptz not null,
    closes_at timestamptz
);
