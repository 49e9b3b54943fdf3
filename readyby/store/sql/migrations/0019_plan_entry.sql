create table plan_entry (
    site_id text not null,
    plan_version bigint not null,
    place integer not null,
    session_id text not null,
    evse_id text not null,
    controlled boolean not null,
    steps text not null,
    expires_at timestamptz not null,
    energy_need_kwh double precision,
    shortfall_kwh double precision not null,
    ready_at timestamptz,
    departure_at timestamptz,
    explanation text not null
);
