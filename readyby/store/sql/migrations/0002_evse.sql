create table evse (
    evse_id text primary key,
    site_id text not null,
    place integer not null,
    max_kw double precision not null,
    min_kw double precision not null,
    standing_cap_kw double precision not null,
    voltage_v double precision not null,
    phases integer not null,
    controlled boolean not null
);
