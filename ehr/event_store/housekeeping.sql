-- name: forget_flushes
-- A lost connection is asked about within minutes; a day is ample.
delete from record.flushes where flushed_at < clock_timestamp() - interval '1 day';

-- name: forget_answers
-- Idempotency keys are kept for 30 days.
delete from record.answers where answered_at < clock_timestamp() - interval '30 days';
