delete from quality_mark where measured_at < $before;
