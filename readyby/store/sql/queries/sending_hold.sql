select code, detail, since_at, tried_at, tries, next_try_at, by_delivery from sending_hold;
