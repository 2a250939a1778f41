-- A letter may be carried by another connection than its chat's own: which one.
ALTER TABLE outbox ADD COLUMN via TEXT NOT NULL DEFAULT '';

-- What a platform counts by itself in the groups where the bot hears nothing,
-- for each of its days that is over. Figures of a connection, of nobody.
CREATE TABLE counted_days (
  connection  TEXT    NOT NULL CHECK (connection <> ''),
  day         TEXT    NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
  groups      INTEGER NOT NULL CHECK (groups >= 0),
  members     INTEGER NOT NULL CHECK (members >= 0),
  new_members INTEGER NOT NULL CHECK (new_members >= 0),
  talkers     INTEGER NOT NULL CHECK (talkers >= 0),
  messages    INTEGER NOT NULL CHECK (messages >= 0),
  at          INTEGER NOT NULL,                           -- when it was told
  PRIMARY KEY (connection, day)
) STRICT, WITHOUT ROWID;
