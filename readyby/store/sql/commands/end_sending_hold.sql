delete from sending_hold;
