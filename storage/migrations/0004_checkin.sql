-- Check-ins: at most one per member and chat day, by the primary key.

CREATE TABLE checkins (
  member_id INTEGER NOT NULL REFERENCES members(id),
  day       TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  place     INTEGER NOT NULL,                -- the how-manieth of the community that day, 0 for a repaired day
  gained    INTEGER NOT NULL,
  streak    INTEGER NOT NULL,
  repaired  INTEGER NOT NULL DEFAULT 0 CHECK (repaired IN (0, 1)),
  chat_id   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (member_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE community_days (
  community_id INTEGER NOT NULL REFERENCES communities(id),
  day          TEXT    NOT NULL,
  checkins     INTEGER NOT NULL,
  PRIMARY KEY (community_id, day)
) STRICT, WITHOUT ROWID;

-- Counted with the check-in itself, so that a second one counts nothing.
CREATE TRIGGER checkins_count AFTER INSERT ON checkins WHEN NEW.repaired = 0
BEGIN
  INSERT INTO community_days (community_id, day, checkins)
    SELECT community_id, NEW.day, 1 FROM members WHERE id = NEW.member_id
    ON CONFLICT DO UPDATE SET checkins = checkins + 1;
END;

CREATE TRIGGER checkins_no_delete BEFORE DELETE ON checkins
BEGIN SELECT RAISE(ABORT, 'check-ins are never deleted'); END;
