create table settlement (
    session_id text primary key,
    energy_kwh double precision not null,
    cost_usd double precision not null,
    uncontrolled_cost_usd double precision not null,
    uncontrolled_energy_kwh double precision not null,
    promise text not null,
    shortfall_kwh double precision not null,
    settled_at timestamptz not null
);
