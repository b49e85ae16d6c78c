-- A fact of more than 9 MiB could not be sent on the log, and would hold up all that follow.

alter table record.facts add check (octet_length(state) <= 9437184);
