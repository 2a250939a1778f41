-- Direct messages: who allowed them, and how many he got in a month.
CREATE TABLE dm_consents (
  person_id INTEGER NOT NULL PRIMARY KEY REFERENCES people(id),
  allowed   INTEGER NOT NULL CHECK (allowed IN (0, 1)),
  at        INTEGER NOT NULL
) STRICT;

-- n counts from 1: a full month has no place for another row.
CREATE TABLE dm_sends (
  person_id       INTEGER NOT NULL REFERENCES people(id),
  month           TEXT    NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]'),
  n               INTEGER NOT NULL CHECK (n > 0),
  announcement_id INTEGER NOT NULL REFERENCES announcements(id),
  at              INTEGER NOT NULL,
  PRIMARY KEY (person_id, month, n),
  UNIQUE (person_id, announcement_id)
) STRICT, WITHOUT ROWID;
