-- People, places and who belongs where. Instants are milliseconds UTC, chat
-- days are TEXT "2006-01-02", ids of platforms are TEXT.

CREATE TABLE settings (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  language   TEXT    NOT NULL DEFAULT '',
  home       INTEGER NOT NULL DEFAULT 0, -- the community chosen with /use, 0 = none
  operator   INTEGER NOT NULL DEFAULT 0 CHECK (operator IN (0, 1)),
  erased_at  INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX people_operators ON people(id) WHERE operator = 1;

CREATE TABLE accounts (
  id          INTEGER PRIMARY KEY,
  domain      TEXT    NOT NULL,
  external_id TEXT    NOT NULL,
  person_id   INTEGER NOT NULL REFERENCES people(id),
  name        TEXT    NOT NULL,
  username    TEXT    NOT NULL DEFAULT '',
  language    TEXT    NOT NULL DEFAULT '',
  updated_at  INTEGER NOT NULL,
  UNIQUE (domain, external_id)
) STRICT;
CREATE INDEX accounts_person ON accounts(person_id);
CREATE INDEX accounts_username ON accounts(domain, username COLLATE NOCASE) WHERE username <> '';
CREATE INDEX accounts_name ON accounts(name COLLATE NOCASE);

CREATE TABLE communities (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  code       TEXT    NOT NULL DEFAULT '', -- what /community join takes
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX communities_code ON communities(code) WHERE code <> '';

-- Zone and start of the day, versioned: a day that is over keeps the rule it had.
CREATE TABLE community_clocks (
  community_id  INTEGER NOT NULL REFERENCES communities(id),
  from_at       INTEGER NOT NULL,
  timezone      TEXT    NOT NULL,
  day_starts_at INTEGER NOT NULL CHECK (day_starts_at BETWEEN 0 AND 1439), -- minutes after midnight
  PRIMARY KEY (community_id, from_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE chats (
  id           INTEGER PRIMARY KEY,
  domain       TEXT    NOT NULL,
  external_id  TEXT    NOT NULL,
  community_id INTEGER REFERENCES communities(id), -- NULL in private chats
  kind         TEXT    NOT NULL CHECK (kind IN ('group', 'private', 'channel')),
  title        TEXT    NOT NULL DEFAULT '',
  language     TEXT    NOT NULL DEFAULT '',
  state        TEXT    NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'left', 'migrated')),
  moved_to     INTEGER NOT NULL DEFAULT 0,         -- the chat this one became
  connection   TEXT    NOT NULL DEFAULT '',        -- the route that answers
  is_public    INTEGER NOT NULL DEFAULT 0 CHECK (is_public IN (0, 1)),
  facts_at     INTEGER NOT NULL DEFAULT 0,         -- when administrators and rights were last asked for
  missing      TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(missing)),
  head_count   INTEGER NOT NULL DEFAULT 0,
  greeted_at   INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL,
  UNIQUE (domain, external_id)
) STRICT;
CREATE INDEX chats_community ON chats(community_id);

CREATE TABLE chat_admins (
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  role       TEXT    NOT NULL CHECK (role IN ('admin', 'host')),
  source     TEXT    NOT NULL CHECK (source IN ('platform', 'added')),
  PRIMARY KEY (chat_id, account_id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE presence (
  chat_id         INTEGER NOT NULL REFERENCES chats(id),
  account_id      INTEGER NOT NULL REFERENCES accounts(id),
  present         INTEGER NOT NULL CHECK (present IN (0, 1)),
  joined_at       INTEGER NOT NULL,
  left_at         INTEGER NOT NULL DEFAULT 0,
  joins           INTEGER NOT NULL DEFAULT 1,
  messages        INTEGER NOT NULL DEFAULT 0,
  last_message_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (chat_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX presence_account ON presence(account_id);

-- A person inside a community. balance, pending and cards are sums of the
-- ledger, kept by its trigger and re-computed by `qunmate verify`.
CREATE TABLE members (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  person_id    INTEGER NOT NULL REFERENCES people(id),
  balance      INTEGER NOT NULL DEFAULT 0,
  pending      INTEGER NOT NULL DEFAULT 0,
  cards        INTEGER NOT NULL DEFAULT 0,
  streak       INTEGER NOT NULL DEFAULT 0,
  best_streak  INTEGER NOT NULL DEFAULT 0,
  last_day     TEXT    NOT NULL DEFAULT '',
  hidden       INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
  created_at   INTEGER NOT NULL,
  UNIQUE (community_id, person_id)
) STRICT;
CREATE INDEX members_person ON members(person_id);
CREATE INDEX members_balance ON members(community_id, hidden, balance DESC, id);
CREATE INDEX members_streak ON members(community_id, hidden, streak DESC, id, last_day);
