create table held_step (
    evse_id text not null,
    session_id text,
    plan_version bigint not null,
    start_at timestamptz not null,
    until_at timestamptz not null,
    limit_kw double precision not null
);
