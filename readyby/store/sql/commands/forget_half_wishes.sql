delete from half_wish where heard_at < $before;
