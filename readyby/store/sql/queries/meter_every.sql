select meter_every_s from feed_position where feed = $feed;
