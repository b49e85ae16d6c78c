-- name: take
-- Whoever holds this lock holds the lease. It goes with the connection.
select pg_try_advisory_lock(hashtextextended(%(name)s, 0));

-- name: release
-- For another one that tries to take it.
select pg_advisory_unlock(hashtextextended(%(name)s, 0));

-- name: keep
-- Any statement tells that its sender is alive.
select;

-- name: notice_soon
-- The database notices within seven seconds that the machine of a holder is gone, also while it sends to it.
select set_config('tcp_keepalives_idle', '3', false), set_config('tcp_keepalives_interval', '2', false),
       set_config('tcp_keepalives_count', '2', false), set_config('tcp_user_timeout', '7000', false);

-- name: dismiss
-- Ends the connection of a holder from which nothing has come for so long.
select count(pg_terminate_backend(a.pid))
from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
  and l.database = (select oid from pg_database where datname = current_database())
  and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(%(name)s, 0)
  and a.state_change < clock_timestamp() - interval '1 second' *
      case when a.state = 'idle' then %(idle)s when a.state like 'idle in transaction%%' then %(computing)s end;

-- name: holder
-- The role whose session holds the lease.
select a.usename
from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
  and l.database = (select oid from pg_database where datname = current_database())
  and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(%(name)s, 0);
