create table request (
    request_id text primary key,
    sequence bigint not null,
    session_id text not null,
    site_id text not null,
    kind text not null,
    channel text not null,
    outcome text not null,
    received_at timestamptz not null,
    received_machine_ms bigint not null,
    departure_at timestamptz,
    energy_need_kwh double precision,
    distance_mi double precision,
    claim_id text,
    plan_version bigint,
    closed_at timestamptz
);
