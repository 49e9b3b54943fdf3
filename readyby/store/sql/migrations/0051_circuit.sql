create table circuit (
    site_id text not null,
    place integer not null,
    name text not null,
    parent text not null,
    limit_kw double precision,
    limit_a double precision,
    reserved_kw double precision not null,
    primary key (site_id, name)
);
