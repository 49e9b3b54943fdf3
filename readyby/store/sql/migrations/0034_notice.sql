create table notice (
    seq bigint primary key,
    kind text not null,
    evse_id text,
    session_id text,
    action text not null,
    alarm boolean not null,
    noticed_at timestamptz not null,
    detail text not null
);
