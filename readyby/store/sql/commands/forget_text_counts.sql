delete from text_count where since_at < $before;
