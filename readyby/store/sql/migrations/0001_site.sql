create table site (
    site_id text primary key,
    name text not null,
    time_zone text not null,
    limit_kw double precision not null,
    tariff_id text not null,
    early_leave_floor double precision not null,
    control_paused boolean not null
);
