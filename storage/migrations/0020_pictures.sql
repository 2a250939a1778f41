-- Pictures that somebody attached to what the bot is to say. The bytes are
-- fetched outside of any transaction; one picture is kept once, however often it came.
CREATE TABLE pictures (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection TEXT    NOT NULL,                    -- where it came from, and can be fetched
  domain     TEXT    NOT NULL,
  handle     TEXT    NOT NULL CHECK (handle <> ''), -- what its platform calls it
  state      TEXT    NOT NULL CHECK (state IN ('wanted', 'kept', 'lost')),
  sha256     TEXT    NOT NULL DEFAULT '',         -- of its bytes, once they are kept
  tries      INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
  error      TEXT    NOT NULL DEFAULT '',         -- why it could not be fetched
  created_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL,                    -- attached, or sent, last
  UNIQUE (connection, handle),
  CHECK ((state = 'kept') = (sha256 <> ''))
) STRICT;
CREATE INDEX pictures_wanted ON pictures(id) WHERE state = 'wanted';
CREATE INDEX pictures_sha256 ON pictures(sha256) WHERE sha256 <> '';

CREATE TABLE picture_bytes (
  sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
  mime   TEXT NOT NULL CHECK (mime IN ('image/png', 'image/jpeg')),
  data   BLOB NOT NULL CHECK (length(data) BETWEEN 1 AND 10485760)
) STRICT;

-- What a connection's platform calls a picture that was handed to it, so that
-- it is handed over once and not for every chat.
CREATE TABLE picture_uploads (
  connection TEXT    NOT NULL,
  sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),
  handle     TEXT    NOT NULL CHECK (handle <> ''),
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL DEFAULT 0, -- 0 = never
  PRIMARY KEY (connection, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX picture_uploads_expires ON picture_uploads(expires_at) WHERE expires_at > 0;
