delete from joining where began_at < $before;
