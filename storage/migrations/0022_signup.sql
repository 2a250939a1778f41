-- Sign-up lists. Who stands on one, in which order, and who waits for a place.
CREATE TABLE signups (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,      -- the number people use
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),  -- where it was started
  author_id    INTEGER NOT NULL DEFAULT 0,             -- a person; 0 = an anonymous administrator
  title        TEXT    NOT NULL CHECK (title <> ''),
  seats        INTEGER NOT NULL DEFAULT 0 CHECK (seats >= 0), -- 0 = no limit
  state        TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'cancelled')),
  reason       TEXT    NOT NULL DEFAULT '',            -- of a cancellation
  opened_at    INTEGER NOT NULL,
  ends_at      INTEGER NOT NULL DEFAULT 0,             -- 0 = until somebody closes it
  event_at     INTEGER NOT NULL DEFAULT 0,             -- when it takes place, 0 = not said
  closed_at    INTEGER NOT NULL DEFAULT 0,
  closed_by    INTEGER NOT NULL DEFAULT 0,             -- a person; 0 = the deadline, or an anonymous administrator
  CHECK ((state = 'open') = (closed_at = 0))
) STRICT;
CREATE INDEX signups_community ON signups(community_id, state, id);
CREATE TRIGGER signups_no_delete BEFORE DELETE ON signups
BEGIN SELECT RAISE(ABORT, 'sign-up lists are never deleted'); END;

CREATE TABLE signup_chats (
  signup_id INTEGER NOT NULL REFERENCES signups(id),
  chat_id   INTEGER NOT NULL REFERENCES chats(id),
  thread    TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (signup_id, chat_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX signup_chats_chat ON signup_chats(chat_id, signup_id);

-- One line of a list. The order is that of the numbers: places are given to
-- the first ones, as long as the next one fits; nobody overtakes.
CREATE TABLE signup_entries (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  signup_id  INTEGER NOT NULL REFERENCES signups(id),
  person_id  INTEGER NOT NULL REFERENCES people(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  chat_id    INTEGER NOT NULL REFERENCES chats(id),    -- where he signed up, and is told
  extra      INTEGER NOT NULL DEFAULT 0 CHECK (extra BETWEEN 0 AND 9), -- whom he brings along
  note       TEXT    NOT NULL DEFAULT '',
  state      TEXT    NOT NULL CHECK (state IN ('in', 'waiting', 'left')),
  at         INTEGER NOT NULL,
  moved_at   INTEGER NOT NULL DEFAULT 0,               -- when a place became free for him
  told_at    INTEGER NOT NULL DEFAULT 0,               -- and when he was told
  left_at    INTEGER NOT NULL DEFAULT 0,
  CHECK ((state = 'left') = (left_at > 0))
) STRICT;
CREATE UNIQUE INDEX signup_entries_once ON signup_entries(signup_id, person_id) WHERE state <> 'left';
CREATE INDEX signup_entries_list ON signup_entries(signup_id, id);
CREATE INDEX signup_entries_person ON signup_entries(person_id);

-- Reminders that belong to an activity: a poll, a draw, a sign-up list. Each of
-- their instants is a row of occurrences, whose job is 'remind:' and the number.
CREATE TABLE pushes (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  kind        TEXT    NOT NULL CHECK (kind IN ('poll', 'draw', 'signup')),
  activity_id INTEGER NOT NULL,
  anchor      TEXT    NOT NULL CHECK (anchor IN ('close', 'event', 'rule')),
  before      INTEGER NOT NULL DEFAULT 0 CHECK (before >= 0), -- minutes before the close or the event
  rule        TEXT    NOT NULL DEFAULT '',             -- JSON; again and again until the close
  said        TEXT    NOT NULL DEFAULT '',             -- as it was typed
  state       TEXT    NOT NULL CHECK (state IN ('on', 'off', 'over')),
  created_by  INTEGER NOT NULL DEFAULT 0,              -- the person, 0 = an anonymous administrator
  created_at  INTEGER NOT NULL,
  CHECK ((anchor = 'rule') = (rule <> '')),
  CHECK ((anchor = 'rule') = (before = 0))
) STRICT;
CREATE UNIQUE INDEX pushes_one ON pushes(kind, activity_id, anchor) WHERE state = 'on';
CREATE INDEX pushes_activity ON pushes(kind, activity_id, id);

-- How many posts a chat got lately, for its budget.
CREATE INDEX occurrences_started ON occurrences(chat_id, started_at) WHERE chat_id <> 0 AND started_at > 0;

-- Who got a reminder as a direct message: each instant once.
CREATE TABLE push_sends (
  push_id   INTEGER NOT NULL REFERENCES pushes(id),
  due_at    INTEGER NOT NULL,
  person_id INTEGER NOT NULL REFERENCES people(id),
  month     TEXT    NOT NULL DEFAULT '',               -- it counts against, '' = it counts against none
  at        INTEGER NOT NULL,
  PRIMARY KEY (push_id, due_at, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX push_sends_person ON push_sends(person_id, month);
