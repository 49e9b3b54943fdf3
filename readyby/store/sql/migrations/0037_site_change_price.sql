alter table site add column change_usd_per_kwh double precision default 0.002;
