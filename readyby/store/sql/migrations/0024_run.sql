create table run (
    run_key text primary key,
    deployment text not null,
    parameters text not null,
    mode text not null,
    state text not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    plan_versions text not null,
    logs text not null,
    artifact_markdown text not null,
    flow_run_id text
);
