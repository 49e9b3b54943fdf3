create table grid_event (
    site_id text not null,
    name text not null,
    kind text not null,
    start_at timestamptz not null,
    end_at timestamptz not null,
    level_kw double precision not null,
    price_usd_per_kwh double precision not null,
    added_at timestamptz not null,
    cancelled_at timestamptz,
    primary key (site_id, name)
);
