create table command (
    command_id text primary key,
    site_id text not null,
    plan_version bigint not null,
    evse_id text not null,
    session_id text,
    wave integer not null,
    state text not null,
    limit_kw double precision not null,
    reason text not null,
    seq bigint not null,
    changed_at timestamptz not null,
    changed_machine_ms bigint not null
);
