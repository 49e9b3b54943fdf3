create table command_receipt (
    command_id text not null,
    seq bigint not null,
    state text not null,
    limit_kw double precision not null,
    reason text not null,
    happened_at timestamptz not null,
    machine_ms bigint not null,
    primary key (command_id, seq)
);
