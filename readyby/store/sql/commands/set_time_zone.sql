set global TimeZone = 'UTC';
