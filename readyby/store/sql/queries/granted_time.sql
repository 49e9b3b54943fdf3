select until_at from granted_time;
