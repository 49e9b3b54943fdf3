alter table person add column consent_text text default '';
