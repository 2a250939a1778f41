-- Polls. Who voted and what was chosen are apart: of an anonymous poll the
-- first is kept as bare names and the second as bare counts, and no row holds both.
CREATE TABLE polls (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),  -- where it was started
  author_id    INTEGER NOT NULL DEFAULT 0,             -- a person; 0 = an anonymous administrator, or the program
  question     TEXT    NOT NULL CHECK (question <> ''),
  multi        INTEGER NOT NULL CHECK (multi IN (0, 1)),
  anonymous    INTEGER NOT NULL CHECK (anonymous IN (0, 1)),
  hidden       INTEGER NOT NULL CHECK (hidden IN (0, 1)), -- no figures until it is closed
  min_days     INTEGER NOT NULL DEFAULT 0 CHECK (min_days BETWEEN 0 AND 365),
  state        TEXT    NOT NULL CHECK (state IN ('open', 'closed')),
  opened_at    INTEGER NOT NULL,
  ends_at      INTEGER NOT NULL DEFAULT 0,             -- 0 = until somebody closes it
  closed_at    INTEGER NOT NULL DEFAULT 0,
  closed_by    INTEGER NOT NULL DEFAULT 0,             -- a person; 0 = the deadline, or an anonymous administrator
  repeat_id    INTEGER NOT NULL DEFAULT 0,             -- the repetition that opened it
  CHECK ((state = 'closed') = (closed_at > 0)),
  CHECK (anonymous = 0 OR hidden = 1)                  -- running figures beside the names of voters would tell
) STRICT;
CREATE INDEX polls_community ON polls(community_id, state, id);

CREATE TABLE poll_options (
  poll_id INTEGER NOT NULL REFERENCES polls(id),
  place   INTEGER NOT NULL CHECK (place BETWEEN 1 AND 10),
  text    TEXT    NOT NULL CHECK (text <> ''),
  votes   INTEGER NOT NULL DEFAULT 0 CHECK (votes >= 0),
  PRIMARY KEY (poll_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE poll_chats (
  poll_id INTEGER NOT NULL REFERENCES polls(id),
  chat_id INTEGER NOT NULL REFERENCES chats(id),
  thread  TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (poll_id, chat_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX poll_chats_chat ON poll_chats(chat_id, poll_id);

-- That a person voted. Of anonymous polls neither when nor where.
CREATE TABLE poll_votes (
  poll_id   INTEGER NOT NULL REFERENCES polls(id),
  person_id INTEGER NOT NULL REFERENCES people(id),
  chat_id   INTEGER NOT NULL DEFAULT 0,
  at        INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (poll_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX poll_votes_person ON poll_votes(person_id);

-- What a person chose, in polls that are not anonymous.
CREATE TABLE poll_choices (
  poll_id   INTEGER NOT NULL,
  person_id INTEGER NOT NULL,
  place     INTEGER NOT NULL,
  PRIMARY KEY (poll_id, person_id, place),
  FOREIGN KEY (poll_id, person_id) REFERENCES poll_votes(poll_id, person_id),
  FOREIGN KEY (poll_id, place) REFERENCES poll_options(poll_id, place)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER poll_choices_named BEFORE INSERT ON poll_choices
  WHEN (SELECT anonymous FROM polls WHERE id = NEW.poll_id) = 1
BEGIN SELECT RAISE(ABORT, 'an anonymous poll keeps no choices'); END;
CREATE TRIGGER poll_votes_anonymous BEFORE INSERT ON poll_votes
  WHEN (NEW.at <> 0 OR NEW.chat_id <> 0) AND (SELECT anonymous FROM polls WHERE id = NEW.poll_id) = 1
BEGIN SELECT RAISE(ABORT, 'an anonymous poll keeps neither time nor place of a vote'); END;

-- Of a named poll the figures follow the choices, whoever writes them.
CREATE TRIGGER poll_choices_count AFTER INSERT ON poll_choices
BEGIN UPDATE poll_options SET votes = votes + 1 WHERE poll_id = NEW.poll_id AND place = NEW.place; END;
CREATE TRIGGER poll_choices_uncount AFTER DELETE ON poll_choices
BEGIN UPDATE poll_options SET votes = votes - 1 WHERE poll_id = OLD.poll_id AND place = OLD.place; END;

-- A closed poll is final.
CREATE TRIGGER polls_final BEFORE UPDATE OF state, question, multi, anonymous, hidden, min_days, ends_at, closed_at ON polls WHEN OLD.state = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed poll is final'); END;
CREATE TRIGGER polls_no_delete BEFORE DELETE ON polls
BEGIN SELECT RAISE(ABORT, 'polls are never deleted'); END;
CREATE TRIGGER poll_options_final BEFORE UPDATE ON poll_options WHEN (SELECT state FROM polls WHERE id = OLD.poll_id) = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed poll is final'); END;
CREATE TRIGGER poll_votes_final BEFORE INSERT ON poll_votes WHEN (SELECT state FROM polls WHERE id = NEW.poll_id) = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed poll is final'); END;
CREATE TRIGGER poll_votes_kept BEFORE DELETE ON poll_votes WHEN (SELECT state FROM polls WHERE id = OLD.poll_id) = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed poll is final'); END;

-- A poll that comes again: what is asked, and when.
CREATE TABLE poll_repeats (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  poll_id      INTEGER NOT NULL REFERENCES polls(id), -- the poll that is asked again
  community_id INTEGER NOT NULL REFERENCES communities(id),
  author_id    INTEGER NOT NULL DEFAULT 0,
  said         TEXT    NOT NULL,                      -- the times as they were typed
  rule         TEXT    NOT NULL CHECK (json_valid(rule)), -- and as they are computed
  state        TEXT    NOT NULL CHECK (state IN ('on', 'off')),
  audit_id     INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX poll_repeats_poll ON poll_repeats(poll_id) WHERE state = 'on';

-- Which poll of ours stands in a platform's own form where: its votes name
-- nothing but the platform's id.
CREATE TABLE native_polls (
  domain     TEXT    NOT NULL,
  native_id  TEXT    NOT NULL,
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  slot       TEXT    NOT NULL,                        -- of the letter that carried it
  created_at INTEGER NOT NULL,
  PRIMARY KEY (domain, native_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX native_polls_slot ON native_polls(chat_id, slot);
