create table site_fact (
    site_id text primary key,
    voltage_v double precision not null,
    ramp_kw double precision,
    building text not null,
    solar text not null,
    export_usd_per_kwh double precision not null,
    co2_usd_per_kg double precision not null
);
