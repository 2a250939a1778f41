-- Tickets of members, and what administrators answered.

CREATE TABLE feedback (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),   -- what people call it
  chat_id      INTEGER NOT NULL REFERENCES chats(id), -- where it was said
  account_id   INTEGER NOT NULL REFERENCES accounts(id),
  text         TEXT    NOT NULL,                      -- '' once the person is erased
  state        TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
  created_at   INTEGER NOT NULL,
  closed_at    INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number),
  CHECK ((state = 'closed') = (closed_at > 0))
) STRICT;
CREATE INDEX feedback_open ON feedback(community_id, created_at) WHERE state = 'open';
CREATE INDEX feedback_account ON feedback(account_id, created_at);

CREATE TABLE feedback_replies (
  id          INTEGER PRIMARY KEY,
  feedback_id INTEGER NOT NULL REFERENCES feedback(id),
  account_id  INTEGER NOT NULL REFERENCES accounts(id), -- the administrator
  text        TEXT    NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX feedback_replies_of ON feedback_replies(feedback_id, id);
