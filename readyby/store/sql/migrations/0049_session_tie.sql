create table session_tie (
    session_id text not null,
    kind text not null,
    other_id text not null,
    tied_at timestamptz not null,
    primary key (session_id, kind)
);
