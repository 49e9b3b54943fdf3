create table network_wish (
    wish_id text primary key,
    place bigint not null,
    session_id text not null,
    kind text not null,
    departure_at timestamptz,
    energy_need_kwh double precision,
    machine_ms bigint not null
);
