-- Invites, continued: milestones, ways in that ask first, and what a bind of
-- two persons changed.

-- A bonus for so many invites that stayed. One row per person and threshold;
-- it is given again when it was taken back and is reached once more.
CREATE TABLE invite_milestones (
  community_id INTEGER NOT NULL REFERENCES communities(id),
  person_id    INTEGER NOT NULL,
  threshold    INTEGER NOT NULL CHECK (threshold > 0),
  bonus        INTEGER NOT NULL CHECK (bonus > 0),  -- as it was given last
  round        INTEGER NOT NULL CHECK (round > 0),  -- how often it was given
  state        TEXT    NOT NULL CHECK (state IN ('given', 'back')),
  member_id    INTEGER NOT NULL,                 -- whose entry it is
  entry_id     INTEGER NOT NULL,                 -- in the ledger, of the last round
  at           INTEGER NOT NULL,
  PRIMARY KEY (community_id, person_id, threshold)
) STRICT, WITHOUT ROWID;

-- How people come in by the bot's links: at once, or by a request that the bot
-- approves, or one that an administrator decides. No row: at once.
CREATE TABLE invite_doors (
  chat_id INTEGER NOT NULL PRIMARY KEY REFERENCES chats(id),
  mode    TEXT    NOT NULL CHECK (mode IN ('open', 'auto', 'ask'))
) STRICT, WITHOUT ROWID;

ALTER TABLE invite_links ADD COLUMN asks INTEGER NOT NULL DEFAULT 0 CHECK (asks IN (0, 1)); -- who uses it asks to be let in

-- Somebody who asked to be let in by one of the bot's links.
CREATE TABLE invite_requests (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),
  account_id   INTEGER NOT NULL REFERENCES accounts(id),
  way_id       INTEGER NOT NULL REFERENCES invite_ways(id),
  state        TEXT    NOT NULL CHECK (state IN ('asked', 'admitting', 'refusing', 'admitted', 'refused', 'gone', 'failed')),
  tries        INTEGER NOT NULL DEFAULT 0,
  error        TEXT    NOT NULL DEFAULT '',
  asked_at     INTEGER NOT NULL,
  decided_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX invite_requests_open ON invite_requests(chat_id, account_id) WHERE state IN ('asked', 'admitting', 'refusing');
CREATE INDEX invite_requests_account ON invite_requests(chat_id, account_id, id);

-- What a bind changed in invites, so that its undo restores just that.
CREATE TABLE invite_binds (
  bind_id INTEGER NOT NULL PRIMARY KEY REFERENCES binds(id),
  before  TEXT    NOT NULL CHECK (json_valid(before))
) STRICT, WITHOUT ROWID;
