delete from schema_migration where name = $name;
