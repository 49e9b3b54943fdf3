create table quarantine (
    record_hash text primary key,
    kind text not null,
    reason text not null,
    record text not null,
    received_at timestamptz not null
);
