select command_id, seq from command_receipt where command_id in (select b.command_id from batch b);
