-- Answers that are given by themselves, and what was said lately in groups.

CREATE TABLE faqs (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),               -- what people call it
  mode         TEXT    NOT NULL CHECK (mode IN ('fuzzy', 'contains', 'exact', 'regex')),
  words        TEXT    NOT NULL CHECK (json_valid(words)),
  answer       TEXT    NOT NULL,                                  -- plain text
  links        TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(links)),
  picture      TEXT    NOT NULL DEFAULT '',                       -- JSON of chat.Picture
  cooldown_s   INTEGER NOT NULL CHECK (cooldown_s >= 0),
  hits         INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL,
  changed_at   INTEGER NOT NULL,
  deleted_at   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number)
) STRICT;

-- When a rule was answered in public in a chat last.
CREATE TABLE faq_said (
  chat_id INTEGER NOT NULL REFERENCES chats(id),
  faq_id  INTEGER NOT NULL REFERENCES faqs(id),
  at      INTEGER NOT NULL,
  PRIMARY KEY (chat_id, faq_id)
) STRICT, WITHOUT ROWID;

-- Short messages of groups, kept for 30 days: what a new rule would have
-- answered, and which questions nobody answered.
CREATE TABLE talk_lines (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL,
  chat_id      INTEGER NOT NULL,
  account_id   INTEGER NOT NULL,
  text         TEXT    NOT NULL,
  faq_id       INTEGER NOT NULL DEFAULT 0,                        -- the rule that answered it
  asks         INTEGER NOT NULL DEFAULT 0 CHECK (asks IN (0, 1)), -- a question
  at           INTEGER NOT NULL
) STRICT;
CREATE INDEX talk_lines_community ON talk_lines(community_id, at);
CREATE INDEX talk_lines_account ON talk_lines(account_id);
CREATE INDEX talk_lines_at ON talk_lines(at);

-- Who called for a person, and when last.
CREATE TABLE human_calls (
  chat_id    INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (chat_id, account_id)
) STRICT, WITHOUT ROWID;
