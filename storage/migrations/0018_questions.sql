-- Questions of members to each other, with one answer per person.

CREATE TABLE questions (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),   -- what people call it
  chat_id      INTEGER NOT NULL REFERENCES chats(id), -- where its message stands
  account_id   INTEGER NOT NULL REFERENCES accounts(id),
  text         TEXT    NOT NULL,                      -- '' once the person is erased
  state        TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'solved', 'closed')),
  accepted     INTEGER NOT NULL DEFAULT 0,            -- place of the accepted answer
  points       INTEGER NOT NULL DEFAULT 0 CHECK (points >= 0), -- that it brought
  created_at   INTEGER NOT NULL,
  solved_at    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number),
  CHECK (state <> 'solved' OR accepted > 0)
) STRICT;
CREATE INDEX questions_open ON questions(community_id, created_at) WHERE state = 'open';
CREATE INDEX questions_account ON questions(account_id, created_at);

CREATE TABLE question_answers (
  question_id INTEGER NOT NULL REFERENCES questions(id),
  place       INTEGER NOT NULL CHECK (place > 0),     -- in the order of coming
  account_id  INTEGER NOT NULL REFERENCES accounts(id),
  text        TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (question_id, place),
  UNIQUE (question_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX question_answers_account ON question_answers(account_id);

CREATE TABLE question_agrees (
  question_id INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  account_id  INTEGER NOT NULL REFERENCES accounts(id),
  at          INTEGER NOT NULL,
  PRIMARY KEY (question_id, place, account_id),
  FOREIGN KEY (question_id, place) REFERENCES question_answers(question_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX question_agrees_account ON question_agrees(account_id);
