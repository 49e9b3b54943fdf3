create table plan_progress (
    site_id text not null,
    plan_version bigint not null,
    taken_machine_ms bigint not null,
    first_wave_accepted_machine_ms bigint,
    complete_machine_ms bigint,
    primary key (site_id, plan_version)
);
