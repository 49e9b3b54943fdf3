alter table feed_position add column meter_every_s double precision;
