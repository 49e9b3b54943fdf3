alter table session_meter add column free_since timestamptz;
