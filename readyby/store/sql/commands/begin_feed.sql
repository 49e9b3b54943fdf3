insert into feed_position (feed, cursor_value, as_of)
values ($feed, $cursor_value, $as_of)
returning cursor_value, as_of;
