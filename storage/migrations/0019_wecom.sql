-- A letter may be carried by another connection than its chat's own: which one.
ALTER TABLE outbox ADD COLUMN via TEXT NOT NULL DEFAULT '';
