create table feed_position (
    feed text primary key,
    cursor_value bigint not null,
    as_of timestamptz
);
