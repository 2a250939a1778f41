-- What comes in, what goes out, what waits.

-- Events applied in the last 48 hours. A second delivery finds its row here.
CREATE TABLE seen (
  domain TEXT    NOT NULL,
  id     TEXT    NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (domain, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_at ON seen(at);

-- Events that could not be finished at once: parked until a fact is learned,
-- to be tried again after a fault, or given up.
CREATE TABLE inbox (
  id         INTEGER PRIMARY KEY,
  connection TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('parked', 'retry', 'failed')),
  event      TEXT    NOT NULL CHECK (json_valid(event)),
  attempts   INTEGER NOT NULL DEFAULT 0,
  next_at    INTEGER NOT NULL,
  fault      TEXT    NOT NULL DEFAULT '', -- the short id the person was shown
  error      TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_due ON inbox(next_at) WHERE state <> 'failed';

-- Ids of letters and previews are never used again: delivery reads on from the
-- last one, and an old button must not confirm a new preview.
CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id     INTEGER NOT NULL REFERENCES chats(id),
  connection  TEXT    NOT NULL,
  lane        INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 2), -- 0 answer, 1 activity, 2 broadcast
  once        INTEGER NOT NULL CHECK (once IN (0, 1)),       -- 1: never sent a second time on our own
  verb        TEXT    NOT NULL CHECK (verb IN ('send', 'delete')),
  state       TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'uncertain', 'dead', 'folded')),
  kind        TEXT    NOT NULL DEFAULT '',                   -- the template; letters of one kind may fold
  slot        TEXT    NOT NULL DEFAULT '',                   -- same slot: edits the earlier message
  account_id  INTEGER NOT NULL DEFAULT 0,                    -- the person an answer is for
  reply       TEXT    NOT NULL DEFAULT '',
  thread      TEXT    NOT NULL DEFAULT '',
  content     TEXT    NOT NULL CHECK (json_valid(content)),
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_at     INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  settled_at  INTEGER NOT NULL DEFAULT 0,
  external_id TEXT    NOT NULL DEFAULT '',
  into_id     INTEGER NOT NULL DEFAULT 0,                    -- folded: the letter that carries this one
  error       TEXT    NOT NULL DEFAULT ''
) STRICT;
-- A partial index serves only statements that repeat its condition.
CREATE INDEX outbox_queued ON outbox(connection, lane, id) WHERE state = 'queued';
CREATE INDEX outbox_sending ON outbox(id) WHERE state = 'sending';
CREATE INDEX outbox_slot ON outbox(chat_id, slot, id) WHERE slot <> '';
CREATE INDEX outbox_settled ON outbox(settled_at) WHERE settled_at > 0;

-- Commands of buttons that do not fit the platform's callback data.
CREATE TABLE buttons (
  id         INTEGER PRIMARY KEY,
  command    TEXT    NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

-- One-off deadlines. A due row becomes a Timer event; the event's transaction
-- sets done_at, so it happens once whatever the clock does.
CREATE TABLE timers (
  id         INTEGER PRIMARY KEY,
  key        TEXT    NOT NULL UNIQUE,
  task       TEXT    NOT NULL,
  chat_id    INTEGER NOT NULL DEFAULT 0,
  payload    TEXT    NOT NULL CHECK (json_valid(payload)),
  due_at     INTEGER NOT NULL,
  done_at    INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX timers_due ON timers(due_at) WHERE done_at = 0;

-- Every instant of a repeated job: planned, then exactly one outcome.
CREATE TABLE occurrences (
  id         INTEGER PRIMARY KEY,
  job        TEXT    NOT NULL,
  chat_id    INTEGER NOT NULL DEFAULT 0,
  due_at     INTEGER NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('planned', 'sending', 'sent', 'uncertain', 'missed', 'skipped')),
  reason     TEXT    NOT NULL DEFAULT '',
  started_at INTEGER NOT NULL DEFAULT 0,
  settled_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (job, due_at, chat_id)
) STRICT;
CREATE INDEX occurrences_open ON occurrences(job, due_at) WHERE state IN ('planned', 'sending');

CREATE TABLE previews (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  action     TEXT    NOT NULL,
  data       TEXT    NOT NULL CHECK (json_valid(data)),
  title      TEXT    NOT NULL DEFAULT '',
  state      TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'cancelled')),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX previews_open ON previews(chat_id, account_id) WHERE state = 'open';

CREATE TABLE audit (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL DEFAULT 0,
  chat_id      INTEGER NOT NULL DEFAULT 0,
  person_id    INTEGER NOT NULL DEFAULT 0, -- 0 = an anonymous administrator or the program
  action       TEXT    NOT NULL,
  before       TEXT    NOT NULL CHECK (json_valid(before)),
  after        TEXT    NOT NULL CHECK (json_valid(after)),
  reason       TEXT    NOT NULL DEFAULT '',
  at           INTEGER NOT NULL,
  undo_until   INTEGER NOT NULL DEFAULT 0, -- 0 = cannot be undone
  undone_by    INTEGER NOT NULL DEFAULT 0  -- the audit row of the undo
) STRICT;
CREATE INDEX audit_community ON audit(community_id, id);

-- A refusal is said once an hour per person and chat, then silence.
CREATE TABLE refusals (
  chat_id    INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  until      INTEGER NOT NULL,
  PRIMARY KEY (chat_id, account_id)
) STRICT, WITHOUT ROWID;

-- The sandbox's own memory: its conversation and who is in which group.
CREATE TABLE sandbox (
  key   TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
