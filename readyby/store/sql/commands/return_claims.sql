update claim set state = 'returned' where state = 'open' and owner <> $owner;
