select distinct function_name from duckdb_functions() where stability = 'VOLATILE';
