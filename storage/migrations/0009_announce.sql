-- Announcements: what was said to many chats at once, and what became of it in
-- each of them.
CREATE TABLE announcements (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id INTEGER NOT NULL DEFAULT 0,              -- where it was asked for, 0 = in none
  chat_id      INTEGER NOT NULL REFERENCES chats(id),   -- where its report stands
  account_id   INTEGER NOT NULL REFERENCES accounts(id),-- who asked for it
  target       TEXT    NOT NULL CHECK (target IN ('all', 'community', 'platform', 'chats', 'here', 'people')),
  content      TEXT    NOT NULL CHECK (json_valid(content)),
  hash         TEXT    NOT NULL,                        -- of the content: the same text again is asked about
  state        TEXT    NOT NULL CHECK (state IN ('planned', 'sent', 'missed', 'cancelled')),
  corrects     INTEGER NOT NULL DEFAULT 0,              -- the announcement it corrects
  due_at       INTEGER NOT NULL DEFAULT 0,              -- 0 = at once
  created_at   INTEGER NOT NULL,
  sent_at      INTEGER NOT NULL DEFAULT 0,
  recalled_at  INTEGER NOT NULL DEFAULT 0,
  shown        TEXT    NOT NULL DEFAULT '',             -- what the report says now: it is edited when that changes
  CHECK (state <> 'planned' OR due_at > 0),
  CHECK (state <> 'sent' OR sent_at > 0)
) STRICT;
CREATE INDEX announcements_hash ON announcements(hash, id);

-- The chats an announcement is for, fixed when it was confirmed.
CREATE TABLE announcement_targets (
  announcement_id INTEGER NOT NULL REFERENCES announcements(id),
  chat_id         INTEGER NOT NULL REFERENCES chats(id),
  position        INTEGER NOT NULL CHECK (position > 0),   -- its number in the report
  account_id      INTEGER NOT NULL DEFAULT 0,              -- direct messages: whom it is for
  PRIMARY KEY (announcement_id, chat_id),
  UNIQUE (announcement_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX announcement_targets_chat ON announcement_targets(chat_id);

-- Every letter of an announcement. What became of it is told by the outbox;
-- state, error and settled_at are filled in when its row there is pruned, or
-- at once when there was nothing to send (letter_id 0).
CREATE TABLE announcement_letters (
  announcement_id INTEGER NOT NULL REFERENCES announcements(id),
  chat_id         INTEGER NOT NULL REFERENCES chats(id),
  kind            TEXT    NOT NULL CHECK (kind IN ('post', 'recall')),
  try             INTEGER NOT NULL CHECK (try > 0),
  letter_id       INTEGER NOT NULL DEFAULT 0,
  chosen          INTEGER NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1)), -- posted again though the one before may have arrived: somebody's word
  state           TEXT    NOT NULL DEFAULT '' CHECK (letter_id <> 0 OR state <> ''),
  error           TEXT    NOT NULL DEFAULT '',
  settled_at      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (announcement_id, chat_id, kind, try)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX announcement_letters_letter ON announcement_letters(letter_id) WHERE letter_id <> 0;
CREATE INDEX announcement_letters_chat ON announcement_letters(chat_id);
