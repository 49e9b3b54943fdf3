create table session (
    session_id text primary key,
    site_id text not null,
    evse_id text not null,
    token_hash text,
    status text not null,
    started_at timestamptz not null,
    recorded_ended_at timestamptz,
    energy_kwh double precision not null,
    last_updated timestamptz not null,
    live boolean not null,
    active boolean not null,
    ended_at timestamptz,
    first_seen_at timestamptz not null,
    match_result text,
    matched_at timestamptz,
    participant_key text,
    session_ref text
);
