alter table delivery add column ends text default '';
