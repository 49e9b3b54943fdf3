alter table inbound_text add column answered boolean default true;
