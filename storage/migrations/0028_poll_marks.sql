-- Who has voted in an anonymous poll and deletes his data comes back as
-- somebody new. So that one account has one vote, a hash of it stays until the
-- poll ends, keyed by the poll: it names no person and no choice.
CREATE TABLE poll_keys (
  poll_id INTEGER PRIMARY KEY REFERENCES polls(id),
  key     BLOB    NOT NULL CHECK (length(key) = 32)
) STRICT;
CREATE TABLE poll_marks (
  poll_id INTEGER NOT NULL REFERENCES poll_keys(poll_id),
  mark    BLOB    NOT NULL CHECK (length(mark) = 32),
  PRIMARY KEY (poll_id, mark)
) STRICT, WITHOUT ROWID;
