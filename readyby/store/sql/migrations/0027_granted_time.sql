create table granted_time (
    lane integer primary key,
    until_at timestamptz not null,
    speed double precision not null
);
