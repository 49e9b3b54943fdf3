create table site_fact (
    site_id text primary key,
    voltage_v double precision not null,
    ramp_kw double precision
);
