create table plan_start (
    site_id text primary key,
    plan_version bigint not null,
    start_text text not null
);
