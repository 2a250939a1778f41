-- Questions that are open: what a person says next to the bot in a chat is the
-- answer, and what it is put behind is the command. One at a time.
CREATE TABLE prompts (
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  command    TEXT    NOT NULL CHECK (command <> ''),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (chat_id, account_id)
) STRICT, WITHOUT ROWID;
