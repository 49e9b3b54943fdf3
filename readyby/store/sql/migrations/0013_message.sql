create table message (
    message_id text primary key,
    session_id text not null,
    participant_key text not null,
    kind text not null,
    marker text not null,
    arguments text not null,
    state text not null,
    created_at timestamptz not null,
    not_after timestamptz not null,
    claimed_at timestamptz,
    settled_at timestamptz,
    key_hash text,
    provider_id text,
    error text,
    unique (session_id, kind, marker)
);
