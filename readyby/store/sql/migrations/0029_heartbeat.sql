create table heartbeat (
    lane integer primary key,
    beats bigint not null,
    beaten_at timestamptz not null
);
