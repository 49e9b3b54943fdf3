create table plan (
    site_id text not null,
    plan_version bigint not null,
    claim_id text not null,
    made_at timestamptz not null,
    limit_kw double precision not null,
    reason text not null,
    method text not null,
    situation_json text not null,
    plan_json text not null,
    run_key text not null,
    dispatched_at timestamptz,
    dispatched_machine_ms bigint,
    primary key (site_id, plan_version)
);
