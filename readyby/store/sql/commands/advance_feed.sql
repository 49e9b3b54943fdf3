update feed_position
set cursor_value = greatest(cursor_value, $cursor_value), as_of = greatest(as_of, $as_of)
where feed = $feed
returning cursor_value, as_of;
