-- An acceptance can be taken back, so a question may be accepted more than once:
-- each time is a cause of its own in the ledger.
ALTER TABLE questions ADD COLUMN accepts INTEGER NOT NULL DEFAULT 0 CHECK (accepts >= 0);
UPDATE questions SET accepts = 1 WHERE accepted > 0;
-- Whether its message stands at the top of the chat: 0 never did, 1 does, 2 did.
ALTER TABLE questions ADD COLUMN pin INTEGER NOT NULL DEFAULT 0 CHECK (pin IN (0, 1, 2));
CREATE INDEX questions_solved ON questions(community_id, solved_at) WHERE state = 'solved';

-- Single questions out of the bank, for practice: who answers learns at once
-- whether he was right. They bring no points.
CREATE TABLE quiz_practices (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),
  question_id  INTEGER NOT NULL REFERENCES quiz_questions(id),
  person_id    INTEGER NOT NULL,                         -- who asked for it
  text         TEXT    NOT NULL,
  options      TEXT    NOT NULL CHECK (json_valid(options)),
  answer       INTEGER NOT NULL CHECK (answer >= 0),
  state        TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  opened_at    INTEGER NOT NULL,
  closes_at    INTEGER NOT NULL
) STRICT;
-- One at a time in a chat.
CREATE UNIQUE INDEX quiz_practices_open ON quiz_practices(chat_id) WHERE state = 'open';
CREATE INDEX quiz_practices_community ON quiz_practices(community_id, id);

-- One answer per member, and it stays.
CREATE TABLE quiz_practice_answers (
  practice_id INTEGER NOT NULL REFERENCES quiz_practices(id),
  member_id   INTEGER NOT NULL REFERENCES members(id),
  choice      INTEGER NOT NULL CHECK (choice >= 0),
  at          INTEGER NOT NULL,
  PRIMARY KEY (practice_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX quiz_practice_answers_member ON quiz_practice_answers(member_id);
CREATE TRIGGER quiz_practice_answers_stay BEFORE UPDATE ON quiz_practice_answers
BEGIN SELECT RAISE(ABORT, 'an answer of a practice question stays'); END;

-- When a chat goes over to another community its questions and tickets go along.
-- One whose number is taken there gets another one; for a while people may still
-- say the old one.
ALTER TABLE questions ADD COLUMN former INTEGER NOT NULL DEFAULT 0 CHECK (former >= 0);
ALTER TABLE questions ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX questions_former ON questions(community_id, former) WHERE former > 0;
ALTER TABLE feedback ADD COLUMN former INTEGER NOT NULL DEFAULT 0 CHECK (former >= 0);
ALTER TABLE feedback ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX feedback_former ON feedback(community_id, former) WHERE former > 0;
