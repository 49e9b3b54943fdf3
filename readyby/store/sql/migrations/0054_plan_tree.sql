alter table plan add column tree_json text default '';
