create table planning_event (
    event_id bigint primary key,
    site_id text not null,
    kind text not null,
    detail text not null,
    happened_at timestamptz not null,
    claim_id text,
    plan_version bigint
);
