-- Queues of posts: tips, product facts, stories, in the order in which they
-- were added.
CREATE TABLE queues (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  name         TEXT    NOT NULL COLLATE NOCASE,
  mode         TEXT    NOT NULL DEFAULT 'loop' CHECK (mode IN ('loop', 'once')), -- after a round: from the beginning, or nothing more
  state        TEXT    NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleted')),
  told_at      INTEGER NOT NULL DEFAULT 0,   -- when the administrators were told that it is empty
  created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX queues_name ON queues(community_id, name) WHERE state = 'active';

CREATE TABLE queue_items (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  queue_id   INTEGER NOT NULL REFERENCES queues(id),
  number     INTEGER NOT NULL CHECK (number > 0),  -- what people call it, counted within its queue
  body       TEXT    NOT NULL CHECK (body <> ''),
  weight     INTEGER NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 9), -- how often it comes in a round
  state      TEXT    NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleted')),
  created_by INTEGER NOT NULL DEFAULT 0,           -- the person, 0 = an anonymous administrator
  created_at INTEGER NOT NULL,
  UNIQUE (queue_id, number)
) STRICT;

-- Which item an occurrence has: decided once. A chat goes through a queue in
-- rounds; in one round an item comes as often as it weighs, and not more.
CREATE TABLE queue_picks (
  occurrence_id INTEGER PRIMARY KEY,
  queue_id      INTEGER NOT NULL REFERENCES queues(id),
  chat_id       INTEGER NOT NULL REFERENCES chats(id),
  item_id       INTEGER NOT NULL REFERENCES queue_items(id),
  round         INTEGER NOT NULL CHECK (round > 0),
  nth           INTEGER NOT NULL CHECK (nth > 0),  -- which time it comes in this round
  at            INTEGER NOT NULL,
  UNIQUE (queue_id, chat_id, round, item_id, nth)
) STRICT;

-- When a chat wants to be left alone, by its own wall clock. Over midnight
-- from_minute is the greater one.
CREATE TABLE chat_quiet (
  chat_id      INTEGER PRIMARY KEY REFERENCES chats(id),
  from_minute  INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
  until_minute INTEGER NOT NULL CHECK (until_minute BETWEEN 0 AND 1439),
  rule         TEXT    NOT NULL CHECK (rule IN ('move', 'skip')), -- posts that fall in: to the end of it, or not at all
  set_at       INTEGER NOT NULL,
  CHECK (from_minute <> until_minute)
) STRICT;

-- A schedule may have a queue for its text, and several chats.
CREATE TABLE new_schedules (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id   INTEGER NOT NULL DEFAULT 0,   -- where it was asked for, 0 = in none
  name           TEXT    NOT NULL,
  rule           TEXT    NOT NULL CHECK (json_valid(rule)),
  template       TEXT    NOT NULL DEFAULT '',  -- a set of posts, or
  body           TEXT    NOT NULL DEFAULT '',  -- the text itself, or
  queue_id       INTEGER NOT NULL DEFAULT 0,   -- a queue
  missed         TEXT    NOT NULL CHECK (missed IN ('skip', 'late', 'once')),
  late           INTEGER NOT NULL DEFAULT 0 CHECK (late >= 0), -- minutes
  quiet          TEXT    NOT NULL DEFAULT '' CHECK (quiet IN ('', 'send', 'move', 'skip')), -- in quiet hours; '' = as the chat says
  countdown      TEXT    NOT NULL DEFAULT '',  -- what is counted down to
  countdown_day  TEXT    NOT NULL DEFAULT '',
  state          TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'deleted', 'over')),
  created_by     INTEGER NOT NULL DEFAULT 0,   -- the person, 0 = an anonymous administrator
  created_at     INTEGER NOT NULL,
  changed_at     INTEGER NOT NULL DEFAULT 0,   -- its times count from here on
  CHECK ((template <> '') + (body <> '') + (queue_id <> 0) = 1),
  CHECK ((missed = 'late') = (late > 0))
) STRICT;
INSERT INTO new_schedules (id, community_id, name, rule, template, body, missed, late, countdown, countdown_day, state, created_by, created_at, changed_at)
  SELECT s.id, coalesce(h.community_id, 0), s.name, s.rule, s.template, s.body, s.missed, s.late, s.countdown, s.countdown_day, s.state, s.created_by, s.created_at, s.created_at
  FROM schedules s JOIN chats h ON h.id = s.chat_id;

CREATE TABLE schedule_chats (
  schedule_id INTEGER NOT NULL REFERENCES new_schedules(id),
  chat_id     INTEGER NOT NULL REFERENCES chats(id),
  position    INTEGER NOT NULL CHECK (position > 0),
  turn        INTEGER NOT NULL DEFAULT 0,      -- how many posts of its set were taken there
  PRIMARY KEY (schedule_id, chat_id)
) STRICT, WITHOUT ROWID;
INSERT INTO schedule_chats (schedule_id, chat_id, position, turn) SELECT id, chat_id, 1, turn FROM schedules;
CREATE INDEX schedule_chats_chat ON schedule_chats(chat_id);

DROP TABLE schedules;
ALTER TABLE new_schedules RENAME TO schedules;
CREATE INDEX schedules_open ON schedules(id) WHERE state IN ('active', 'paused');

-- A post that fell into quiet hours is sent when they end; it keeps the instant
-- that it was meant for.
ALTER TABLE occurrences ADD COLUMN moved_to INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER outbox_occurrence;
CREATE TRIGGER outbox_occurrence AFTER UPDATE OF state ON outbox
  WHEN NEW.once = 1 AND NEW.state <> OLD.state AND NEW.state IN ('sent', 'uncertain', 'dead', 'folded')
BEGIN
  UPDATE occurrences SET letter_id = NEW.into_id
    WHERE NEW.state = 'folded' AND NEW.into_id <> 0 AND letter_id = NEW.id AND state = 'sending';
  UPDATE occurrences SET settled_at = NEW.settled_at,
      state = CASE NEW.state WHEN 'dead' THEN 'missed' ELSE NEW.state END,
      reason = CASE WHEN NEW.state = 'sent' THEN CASE WHEN moved_to > 0 THEN 'quiet' ELSE '' END
        WHEN NEW.error = 'expired' THEN 'expired' ELSE NEW.state || ' ' || NEW.error END
    WHERE NEW.state <> 'folded' AND letter_id = NEW.id AND state = 'sending';
  INSERT OR IGNORE INTO timers (key, task, chat_id, payload, due_at, created_at)
    SELECT 'schedule.notice:letter:' || NEW.id, 'schedule.notice', chat_id, '{}', NEW.settled_at + 3000, NEW.settled_at
    FROM occurrences WHERE letter_id = NEW.id AND state IN ('missed', 'uncertain') AND told_at = 0;
END;
