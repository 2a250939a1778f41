-- A letter can wait for a person: the platform took it, and an employee must
-- confirm it before anybody sees it. SQLite cannot change a CHECK, so the table
-- is made anew. Ids go on where they were: they are never used again.

CREATE TABLE outbox_next (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id     INTEGER NOT NULL REFERENCES chats(id),
  connection  TEXT    NOT NULL,
  lane        INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 2), -- 0 answer, 1 activity, 2 broadcast
  once        INTEGER NOT NULL CHECK (once IN (0, 1)),       -- 1: never sent a second time on our own
  verb        TEXT    NOT NULL CHECK (verb IN ('send', 'delete')),
  state       TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'waiting', 'sent', 'uncertain', 'dead', 'folded')),
  kind        TEXT    NOT NULL DEFAULT '',                   -- the template; letters of one kind may fold
  slot        TEXT    NOT NULL DEFAULT '',                   -- same slot: edits the earlier message
  account_id  INTEGER NOT NULL DEFAULT 0,                    -- the person an answer is for
  reply       TEXT    NOT NULL DEFAULT '',
  thread      TEXT    NOT NULL DEFAULT '',
  content     TEXT    NOT NULL CHECK (json_valid(content)),
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_at     INTEGER NOT NULL,                              -- waiting: since when
  created_at  INTEGER NOT NULL,
  settled_at  INTEGER NOT NULL DEFAULT 0,
  external_id TEXT    NOT NULL DEFAULT '',
  into_id     INTEGER NOT NULL DEFAULT 0,                    -- folded: the letter that carries this one
  error       TEXT    NOT NULL DEFAULT ''
) STRICT;
INSERT INTO outbox_next (id, chat_id, connection, lane, once, verb, state, kind, slot, account_id, reply, thread, content,
    attempts, next_at, created_at, settled_at, external_id, into_id, error)
  SELECT id, chat_id, connection, lane, once, verb, state, kind, slot, account_id, reply, thread, content,
    attempts, next_at, created_at, settled_at, external_id, into_id, error FROM outbox;
DELETE FROM sqlite_sequence WHERE name = 'outbox_next';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_next', seq FROM sqlite_sequence WHERE name = 'outbox';
DROP TABLE outbox;
ALTER TABLE outbox_next RENAME TO outbox;

-- A partial index serves only statements that repeat its condition.
CREATE INDEX outbox_queued ON outbox(connection, lane, id) WHERE state = 'queued';
CREATE INDEX outbox_sending ON outbox(id) WHERE state = 'sending';
CREATE INDEX outbox_waiting ON outbox(chat_id, external_id) WHERE state = 'waiting';
CREATE INDEX outbox_slot ON outbox(chat_id, slot, id) WHERE slot <> '';
CREATE INDEX outbox_settled ON outbox(settled_at) WHERE settled_at > 0;
