delete from network_wish where wish_id = $wish_id;
