create table evse_state (
    evse_id text primary key,
    following boolean not null,
    trouble text not null,
    changed_at timestamptz not null
);
