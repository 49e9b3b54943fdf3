alter table person add column consent_version text default '';
