update feed_position set meter_every_s = $meter_every_s where feed = $feed;
