select cursor_value, as_of from feed_position where feed = $feed;
