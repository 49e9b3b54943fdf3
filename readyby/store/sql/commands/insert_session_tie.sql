insert into session_tie (session_id, kind, other_id, tied_at)
values ($session_id, $kind, $other_id, $tied_at)
on conflict (session_id, kind) do nothing;
