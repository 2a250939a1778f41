-- Invites: who brought whom, and what became of it.

-- The way of a person, or of a named source, into a community. code is what
-- links bear as their name or state, and what can be spoken.
CREATE TABLE invite_ways (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  person_id    INTEGER NOT NULL DEFAULT 0,     -- 0 = a source
  source       TEXT    NOT NULL DEFAULT '',    -- the name of a source
  code         TEXT    NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  CHECK ((person_id = 0) <> (source = ''))
) STRICT;
CREATE UNIQUE INDEX invite_ways_person ON invite_ways(community_id, person_id) WHERE person_id <> 0;
CREATE UNIQUE INDEX invite_ways_source ON invite_ways(community_id, source COLLATE NOCASE) WHERE source <> '';

-- The link or QR code of a way in one chat.
CREATE TABLE invite_links (
  way_id      INTEGER NOT NULL REFERENCES invite_ways(id),
  chat_id     INTEGER NOT NULL REFERENCES chats(id),
  state       TEXT    NOT NULL CHECK (state IN ('open', 'failed', 'closed')),
  link        TEXT    NOT NULL DEFAULT '',
  qr          TEXT    NOT NULL DEFAULT '',
  external_id TEXT    NOT NULL DEFAULT '',
  at          INTEGER NOT NULL,
  PRIMARY KEY (way_id, chat_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_links_external ON invite_links(external_id) WHERE external_id <> '';

-- Every join, attributed or not, so that the share of the unknown can be told.
CREATE TABLE invite_joins (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),
  person_id    INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  way          TEXT    NOT NULL CHECK (way IN ('link', 'code', 'told', 'unknown')),
  source       TEXT    NOT NULL DEFAULT '',    -- the named source, if it was one
  left_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX invite_joins_community ON invite_joins(community_id, at);
CREATE INDEX invite_joins_person ON invite_joins(community_id, person_id, at);

-- One invite per invited person and community, for good.
CREATE TABLE invites (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),
  inviter_id   INTEGER NOT NULL,               -- person
  invited_id   INTEGER NOT NULL,               -- person
  way          TEXT    NOT NULL CHECK (way IN ('link', 'code', 'told')),
  state        TEXT    NOT NULL CHECK (state IN ('asked', 'held', 'pending', 'vested', 'reversed', 'rejected')),
  reason       TEXT    NOT NULL DEFAULT '',    -- of rejected and reversed
  rule         TEXT    NOT NULL CHECK (json_valid(rule)),
  day          TEXT    NOT NULL,               -- the chat day it counts for
  joined_at    INTEGER NOT NULL,
  due_at       INTEGER NOT NULL DEFAULT 0,     -- when it is looked at next
  settled_at   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, invited_id)
) STRICT;
CREATE INDEX invites_inviter ON invites(community_id, inviter_id, joined_at);
