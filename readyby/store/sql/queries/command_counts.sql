select state, count(*) as n from command group by state order by state;
