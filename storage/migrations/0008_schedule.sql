-- Scheduled posts of chats. Each instant of one is a row of occurrences, whose
-- job is 'post:' and the schedule's number.
CREATE TABLE schedules (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id        INTEGER NOT NULL REFERENCES chats(id),
  name           TEXT    NOT NULL,
  rule           TEXT    NOT NULL CHECK (json_valid(rule)),
  template       TEXT    NOT NULL DEFAULT '',  -- a set of posts, or
  body           TEXT    NOT NULL DEFAULT '',  -- the text itself
  missed         TEXT    NOT NULL CHECK (missed IN ('skip', 'late', 'once')),
  late           INTEGER NOT NULL DEFAULT 0 CHECK (late >= 0), -- minutes
  countdown      TEXT    NOT NULL DEFAULT '',  -- what is counted down to
  countdown_day  TEXT    NOT NULL DEFAULT '',
  state          TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'deleted', 'over')),
  turn           INTEGER NOT NULL DEFAULT 0,   -- how many posts of its set were taken
  created_by     INTEGER NOT NULL DEFAULT 0,   -- the person, 0 = an anonymous administrator
  created_at     INTEGER NOT NULL,
  CHECK ((template = '') <> (body = '')),
  CHECK ((missed = 'late') = (late > 0))
) STRICT;
CREATE INDEX schedules_open ON schedules(chat_id, id) WHERE state IN ('active', 'paused');

-- The letter that carries an occurrence, and when the administrators were told
-- of one that went wrong.
ALTER TABLE occurrences ADD COLUMN letter_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE occurrences ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX occurrences_letter ON occurrences(letter_id) WHERE letter_id <> 0;
CREATE INDEX occurrences_untold ON occurrences(chat_id, due_at) WHERE told_at = 0 AND chat_id <> 0 AND state IN ('missed', 'uncertain');

-- A post that has come too late is not sent any more.
ALTER TABLE outbox ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0; -- 0 = never

-- What becomes of the letter becomes of the occurrence, in the same
-- transaction and whatever ends it: the platform, a restart, the end of the
-- chat. What went wrong is told.
CREATE TRIGGER outbox_occurrence AFTER UPDATE OF state ON outbox
  WHEN NEW.once = 1 AND NEW.state <> OLD.state AND NEW.state IN ('sent', 'uncertain', 'dead', 'folded')
BEGIN
  UPDATE occurrences SET letter_id = NEW.into_id
    WHERE NEW.state = 'folded' AND NEW.into_id <> 0 AND letter_id = NEW.id AND state = 'sending';
  UPDATE occurrences SET settled_at = NEW.settled_at,
      state = CASE NEW.state WHEN 'dead' THEN 'missed' ELSE NEW.state END,
      reason = CASE WHEN NEW.state = 'sent' THEN '' WHEN NEW.error = 'expired' THEN 'expired' ELSE NEW.state || ' ' || NEW.error END
    WHERE NEW.state <> 'folded' AND letter_id = NEW.id AND state = 'sending';
  INSERT OR IGNORE INTO timers (key, task, chat_id, payload, due_at, created_at)
    SELECT 'schedule.notice:letter:' || NEW.id, 'schedule.notice', chat_id, '{}', NEW.settled_at + 3000, NEW.settled_at
    FROM occurrences WHERE letter_id = NEW.id AND state IN ('missed', 'uncertain') AND told_at = 0;
END;
