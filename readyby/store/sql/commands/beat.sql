update heartbeat set beats = beats + 1, beaten_at = $beaten_at returning beats;
