-- The question bank and rounds of quizzes.

CREATE TABLE quiz_questions (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),
  text         TEXT    NOT NULL,
  options      TEXT    NOT NULL CHECK (json_valid(options)),
  answer       INTEGER NOT NULL CHECK (answer >= 0),     -- index into options
  tag          TEXT    NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL,
  deleted_at   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number)
) STRICT;

CREATE TABLE quiz_rounds (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),
  person_id    INTEGER NOT NULL,                         -- who started it
  tag          TEXT    NOT NULL DEFAULT '',
  state        TEXT    NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'interrupted')),
  seconds      INTEGER NOT NULL CHECK (seconds > 0),     -- for each question
  rule         TEXT    NOT NULL CHECK (json_valid(rule)),
  started_at   INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number)
) STRICT;
-- One round at a time in a chat.
CREATE UNIQUE INDEX quiz_rounds_running ON quiz_rounds(chat_id) WHERE state = 'running';

-- The questions of a round, their options in the order that was drawn for it.
CREATE TABLE quiz_items (
  round_id  INTEGER NOT NULL REFERENCES quiz_rounds(id),
  position  INTEGER NOT NULL CHECK (position > 0),
  question_id INTEGER NOT NULL REFERENCES quiz_questions(id),
  text      TEXT    NOT NULL,
  options   TEXT    NOT NULL CHECK (json_valid(options)),
  answer    INTEGER NOT NULL,
  state     TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'open', 'closed', 'void')),
  opened_at INTEGER NOT NULL DEFAULT 0,
  closes_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (round_id, position)
) STRICT, WITHOUT ROWID;

-- One answer per member and question; changed until the question closes.
CREATE TABLE quiz_answers (
  round_id  INTEGER NOT NULL REFERENCES quiz_rounds(id),
  position  INTEGER NOT NULL,
  member_id INTEGER NOT NULL REFERENCES members(id),
  choice    INTEGER NOT NULL CHECK (choice >= 0),
  at        INTEGER NOT NULL,
  PRIMARY KEY (round_id, position, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX quiz_answers_member ON quiz_answers(member_id);

-- Who said before the first question that he takes part.
CREATE TABLE quiz_players (
  round_id  INTEGER NOT NULL REFERENCES quiz_rounds(id),
  member_id INTEGER NOT NULL REFERENCES members(id),
  PRIMARY KEY (round_id, member_id)
) STRICT, WITHOUT ROWID;
