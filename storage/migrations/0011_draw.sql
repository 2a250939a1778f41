-- Lucky draws: what is published, who entered, who won, and what became of the
-- prizes. A receipt is made of these rows alone.

CREATE TABLE draws (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,          -- the number people use; never used again
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),      -- where it was made
  account_id   INTEGER NOT NULL DEFAULT 0,                 -- who made it, 0 = an anonymous administrator
  state        TEXT    NOT NULL CHECK (state IN ('draft', 'open', 'frozen', 'drawn', 'cancelled')),
  mode         TEXT    NOT NULL CHECK (mode IN ('timed', 'full', 'instant')),
  spec         TEXT    NOT NULL CHECK (json_valid(spec)),  -- prizes, conditions and published facts
  rules        TEXT    NOT NULL DEFAULT '',                -- the text whose hash the receipt names
  cost         INTEGER NOT NULL DEFAULT 0 CHECK (cost >= 0),
  full_at      INTEGER NOT NULL DEFAULT 0 CHECK (full_at >= 0), -- entrants that close it, tickets of an instant draw; 0 = time alone
  secret       TEXT    NOT NULL DEFAULT '',
  commitment   TEXT    NOT NULL DEFAULT '',
  beacon       TEXT    NOT NULL CHECK (beacon IN ('drand', 'number', 'none')),
  chain        TEXT    NOT NULL DEFAULT '',
  public_key   TEXT    NOT NULL DEFAULT '',
  round        INTEGER NOT NULL DEFAULT 0,
  signature    TEXT    NOT NULL DEFAULT '',
  number_name  TEXT    NOT NULL DEFAULT '',
  number_value TEXT    NOT NULL DEFAULT '',
  tickets      INTEGER NOT NULL DEFAULT 0,                 -- the last ticket that was given out
  list_sha256  TEXT    NOT NULL DEFAULT '',
  late         INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
  waited       INTEGER NOT NULL DEFAULT 0 CHECK (waited IN (0, 1)), -- it was said that the randomness is late
  reason       TEXT    NOT NULL DEFAULT '',                -- of a cancellation
  opened_at    INTEGER NOT NULL DEFAULT 0,
  closes_at    INTEGER NOT NULL DEFAULT 0,
  frozen_at    INTEGER NOT NULL DEFAULT 0,
  drawn_at     INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX draws_community ON draws(community_id, id);
CREATE INDEX draws_waiting ON draws(round) WHERE state = 'frozen' AND beacon = 'drand';

-- One entry of a person at a time. A ticket is never given out twice.
CREATE TABLE draw_entries (
  draw_id    INTEGER NOT NULL REFERENCES draws(id),
  ticket     INTEGER NOT NULL CHECK (ticket > 0),
  person_id  INTEGER NOT NULL REFERENCES people(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  member_id  INTEGER NOT NULL REFERENCES members(id),
  who        TEXT    NOT NULL,                             -- SHA-256 of salt and account
  salt       TEXT    NOT NULL,                             -- told to its owner alone
  weight     INTEGER NOT NULL DEFAULT 1 CHECK (weight > 0),
  cost       INTEGER NOT NULL DEFAULT 0 CHECK (cost >= 0),
  state      TEXT    NOT NULL DEFAULT 'in' CHECK (state IN ('in', 'left', 'refunded')),
  entered_at INTEGER NOT NULL,
  left_at    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (draw_id, ticket)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX draw_entries_once ON draw_entries(draw_id, person_id) WHERE state = 'in';
CREATE INDEX draw_entries_person ON draw_entries(person_id);

-- Why somebody was not let in the last time he tried, for /why draw.
CREATE TABLE draw_refusals (
  draw_id   INTEGER NOT NULL REFERENCES draws(id),
  person_id INTEGER NOT NULL REFERENCES people(id),
  reason    TEXT    NOT NULL CHECK (json_valid(reason)),
  at        INTEGER NOT NULL,
  PRIMARY KEY (draw_id, person_id)
) STRICT, WITHOUT ROWID;

-- Who was drawn for what, in the order of the drawing. What a prize's holder
-- wrote for its delivery is forgotten after forget_at.
CREATE TABLE draw_wins (
  draw_id    INTEGER NOT NULL REFERENCES draws(id),
  place      INTEGER NOT NULL CHECK (place > 0),           -- how many were drawn with him
  prize      INTEGER NOT NULL CHECK (prize >= 0),
  ticket     INTEGER NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('won', 'claimed', 'moved', 'void')),
  due_at     INTEGER NOT NULL DEFAULT 0,                   -- until when it may be claimed, 0 = without end
  claimed_at INTEGER NOT NULL DEFAULT 0,
  delivery   TEXT    NOT NULL DEFAULT '',
  forget_at  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (draw_id, place),
  UNIQUE (draw_id, ticket),
  FOREIGN KEY (draw_id, ticket) REFERENCES draw_entries(draw_id, ticket)
) STRICT, WITHOUT ROWID;
CREATE INDEX draw_wins_forget ON draw_wins(forget_at) WHERE delivery <> '';

-- Prizes that moved on, with the reason that was published.
CREATE TABLE draw_changes (
  draw_id     INTEGER NOT NULL REFERENCES draws(id),
  n           INTEGER NOT NULL CHECK (n > 0),
  at          INTEGER NOT NULL,
  prize       INTEGER NOT NULL,
  from_ticket INTEGER NOT NULL,
  to_ticket   INTEGER NOT NULL,                            -- 0 = nobody was left
  reason      TEXT    NOT NULL CHECK (reason <> ''),
  PRIMARY KEY (draw_id, n),
  UNIQUE (draw_id, from_ticket)
) STRICT, WITHOUT ROWID;

-- Codes that are prizes themselves: each goes to one winner, in private.
CREATE TABLE draw_codes (
  id       INTEGER PRIMARY KEY,
  draw_id  INTEGER NOT NULL REFERENCES draws(id),
  prize    INTEGER NOT NULL,
  code     TEXT    NOT NULL,
  ticket   INTEGER NOT NULL DEFAULT 0,                     -- who got it, 0 = nobody yet
  given_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (draw_id, prize, code)
) STRICT;
CREATE UNIQUE INDEX draw_codes_once ON draw_codes(draw_id, ticket) WHERE ticket <> 0;

-- Messages per chat day, for conditions such as "3 messages in 7 days".
CREATE TABLE talk_days (
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  day        TEXT    NOT NULL,
  messages   INTEGER NOT NULL,
  PRIMARY KEY (account_id, day, chat_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX talk_days_day ON talk_days(day);
