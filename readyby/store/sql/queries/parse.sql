select json_serialize_sql($sql) as parsed;
