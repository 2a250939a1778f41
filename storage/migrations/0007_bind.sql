-- People across platforms: two persons become one, and can be parted again.

ALTER TABLE people ADD COLUMN merged_into INTEGER NOT NULL DEFAULT 0; -- who has his accounts now, 0 = himself
ALTER TABLE checkins ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;    -- the member of whom this day is a copy, 0 = his own

-- A copy is no check-in: it goes when the two are parted.
DROP TRIGGER checkins_no_delete;
CREATE TRIGGER checkins_no_delete BEFORE DELETE ON checkins WHEN OLD.origin = 0
BEGIN SELECT RAISE(ABORT, 'check-ins are never deleted'); END;

CREATE INDEX people_merged ON people(merged_into) WHERE merged_into <> 0;

CREATE TABLE bind_codes (
  hash       TEXT    NOT NULL PRIMARY KEY,
  account_id INTEGER NOT NULL UNIQUE REFERENCES accounts(id), -- who asked for it
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Wrong codes: of each account, and of everybody together (account 0).
CREATE TABLE bind_tries (
  account_id INTEGER NOT NULL PRIMARY KEY,
  count      INTEGER NOT NULL,
  since      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE binds (
  id          INTEGER PRIMARY KEY,
  from_person INTEGER NOT NULL REFERENCES people(id), -- whose accounts and points went
  into_person INTEGER NOT NULL REFERENCES people(id), -- to whom
  state       TEXT    NOT NULL CHECK (state IN ('live', 'undone', 'erased')),
  before      TEXT    NOT NULL CHECK (json_valid(before)), -- settings of into_person that the bind changed
  audit_id    INTEGER NOT NULL UNIQUE,                -- the number that /undo takes
  created_at  INTEGER NOT NULL,
  undone_at   INTEGER NOT NULL DEFAULT 0,
  CHECK (from_person <> into_person)
) STRICT;

CREATE UNIQUE INDEX binds_from ON binds(from_person) WHERE state = 'live';
CREATE INDEX binds_into ON binds(into_person) WHERE state = 'live';

CREATE TABLE bind_accounts (
  bind_id    INTEGER NOT NULL REFERENCES binds(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  PRIMARY KEY (bind_id, account_id)
) STRICT, WITHOUT ROWID;

-- What a bind moved in one community: what an undo gives back.
CREATE TABLE bind_members (
  bind_id      INTEGER NOT NULL REFERENCES binds(id),
  community_id INTEGER NOT NULL REFERENCES communities(id),
  from_member  INTEGER NOT NULL REFERENCES members(id),
  into_member  INTEGER NOT NULL REFERENCES members(id),
  points       INTEGER NOT NULL,
  pending      INTEGER NOT NULL,
  cards        INTEGER NOT NULL,
  doubled      INTEGER NOT NULL,           -- points of days on which both had checked in
  from_hidden  INTEGER NOT NULL CHECK (from_hidden IN (0, 1)), -- as it was before
  into_hidden  INTEGER NOT NULL CHECK (into_hidden IN (0, 1)),
  carried      INTEGER NOT NULL DEFAULT 0 CHECK (carried IN (0, 1)), -- the community went into another one since
  PRIMARY KEY (bind_id, community_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX bind_members_into ON bind_members(into_member);

-- Whose turn it is: events of one sender in one chat keep their order.
ALTER TABLE inbox ADD COLUMN queue TEXT NOT NULL DEFAULT '';
CREATE INDEX inbox_queue ON inbox(queue, id) WHERE queue <> '' AND state <> 'failed';
