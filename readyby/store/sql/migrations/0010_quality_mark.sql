create table quality_mark (
    kind text not null,
    evse_id text not null,
    measured_at timestamptz not null
);
