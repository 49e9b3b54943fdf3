alter table site add column deadband_kw double precision default 0.25;
