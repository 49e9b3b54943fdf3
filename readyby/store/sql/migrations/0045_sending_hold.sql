create table sending_hold (
    lane integer primary key,
    code text not null,
    detail text not null,
    since_at timestamptz not null,
    tried_at timestamptz not null,
    tries integer not null,
    next_try_at timestamptz not null,
    by_delivery boolean not null
);
