create table session_meter (
    session_id text not null,
    last_at timestamptz not null,
    last_power_kw double precision not null,
    last_energy_kwh double precision not null,
    max_energy_kwh double precision not null,
    could_more boolean not null,
    learned_max_kw double precision
);
