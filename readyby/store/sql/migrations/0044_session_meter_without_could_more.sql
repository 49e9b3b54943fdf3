alter table session_meter drop column could_more;
