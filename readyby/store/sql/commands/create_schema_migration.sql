create table if not exists schema_migration (
    name text primary key,
    checksum text not null,
    applied_at timestamptz not null default current_timestamp
);
