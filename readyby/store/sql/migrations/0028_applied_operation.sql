create table applied_operation (
    op_id text primary key,
    command text not null,
    content_hash text not null,
    result text not null,
    applied_at timestamptz not null
);
