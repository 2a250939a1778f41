-- The ledger. Entries are added, never changed: what was wrong is put right by
-- another entry that names the first.

CREATE TABLE ledger (
  id        INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES members(id),
  unit      TEXT    NOT NULL CHECK (unit IN ('points', 'pending', 'card')),
  amount    INTEGER NOT NULL CHECK (amount <> 0),
  kind      TEXT    NOT NULL,               -- checkin, talk, adjust, undo, transfer …
  cause     TEXT    NOT NULL,               -- what happened, unique: one cause, one entry
  rule      INTEGER NOT NULL DEFAULT 0,     -- version of the rule that gave the amount, 0 = none
  day       TEXT    NOT NULL,               -- the chat day it counts for
  week      TEXT    NOT NULL,               -- the first day of its week
  at        INTEGER NOT NULL,
  actor_id  INTEGER NOT NULL DEFAULT 0,     -- the person who did it, when not the member
  reverses  INTEGER NOT NULL DEFAULT 0,     -- the entry this one takes back
  detail    TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(detail)),
  UNIQUE (member_id, unit, cause)
) STRICT;
CREATE INDEX ledger_member ON ledger(member_id, unit, id);
CREATE INDEX ledger_reverses ON ledger(reverses) WHERE reverses <> 0;

-- Sums per day, week and month, so that a ranking never walks the ledger.
CREATE TABLE scores (
  community_id INTEGER NOT NULL,
  kind         TEXT    NOT NULL,            -- points, checkin, invite, quiz
  period       TEXT    NOT NULL,            -- 2026-11-22, w2026-11-16, 2026-11
  member_id    INTEGER NOT NULL REFERENCES members(id),
  value        INTEGER NOT NULL,
  hidden       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (community_id, kind, period, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_top ON scores(community_id, kind, period, hidden, value DESC, member_id);
CREATE INDEX scores_member ON scores(member_id);

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END;

CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;

CREATE TRIGGER ledger_points AFTER INSERT ON ledger WHEN NEW.unit = 'points'
BEGIN
  UPDATE members SET balance = balance + NEW.amount WHERE id = NEW.member_id;
  -- Three statements: one that takes the periods from a list made a tenth less speed.
  INSERT INTO scores (community_id, kind, period, member_id, value, hidden)
    SELECT community_id, 'points', NEW.day, id, NEW.amount, hidden FROM members WHERE id = NEW.member_id
    ON CONFLICT DO UPDATE SET value = value + excluded.value;
  INSERT INTO scores (community_id, kind, period, member_id, value, hidden)
    SELECT community_id, 'points', 'w' || NEW.week, id, NEW.amount, hidden FROM members WHERE id = NEW.member_id
    ON CONFLICT DO UPDATE SET value = value + excluded.value;
  INSERT INTO scores (community_id, kind, period, member_id, value, hidden)
    SELECT community_id, 'points', substr(NEW.day, 1, 7), id, NEW.amount, hidden FROM members WHERE id = NEW.member_id
    ON CONFLICT DO UPDATE SET value = value + excluded.value;
END;

CREATE TRIGGER ledger_pending AFTER INSERT ON ledger WHEN NEW.unit = 'pending'
BEGIN UPDATE members SET pending = pending + NEW.amount WHERE id = NEW.member_id; END;

CREATE TRIGGER ledger_card AFTER INSERT ON ledger WHEN NEW.unit = 'card'
BEGIN UPDATE members SET cards = cards + NEW.amount WHERE id = NEW.member_id; END;

-- Reward rules in words and numbers, versioned per community and family.
CREATE TABLE rules (
  community_id INTEGER NOT NULL REFERENCES communities(id),
  family       TEXT    NOT NULL,            -- checkin, talk
  version      INTEGER NOT NULL CHECK (version > 0),
  data         TEXT    NOT NULL CHECK (json_valid(data)),
  from_at      INTEGER NOT NULL,            -- in force from here on
  audit_id     INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (community_id, family, version)
) STRICT, WITHOUT ROWID;
