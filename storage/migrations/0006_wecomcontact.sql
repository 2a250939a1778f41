-- Customer groups of WeCom as they were read last, and what was made there.
-- agent is the app: what one app made another cannot see.

CREATE TABLE contact_groups (
  agent   TEXT    NOT NULL,
  chat    TEXT    NOT NULL, -- the platform's id
  name    TEXT    NOT NULL,
  owner   TEXT    NOT NULL,
  version TEXT    NOT NULL, -- of the list of members
  gone    INTEGER NOT NULL CHECK (gone IN (0, 1)),
  read_at INTEGER NOT NULL,
  PRIMARY KEY (agent, chat)
) STRICT, WITHOUT ROWID;

-- Who is or was there. Names are not kept: they come with the list.
CREATE TABLE contact_members (
  agent     TEXT    NOT NULL,
  chat      TEXT    NOT NULL,
  user      TEXT    NOT NULL,
  staff     INTEGER NOT NULL CHECK (staff IN (0, 1)),
  state     TEXT    NOT NULL,            -- of the join way by which he came
  invitor   TEXT    NOT NULL,            -- the employee who brought him
  joined_at INTEGER NOT NULL,
  left_at   INTEGER NOT NULL DEFAULT 0,  -- 0 = he is there
  stays     INTEGER NOT NULL CHECK (stays >= 1),
  CHECK (left_at = 0 OR left_at >= joined_at),
  PRIMARY KEY (agent, chat, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_members_user ON contact_members(user);

-- What callbacks told. done_at: it is worked into the list. Rows stay a while,
-- because callbacks are repeated.
CREATE TABLE contact_changes (
  id      INTEGER PRIMARY KEY,
  agent   TEXT    NOT NULL,
  key     TEXT    NOT NULL,
  chat    TEXT    NOT NULL,
  kind    TEXT    NOT NULL,
  users   TEXT    NOT NULL CHECK (json_valid(users)),
  version TEXT    NOT NULL,
  removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
  at      INTEGER NOT NULL,
  done_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (agent, key)
) STRICT;
CREATE INDEX contact_changes_open ON contact_changes(agent, chat) WHERE done_at = 0;
CREATE INDEX contact_changes_done ON contact_changes(done_at) WHERE done_at > 0;

-- Events that follow from a list and are not delivered yet: stored with the
-- list, so that a crash neither loses one nor makes two.
CREATE TABLE contact_events (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  agent TEXT    NOT NULL,
  event TEXT    NOT NULL CHECK (json_valid(event))
) STRICT;

-- Join ways: QR codes whose state comes back with everybody who scans them.
CREATE TABLE contact_ways (
  agent      TEXT    NOT NULL,
  id         TEXT    NOT NULL, -- config_id
  chat       TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  qr         TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  closed_at  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (agent, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX contact_ways_state ON contact_ways(agent, chat, state) WHERE closed_at = 0;
