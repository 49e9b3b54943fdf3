select wish_id from network_wish where wish_id = $wish_id
union all
select request_id from request where request_id = $wish_id;
