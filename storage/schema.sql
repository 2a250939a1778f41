-- What the migrations add up to. Written by `go test ./storage -update`; never run.

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

CREATE TABLE announcement_letters (
  announcement_id INTEGER NOT NULL REFERENCES announcements(id),
  chat_id         INTEGER NOT NULL REFERENCES chats(id),
  kind            TEXT    NOT NULL CHECK (kind IN ('post', 'recall')),
  try             INTEGER NOT NULL CHECK (try > 0),
  letter_id       INTEGER NOT NULL DEFAULT 0,
  chosen          INTEGER NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1)), -- posted again though the one before may have arrived: somebody's word
  state           TEXT    NOT NULL DEFAULT '' CHECK (letter_id <> 0 OR state <> ''),
  error           TEXT    NOT NULL DEFAULT '',
  settled_at      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (announcement_id, chat_id, kind, try)
) STRICT, WITHOUT ROWID;

CREATE TABLE announcement_targets (
  announcement_id INTEGER NOT NULL REFERENCES announcements(id),
  chat_id         INTEGER NOT NULL REFERENCES chats(id),
  position        INTEGER NOT NULL CHECK (position > 0),   -- its number in the report
  account_id      INTEGER NOT NULL DEFAULT 0,              -- direct messages: whom it is for
  PRIMARY KEY (announcement_id, chat_id),
  UNIQUE (announcement_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE announcements (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id INTEGER NOT NULL DEFAULT 0,              -- where it was asked for, 0 = in none
  chat_id      INTEGER NOT NULL REFERENCES chats(id),   -- where its report stands
  account_id   INTEGER NOT NULL REFERENCES accounts(id),-- who asked for it
  target       TEXT    NOT NULL CHECK (target IN ('all', 'community', 'platform', 'chats', 'here', 'people')),
  content      TEXT    NOT NULL CHECK (json_valid(content)),
  hash         TEXT    NOT NULL,                        -- of the content: the same text again is asked about
  state        TEXT    NOT NULL CHECK (state IN ('planned', 'sent', 'missed', 'cancelled')),
  corrects     INTEGER NOT NULL DEFAULT 0,              -- the announcement it corrects
  due_at       INTEGER NOT NULL DEFAULT 0,              -- 0 = at once
  created_at   INTEGER NOT NULL,
  sent_at      INTEGER NOT NULL DEFAULT 0,
  recalled_at  INTEGER NOT NULL DEFAULT 0,
  shown        TEXT    NOT NULL DEFAULT '',             -- what the report says now: it is edited when that changes
  CHECK (state <> 'planned' OR due_at > 0),
  CHECK (state <> 'sent' OR sent_at > 0)
) STRICT;

CREATE TABLE audit (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL DEFAULT 0,
  chat_id      INTEGER NOT NULL DEFAULT 0,
  person_id    INTEGER NOT NULL DEFAULT 0, -- 0 = an anonymous administrator or the program
  action       TEXT    NOT NULL,
  before       TEXT    NOT NULL CHECK (json_valid(before)),
  after        TEXT    NOT NULL CHECK (json_valid(after)),
  reason       TEXT    NOT NULL DEFAULT '',
  at           INTEGER NOT NULL,
  undo_until   INTEGER NOT NULL DEFAULT 0, -- 0 = cannot be undone
  undone_by    INTEGER NOT NULL DEFAULT 0  -- the audit row of the undo
) STRICT;

CREATE TABLE bind_accounts (
  bind_id    INTEGER NOT NULL REFERENCES binds(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  PRIMARY KEY (bind_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE bind_codes (
  hash       TEXT    NOT NULL PRIMARY KEY,
  account_id INTEGER NOT NULL UNIQUE REFERENCES accounts(id), -- who asked for it
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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

CREATE TABLE buttons (
  id         INTEGER PRIMARY KEY,
  command    TEXT    NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE chat_admins (
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  role       TEXT    NOT NULL CHECK (role IN ('admin', 'host')),
  source     TEXT    NOT NULL CHECK (source IN ('platform', 'added')),
  PRIMARY KEY (chat_id, account_id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_quiet (
  chat_id      INTEGER PRIMARY KEY REFERENCES chats(id),
  from_minute  INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
  until_minute INTEGER NOT NULL CHECK (until_minute BETWEEN 0 AND 1439),
  rule         TEXT    NOT NULL CHECK (rule IN ('move', 'skip')), -- posts that fall in: to the end of it, or not at all
  set_at       INTEGER NOT NULL,
  CHECK (from_minute <> until_minute)
) STRICT;

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

CREATE TABLE checkins (
  member_id INTEGER NOT NULL REFERENCES members(id),
  day       TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  place     INTEGER NOT NULL,                -- the how-manieth of the community that day, 0 for a repaired day
  gained    INTEGER NOT NULL,
  streak    INTEGER NOT NULL,
  repaired  INTEGER NOT NULL DEFAULT 0 CHECK (repaired IN (0, 1)),
  chat_id   INTEGER NOT NULL DEFAULT 0, origin INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (member_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE communities (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  code       TEXT    NOT NULL DEFAULT '', -- what /community join takes
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE community_clocks (
  community_id  INTEGER NOT NULL REFERENCES communities(id),
  from_at       INTEGER NOT NULL,
  timezone      TEXT    NOT NULL,
  day_starts_at INTEGER NOT NULL CHECK (day_starts_at BETWEEN 0 AND 1439), -- minutes after midnight
  PRIMARY KEY (community_id, from_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE community_days (
  community_id INTEGER NOT NULL REFERENCES communities(id),
  day          TEXT    NOT NULL,
  checkins     INTEGER NOT NULL,
  PRIMARY KEY (community_id, day)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE contact_events (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  agent TEXT    NOT NULL,
  event TEXT    NOT NULL CHECK (json_valid(event))
) STRICT;

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

CREATE TABLE dm_consents (
  person_id INTEGER NOT NULL PRIMARY KEY REFERENCES people(id),
  allowed   INTEGER NOT NULL CHECK (allowed IN (0, 1)),
  at        INTEGER NOT NULL
) STRICT;

CREATE TABLE dm_sends (
  person_id       INTEGER NOT NULL REFERENCES people(id),
  month           TEXT    NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]'),
  n               INTEGER NOT NULL CHECK (n > 0),
  announcement_id INTEGER NOT NULL REFERENCES announcements(id),
  at              INTEGER NOT NULL,
  PRIMARY KEY (person_id, month, n),
  UNIQUE (person_id, announcement_id)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE draw_codes (
  id       INTEGER PRIMARY KEY,
  draw_id  INTEGER NOT NULL REFERENCES draws(id),
  prize    INTEGER NOT NULL,
  code     TEXT    NOT NULL,
  ticket   INTEGER NOT NULL DEFAULT 0,                     -- who got it, 0 = nobody yet
  given_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (draw_id, prize, code)
) STRICT;

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

CREATE TABLE draw_refusals (
  draw_id   INTEGER NOT NULL REFERENCES draws(id),
  person_id INTEGER NOT NULL REFERENCES people(id),
  reason    TEXT    NOT NULL CHECK (json_valid(reason)),
  at        INTEGER NOT NULL,
  PRIMARY KEY (draw_id, person_id)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE faq_said (
  chat_id INTEGER NOT NULL REFERENCES chats(id),
  faq_id  INTEGER NOT NULL REFERENCES faqs(id),
  at      INTEGER NOT NULL,
  PRIMARY KEY (chat_id, faq_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE faqs (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),               -- what people call it
  mode         TEXT    NOT NULL CHECK (mode IN ('fuzzy', 'contains', 'exact', 'regex')),
  words        TEXT    NOT NULL CHECK (json_valid(words)),
  answer       TEXT    NOT NULL,                                  -- plain text
  links        TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(links)),
  picture      TEXT    NOT NULL DEFAULT '',                       -- JSON of chat.Picture
  cooldown_s   INTEGER NOT NULL CHECK (cooldown_s >= 0),
  hits         INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL,
  changed_at   INTEGER NOT NULL,
  deleted_at   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number)
) STRICT;

CREATE TABLE feedback (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),   -- what people call it
  chat_id      INTEGER NOT NULL REFERENCES chats(id), -- where it was said
  account_id   INTEGER NOT NULL REFERENCES accounts(id),
  text         TEXT    NOT NULL,                      -- '' once the person is erased
  state        TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
  created_at   INTEGER NOT NULL,
  closed_at    INTEGER NOT NULL DEFAULT 0, former INTEGER NOT NULL DEFAULT 0 CHECK (former >= 0), moved_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number),
  CHECK ((state = 'closed') = (closed_at > 0))
) STRICT;

CREATE TABLE feedback_replies (
  id          INTEGER PRIMARY KEY,
  feedback_id INTEGER NOT NULL REFERENCES feedback(id),
  account_id  INTEGER NOT NULL REFERENCES accounts(id), -- the administrator
  text        TEXT    NOT NULL,
  at          INTEGER NOT NULL
) STRICT;

CREATE TABLE human_calls (
  chat_id    INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (chat_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
  id         INTEGER PRIMARY KEY,
  connection TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('parked', 'retry', 'failed')),
  event      TEXT    NOT NULL CHECK (json_valid(event)),
  attempts   INTEGER NOT NULL DEFAULT 0,
  next_at    INTEGER NOT NULL,
  fault      TEXT    NOT NULL DEFAULT '', -- the short id the person was shown
  error      TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
, queue TEXT NOT NULL DEFAULT '') STRICT;

CREATE TABLE invite_binds (
  bind_id INTEGER NOT NULL PRIMARY KEY REFERENCES binds(id),
  before  TEXT    NOT NULL CHECK (json_valid(before))
) STRICT, WITHOUT ROWID;

CREATE TABLE invite_doors (
  chat_id INTEGER NOT NULL PRIMARY KEY REFERENCES chats(id),
  mode    TEXT    NOT NULL CHECK (mode IN ('open', 'auto', 'ask'))
) STRICT, WITHOUT ROWID;

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

CREATE TABLE invite_links (
  way_id      INTEGER NOT NULL REFERENCES invite_ways(id),
  chat_id     INTEGER NOT NULL REFERENCES chats(id),
  state       TEXT    NOT NULL CHECK (state IN ('open', 'failed', 'closed')),
  link        TEXT    NOT NULL DEFAULT '',
  qr          TEXT    NOT NULL DEFAULT '',
  external_id TEXT    NOT NULL DEFAULT '',
  at          INTEGER NOT NULL, asks INTEGER NOT NULL DEFAULT 0 CHECK (asks IN (0, 1)), qr_text TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (way_id, chat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite_milestones (
  community_id INTEGER NOT NULL REFERENCES communities(id),
  person_id    INTEGER NOT NULL,
  threshold    INTEGER NOT NULL CHECK (threshold > 0),
  bonus        INTEGER NOT NULL CHECK (bonus > 0),  -- as it was given last
  round        INTEGER NOT NULL CHECK (round > 0),  -- how often it was given
  state        TEXT    NOT NULL CHECK (state IN ('given', 'back')),
  member_id    INTEGER NOT NULL,                 -- whose entry it is
  entry_id     INTEGER NOT NULL,                 -- in the ledger, of the last round
  at           INTEGER NOT NULL,
  PRIMARY KEY (community_id, person_id, threshold)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite_requests (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),
  account_id   INTEGER NOT NULL REFERENCES accounts(id),
  way_id       INTEGER NOT NULL REFERENCES invite_ways(id),
  state        TEXT    NOT NULL CHECK (state IN ('asked', 'admitting', 'refusing', 'admitted', 'refused', 'gone', 'failed')),
  tries        INTEGER NOT NULL DEFAULT 0,
  error        TEXT    NOT NULL DEFAULT '',
  asked_at     INTEGER NOT NULL,
  decided_at   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE invite_ways (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  person_id    INTEGER NOT NULL DEFAULT 0,     -- 0 = a source
  source       TEXT    NOT NULL DEFAULT '',    -- the name of a source
  code         TEXT    NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  CHECK ((person_id = 0) <> (source = ''))
) STRICT;

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

CREATE TABLE ledger (
  id        INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES members(id),
  unit      TEXT    NOT NULL CHECK (unit IN ('points', 'pending', 'card')),
  amount    INTEGER NOT NULL CHECK (amount <> 0),
  kind      TEXT    NOT NULL,               -- checkin, talk, adjust, undo, transfer …
  cause     TEXT    NOT NULL,               -- what happened, unique: one cause, one entry
  rule      INTEGER NOT NULL DEFAULT 0,     -- version of the rule that gave the amount, 0 = none
  day       TEXT    NOT NULL,               -- the chat day it counts for
  week      TEXT    NOT NULL,               -- the first day of its week
  at        INTEGER NOT NULL,
  actor_id  INTEGER NOT NULL DEFAULT 0,     -- the person who did it, when not the member
  reverses  INTEGER NOT NULL DEFAULT 0,     -- the entry this one takes back
  detail    TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(detail)),
  UNIQUE (member_id, unit, cause)
) STRICT;

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

CREATE TABLE native_polls (
  domain     TEXT    NOT NULL,
  native_id  TEXT    NOT NULL,
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  slot       TEXT    NOT NULL,                        -- of the letter that carried it
  created_at INTEGER NOT NULL,
  PRIMARY KEY (domain, native_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE occurrences (
  id         INTEGER PRIMARY KEY,
  job        TEXT    NOT NULL,
  chat_id    INTEGER NOT NULL DEFAULT 0,
  due_at     INTEGER NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('planned', 'sending', 'sent', 'uncertain', 'missed', 'skipped')),
  reason     TEXT    NOT NULL DEFAULT '',
  started_at INTEGER NOT NULL DEFAULT 0,
  settled_at INTEGER NOT NULL DEFAULT 0, letter_id INTEGER NOT NULL DEFAULT 0, told_at INTEGER NOT NULL DEFAULT 0, moved_to INTEGER NOT NULL DEFAULT 0,
  UNIQUE (job, due_at, chat_id)
) STRICT;

CREATE TABLE "outbox" (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id     INTEGER NOT NULL REFERENCES chats(id),
  connection  TEXT    NOT NULL,
  lane        INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 2), -- 0 answer, 1 activity, 2 broadcast
  once        INTEGER NOT NULL CHECK (once IN (0, 1)),       -- 1: never sent a second time on our own
  verb        TEXT    NOT NULL CHECK (verb IN ('send', 'delete')),
  state       TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'waiting', 'sent', 'uncertain', 'dead', 'folded')),
  kind        TEXT    NOT NULL DEFAULT '',                   -- the template; letters of one kind may fold
  slot        TEXT    NOT NULL DEFAULT '',                   -- same slot: edits the earlier message
  account_id  INTEGER NOT NULL DEFAULT 0,                    -- the person an answer is for
  reply       TEXT    NOT NULL DEFAULT '',
  thread      TEXT    NOT NULL DEFAULT '',
  content     TEXT    NOT NULL CHECK (json_valid(content)),
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_at     INTEGER NOT NULL,                              -- waiting: since when
  created_at  INTEGER NOT NULL,
  settled_at  INTEGER NOT NULL DEFAULT 0,
  external_id TEXT    NOT NULL DEFAULT '',
  into_id     INTEGER NOT NULL DEFAULT 0,                    -- folded: the letter that carries this one
  error       TEXT    NOT NULL DEFAULT ''
, expires_at INTEGER NOT NULL DEFAULT 0, via TEXT NOT NULL DEFAULT '') STRICT;

CREATE TABLE people (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  language   TEXT    NOT NULL DEFAULT '',
  home       INTEGER NOT NULL DEFAULT 0, -- the community chosen with /use, 0 = none
  operator   INTEGER NOT NULL DEFAULT 0 CHECK (operator IN (0, 1)),
  erased_at  INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
, merged_into INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE picture_bytes (
  sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
  mime   TEXT NOT NULL CHECK (mime IN ('image/png', 'image/jpeg')),
  data   BLOB NOT NULL CHECK (length(data) BETWEEN 1 AND 10485760)
) STRICT;

CREATE TABLE picture_uploads (
  connection TEXT    NOT NULL,
  sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),
  handle     TEXT    NOT NULL CHECK (handle <> ''),
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL DEFAULT 0, -- 0 = never
  PRIMARY KEY (connection, sha256)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE poll_chats (
  poll_id INTEGER NOT NULL REFERENCES polls(id),
  chat_id INTEGER NOT NULL REFERENCES chats(id),
  thread  TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (poll_id, chat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE poll_choices (
  poll_id   INTEGER NOT NULL,
  person_id INTEGER NOT NULL,
  place     INTEGER NOT NULL,
  PRIMARY KEY (poll_id, person_id, place),
  FOREIGN KEY (poll_id, person_id) REFERENCES poll_votes(poll_id, person_id),
  FOREIGN KEY (poll_id, place) REFERENCES poll_options(poll_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE poll_keys (
  poll_id INTEGER PRIMARY KEY REFERENCES polls(id),
  key     BLOB    NOT NULL CHECK (length(key) = 32)
) STRICT;

CREATE TABLE poll_marks (
  poll_id INTEGER NOT NULL REFERENCES poll_keys(poll_id),
  mark    BLOB    NOT NULL CHECK (length(mark) = 32),
  PRIMARY KEY (poll_id, mark)
) STRICT, WITHOUT ROWID;

CREATE TABLE poll_options (
  poll_id INTEGER NOT NULL REFERENCES polls(id),
  place   INTEGER NOT NULL CHECK (place BETWEEN 1 AND 10),
  text    TEXT    NOT NULL CHECK (text <> ''),
  votes   INTEGER NOT NULL DEFAULT 0 CHECK (votes >= 0),
  PRIMARY KEY (poll_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE poll_repeats (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  poll_id      INTEGER NOT NULL REFERENCES polls(id), -- the poll that is asked again
  community_id INTEGER NOT NULL REFERENCES communities(id),
  author_id    INTEGER NOT NULL DEFAULT 0,
  said         TEXT    NOT NULL,                      -- the times as they were typed
  rule         TEXT    NOT NULL CHECK (json_valid(rule)), -- and as they are computed
  state        TEXT    NOT NULL CHECK (state IN ('on', 'off')),
  audit_id     INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE poll_votes (
  poll_id   INTEGER NOT NULL REFERENCES polls(id),
  person_id INTEGER NOT NULL REFERENCES people(id),
  chat_id   INTEGER NOT NULL DEFAULT 0,
  at        INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (poll_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE polls (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),  -- where it was started
  author_id    INTEGER NOT NULL DEFAULT 0,             -- a person; 0 = an anonymous administrator, or the program
  question     TEXT    NOT NULL CHECK (question <> ''),
  multi        INTEGER NOT NULL CHECK (multi IN (0, 1)),
  anonymous    INTEGER NOT NULL CHECK (anonymous IN (0, 1)),
  hidden       INTEGER NOT NULL CHECK (hidden IN (0, 1)), -- no figures until it is closed
  min_days     INTEGER NOT NULL DEFAULT 0 CHECK (min_days BETWEEN 0 AND 365),
  state        TEXT    NOT NULL CHECK (state IN ('open', 'closed')),
  opened_at    INTEGER NOT NULL,
  ends_at      INTEGER NOT NULL DEFAULT 0,             -- 0 = until somebody closes it
  closed_at    INTEGER NOT NULL DEFAULT 0,
  closed_by    INTEGER NOT NULL DEFAULT 0,             -- a person; 0 = the deadline, or an anonymous administrator
  repeat_id    INTEGER NOT NULL DEFAULT 0,             -- the repetition that opened it
  CHECK ((state = 'closed') = (closed_at > 0)),
  CHECK (anonymous = 0 OR hidden = 1)                  -- running figures beside the names of voters would tell
) STRICT;

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

CREATE TABLE previews (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  action     TEXT    NOT NULL,
  data       TEXT    NOT NULL CHECK (json_valid(data)),
  title      TEXT    NOT NULL DEFAULT '',
  state      TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'cancelled')),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE prompts (
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  command    TEXT    NOT NULL CHECK (command <> ''),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (chat_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE push_sends (
  push_id   INTEGER NOT NULL REFERENCES pushes(id),
  due_at    INTEGER NOT NULL,
  person_id INTEGER NOT NULL REFERENCES people(id),
  month     TEXT    NOT NULL DEFAULT '',               -- it counts against, '' = it counts against none
  at        INTEGER NOT NULL,
  PRIMARY KEY (push_id, due_at, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pushes (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  kind        TEXT    NOT NULL CHECK (kind IN ('poll', 'draw', 'signup')),
  activity_id INTEGER NOT NULL,
  anchor      TEXT    NOT NULL CHECK (anchor IN ('close', 'event', 'rule')),
  before      INTEGER NOT NULL DEFAULT 0 CHECK (before >= 0), -- minutes before the close or the event
  rule        TEXT    NOT NULL DEFAULT '',             -- JSON; again and again until the close
  said        TEXT    NOT NULL DEFAULT '',             -- as it was typed
  state       TEXT    NOT NULL CHECK (state IN ('on', 'off', 'over')),
  created_by  INTEGER NOT NULL DEFAULT 0,              -- the person, 0 = an anonymous administrator
  created_at  INTEGER NOT NULL,
  CHECK ((anchor = 'rule') = (rule <> '')),
  CHECK ((anchor = 'rule') = (before = 0))
) STRICT;

CREATE TABLE question_agrees (
  question_id INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  account_id  INTEGER NOT NULL REFERENCES accounts(id),
  at          INTEGER NOT NULL,
  PRIMARY KEY (question_id, place, account_id),
  FOREIGN KEY (question_id, place) REFERENCES question_answers(question_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE question_answers (
  question_id INTEGER NOT NULL REFERENCES questions(id),
  place       INTEGER NOT NULL CHECK (place > 0),     -- in the order of coming
  account_id  INTEGER NOT NULL REFERENCES accounts(id),
  text        TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (question_id, place),
  UNIQUE (question_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE questions (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),   -- what people call it
  chat_id      INTEGER NOT NULL REFERENCES chats(id), -- where its message stands
  account_id   INTEGER NOT NULL REFERENCES accounts(id),
  text         TEXT    NOT NULL,                      -- '' once the person is erased
  state        TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'solved', 'closed')),
  accepted     INTEGER NOT NULL DEFAULT 0,            -- place of the accepted answer
  points       INTEGER NOT NULL DEFAULT 0 CHECK (points >= 0), -- that it brought
  created_at   INTEGER NOT NULL,
  solved_at    INTEGER NOT NULL DEFAULT 0, accepts INTEGER NOT NULL DEFAULT 0 CHECK (accepts >= 0), pin INTEGER NOT NULL DEFAULT 0 CHECK (pin IN (0, 1, 2)), former INTEGER NOT NULL DEFAULT 0 CHECK (former >= 0), moved_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number),
  CHECK (state <> 'solved' OR accepted > 0)
) STRICT;

CREATE TABLE queue_items (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  queue_id   INTEGER NOT NULL REFERENCES queues(id),
  number     INTEGER NOT NULL CHECK (number > 0),  -- what people call it, counted within its queue
  body       TEXT    NOT NULL CHECK (body <> ''),
  weight     INTEGER NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 9), -- how often it comes in a round
  state      TEXT    NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleted')),
  created_by INTEGER NOT NULL DEFAULT 0,           -- the person, 0 = an anonymous administrator
  created_at INTEGER NOT NULL,
  UNIQUE (queue_id, number)
) STRICT;

CREATE TABLE queue_picks (
  occurrence_id INTEGER PRIMARY KEY,
  queue_id      INTEGER NOT NULL REFERENCES queues(id),
  chat_id       INTEGER NOT NULL REFERENCES chats(id),
  item_id       INTEGER NOT NULL REFERENCES queue_items(id),
  round         INTEGER NOT NULL CHECK (round > 0),
  nth           INTEGER NOT NULL CHECK (nth > 0),  -- which time it comes in this round
  at            INTEGER NOT NULL,
  UNIQUE (queue_id, chat_id, round, item_id, nth)
) STRICT;

CREATE TABLE queues (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  name         TEXT    NOT NULL COLLATE NOCASE,
  mode         TEXT    NOT NULL DEFAULT 'loop' CHECK (mode IN ('loop', 'once')), -- after a round: from the beginning, or nothing more
  state        TEXT    NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleted')),
  told_at      INTEGER NOT NULL DEFAULT 0,   -- when the administrators were told that it is empty
  created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE quiz_answers (
  round_id  INTEGER NOT NULL REFERENCES quiz_rounds(id),
  position  INTEGER NOT NULL,
  member_id INTEGER NOT NULL REFERENCES members(id),
  choice    INTEGER NOT NULL CHECK (choice >= 0),
  at        INTEGER NOT NULL,
  PRIMARY KEY (round_id, position, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE quiz_items (
  round_id  INTEGER NOT NULL REFERENCES quiz_rounds(id),
  position  INTEGER NOT NULL CHECK (position > 0),
  question_id INTEGER NOT NULL REFERENCES quiz_questions(id),
  text      TEXT    NOT NULL,
  options   TEXT    NOT NULL CHECK (json_valid(options)),
  answer    INTEGER NOT NULL,
  state     TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'open', 'closed', 'void')),
  opened_at INTEGER NOT NULL DEFAULT 0,
  closes_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (round_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE quiz_players (
  round_id  INTEGER NOT NULL REFERENCES quiz_rounds(id),
  member_id INTEGER NOT NULL REFERENCES members(id),
  PRIMARY KEY (round_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE quiz_practice_answers (
  practice_id INTEGER NOT NULL REFERENCES quiz_practices(id),
  member_id   INTEGER NOT NULL REFERENCES members(id),
  choice      INTEGER NOT NULL CHECK (choice >= 0),
  at          INTEGER NOT NULL,
  PRIMARY KEY (practice_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE quiz_practices (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),
  question_id  INTEGER NOT NULL REFERENCES quiz_questions(id),
  person_id    INTEGER NOT NULL,                         -- who asked for it
  text         TEXT    NOT NULL,
  options      TEXT    NOT NULL CHECK (json_valid(options)),
  answer       INTEGER NOT NULL CHECK (answer >= 0),
  state        TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  opened_at    INTEGER NOT NULL,
  closes_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE quiz_questions (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),
  text         TEXT    NOT NULL,
  options      TEXT    NOT NULL CHECK (json_valid(options)),
  answer       INTEGER NOT NULL CHECK (answer >= 0),     -- index into options
  tag          TEXT    NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL,
  deleted_at   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number)
) STRICT;

CREATE TABLE quiz_rounds (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL REFERENCES communities(id),
  number       INTEGER NOT NULL CHECK (number > 0),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),
  person_id    INTEGER NOT NULL,                         -- who started it
  tag          TEXT    NOT NULL DEFAULT '',
  state        TEXT    NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'interrupted')),
  seconds      INTEGER NOT NULL CHECK (seconds > 0),     -- for each question
  rule         TEXT    NOT NULL CHECK (json_valid(rule)),
  started_at   INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL DEFAULT 0,
  UNIQUE (community_id, number)
) STRICT;

CREATE TABLE "refusals" (
  chat_id    INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  about      TEXT    NOT NULL CHECK (about IN ('role', 'call')),
  until      INTEGER NOT NULL,
  PRIMARY KEY (chat_id, account_id, about)
) STRICT, WITHOUT ROWID;

CREATE TABLE rules (
  community_id INTEGER NOT NULL REFERENCES communities(id),
  family       TEXT    NOT NULL,            -- checkin, talk
  version      INTEGER NOT NULL CHECK (version > 0),
  data         TEXT    NOT NULL CHECK (json_valid(data)),
  from_at      INTEGER NOT NULL,            -- in force from here on
  audit_id     INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (community_id, family, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE sandbox (
  key   TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule_chats (
  schedule_id INTEGER NOT NULL REFERENCES "schedules"(id),
  chat_id     INTEGER NOT NULL REFERENCES chats(id),
  position    INTEGER NOT NULL CHECK (position > 0),
  turn        INTEGER NOT NULL DEFAULT 0,      -- how many posts of its set were taken there
  PRIMARY KEY (schedule_id, chat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE "schedules" (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  community_id   INTEGER NOT NULL DEFAULT 0,   -- where it was asked for, 0 = in none
  name           TEXT    NOT NULL,
  rule           TEXT    NOT NULL CHECK (json_valid(rule)),
  template       TEXT    NOT NULL DEFAULT '',  -- a set of posts, or
  body           TEXT    NOT NULL DEFAULT '',  -- the text itself, or
  queue_id       INTEGER NOT NULL DEFAULT 0,   -- a queue
  missed         TEXT    NOT NULL CHECK (missed IN ('skip', 'late', 'once')),
  late           INTEGER NOT NULL DEFAULT 0 CHECK (late >= 0), -- minutes
  quiet          TEXT    NOT NULL DEFAULT '' CHECK (quiet IN ('', 'send', 'move', 'skip')), -- in quiet hours; '' = as the chat says
  countdown      TEXT    NOT NULL DEFAULT '',  -- what is counted down to
  countdown_day  TEXT    NOT NULL DEFAULT '',
  state          TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'deleted', 'over')),
  created_by     INTEGER NOT NULL DEFAULT 0,   -- the person, 0 = an anonymous administrator
  created_at     INTEGER NOT NULL,
  changed_at     INTEGER NOT NULL DEFAULT 0,   -- its times count from here on
  CHECK ((template <> '') + (body <> '') + (queue_id <> 0) = 1),
  CHECK ((missed = 'late') = (late > 0))
) STRICT;

CREATE TABLE schema_migrations (
  name TEXT NOT NULL PRIMARY KEY, sum TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;

CREATE TABLE scores (
  community_id INTEGER NOT NULL,
  kind         TEXT    NOT NULL,            -- points, checkin, invite, quiz
  period       TEXT    NOT NULL,            -- 2026-11-22, w2026-11-16, 2026-11
  member_id    INTEGER NOT NULL REFERENCES members(id),
  value        INTEGER NOT NULL,
  hidden       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (community_id, kind, period, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE seen (
  domain TEXT    NOT NULL,
  id     TEXT    NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (domain, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signup_chats (
  signup_id INTEGER NOT NULL REFERENCES signups(id),
  chat_id   INTEGER NOT NULL REFERENCES chats(id),
  thread    TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (signup_id, chat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE signup_entries (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  signup_id  INTEGER NOT NULL REFERENCES signups(id),
  person_id  INTEGER NOT NULL REFERENCES people(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  chat_id    INTEGER NOT NULL REFERENCES chats(id),    -- where he signed up, and is told
  extra      INTEGER NOT NULL DEFAULT 0 CHECK (extra BETWEEN 0 AND 9), -- whom he brings along
  note       TEXT    NOT NULL DEFAULT '',
  state      TEXT    NOT NULL CHECK (state IN ('in', 'waiting', 'left')),
  at         INTEGER NOT NULL,
  moved_at   INTEGER NOT NULL DEFAULT 0,               -- when a place became free for him
  told_at    INTEGER NOT NULL DEFAULT 0,               -- and when he was told
  left_at    INTEGER NOT NULL DEFAULT 0,
  CHECK ((state = 'left') = (left_at > 0))
) STRICT;

CREATE TABLE signups (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,      -- the number people use
  community_id INTEGER NOT NULL REFERENCES communities(id),
  chat_id      INTEGER NOT NULL REFERENCES chats(id),  -- where it was started
  author_id    INTEGER NOT NULL DEFAULT 0,             -- a person; 0 = an anonymous administrator
  title        TEXT    NOT NULL CHECK (title <> ''),
  seats        INTEGER NOT NULL DEFAULT 0 CHECK (seats >= 0), -- 0 = no limit
  state        TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'cancelled')),
  reason       TEXT    NOT NULL DEFAULT '',            -- of a cancellation
  opened_at    INTEGER NOT NULL,
  ends_at      INTEGER NOT NULL DEFAULT 0,             -- 0 = until somebody closes it
  event_at     INTEGER NOT NULL DEFAULT 0,             -- when it takes place, 0 = not said
  closed_at    INTEGER NOT NULL DEFAULT 0,
  closed_by    INTEGER NOT NULL DEFAULT 0,             -- a person; 0 = the deadline, or an anonymous administrator
  CHECK ((state = 'open') = (closed_at = 0))
) STRICT;

CREATE TABLE talk_days (
  chat_id    INTEGER NOT NULL REFERENCES chats(id),
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  day        TEXT    NOT NULL,
  messages   INTEGER NOT NULL,
  PRIMARY KEY (account_id, day, chat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE talk_lines (
  id           INTEGER PRIMARY KEY,
  community_id INTEGER NOT NULL,
  chat_id      INTEGER NOT NULL,
  account_id   INTEGER NOT NULL,
  text         TEXT    NOT NULL,
  faq_id       INTEGER NOT NULL DEFAULT 0,                        -- the rule that answered it
  asks         INTEGER NOT NULL DEFAULT 0 CHECK (asks IN (0, 1)), -- a question
  at           INTEGER NOT NULL
) STRICT;

CREATE TABLE timers (
  id         INTEGER PRIMARY KEY,
  key        TEXT    NOT NULL UNIQUE,
  task       TEXT    NOT NULL,
  chat_id    INTEGER NOT NULL DEFAULT 0,
  payload    TEXT    NOT NULL CHECK (json_valid(payload)),
  due_at     INTEGER NOT NULL,
  done_at    INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX accounts_name ON accounts(name COLLATE NOCASE);

CREATE INDEX accounts_person ON accounts(person_id);

CREATE INDEX accounts_username ON accounts(domain, username COLLATE NOCASE) WHERE username <> '';

CREATE INDEX announcement_letters_chat ON announcement_letters(chat_id);

CREATE UNIQUE INDEX announcement_letters_letter ON announcement_letters(letter_id) WHERE letter_id <> 0;

CREATE INDEX announcement_targets_chat ON announcement_targets(chat_id);

CREATE INDEX announcements_hash ON announcements(hash, id);

CREATE INDEX audit_community ON audit(community_id, id);

CREATE INDEX bind_members_into ON bind_members(into_member);

CREATE UNIQUE INDEX binds_from ON binds(from_person) WHERE state = 'live';

CREATE INDEX binds_into ON binds(into_person) WHERE state = 'live';

CREATE INDEX chats_community ON chats(community_id);

CREATE UNIQUE INDEX communities_code ON communities(code) WHERE code <> '';

CREATE INDEX contact_changes_done ON contact_changes(done_at) WHERE done_at > 0;

CREATE INDEX contact_changes_open ON contact_changes(agent, chat) WHERE done_at = 0;

CREATE INDEX contact_members_user ON contact_members(user);

CREATE UNIQUE INDEX contact_ways_state ON contact_ways(agent, chat, state) WHERE closed_at = 0;

CREATE UNIQUE INDEX draw_codes_once ON draw_codes(draw_id, ticket) WHERE ticket <> 0;

CREATE UNIQUE INDEX draw_entries_once ON draw_entries(draw_id, person_id) WHERE state = 'in';

CREATE INDEX draw_entries_person ON draw_entries(person_id);

CREATE INDEX draw_wins_forget ON draw_wins(forget_at) WHERE delivery <> '';

CREATE INDEX draws_community ON draws(community_id, id);

CREATE INDEX draws_waiting ON draws(round) WHERE state = 'frozen' AND beacon = 'drand';

CREATE INDEX feedback_account ON feedback(account_id, created_at);

CREATE INDEX feedback_former ON feedback(community_id, former) WHERE former > 0;

CREATE INDEX feedback_open ON feedback(community_id, created_at) WHERE state = 'open';

CREATE INDEX feedback_replies_of ON feedback_replies(feedback_id, id);

CREATE INDEX inbox_due ON inbox(next_at) WHERE state <> 'failed';

CREATE INDEX inbox_queue ON inbox(queue, id) WHERE queue <> '' AND state <> 'failed';

CREATE INDEX invite_joins_community ON invite_joins(community_id, at);

CREATE INDEX invite_joins_person ON invite_joins(community_id, person_id, at);

CREATE INDEX invite_links_external ON invite_links(external_id) WHERE external_id <> '';

CREATE INDEX invite_requests_account ON invite_requests(chat_id, account_id, id);

CREATE UNIQUE INDEX invite_requests_open ON invite_requests(chat_id, account_id) WHERE state IN ('asked', 'admitting', 'refusing');

CREATE UNIQUE INDEX invite_ways_person ON invite_ways(community_id, person_id) WHERE person_id <> 0;

CREATE UNIQUE INDEX invite_ways_source ON invite_ways(community_id, source COLLATE NOCASE) WHERE source <> '';

CREATE INDEX invites_inviter ON invites(community_id, inviter_id, joined_at);

CREATE INDEX ledger_member ON ledger(member_id, unit, id);

CREATE INDEX ledger_reverses ON ledger(reverses) WHERE reverses <> 0;

CREATE INDEX members_balance ON members(community_id, hidden, balance DESC, id);

CREATE INDEX members_person ON members(person_id);

CREATE INDEX members_streak ON members(community_id, hidden, streak DESC, id, last_day);

CREATE INDEX native_polls_slot ON native_polls(chat_id, slot);

CREATE UNIQUE INDEX occurrences_letter ON occurrences(letter_id) WHERE letter_id <> 0;

CREATE INDEX occurrences_open ON occurrences(job, due_at) WHERE state IN ('planned', 'sending');

CREATE INDEX occurrences_started ON occurrences(chat_id, started_at) WHERE chat_id <> 0 AND started_at > 0;

CREATE INDEX occurrences_untold ON occurrences(chat_id, due_at) WHERE told_at = 0 AND chat_id <> 0 AND state IN ('missed', 'uncertain');

CREATE INDEX outbox_queued ON outbox(connection, lane, id) WHERE state = 'queued';

CREATE INDEX outbox_sending ON outbox(id) WHERE state = 'sending';

CREATE INDEX outbox_settled ON outbox(settled_at) WHERE settled_at > 0;

CREATE INDEX outbox_slot ON outbox(chat_id, slot, id) WHERE slot <> '';

CREATE INDEX outbox_waiting ON outbox(chat_id, external_id) WHERE state = 'waiting';

CREATE INDEX people_merged ON people(merged_into) WHERE merged_into <> 0;

CREATE INDEX people_operators ON people(id) WHERE operator = 1;

CREATE INDEX picture_uploads_expires ON picture_uploads(expires_at) WHERE expires_at > 0;

CREATE INDEX pictures_sha256 ON pictures(sha256) WHERE sha256 <> '';

CREATE INDEX pictures_wanted ON pictures(id) WHERE state = 'wanted';

CREATE INDEX poll_chats_chat ON poll_chats(chat_id, poll_id);

CREATE UNIQUE INDEX poll_repeats_poll ON poll_repeats(poll_id) WHERE state = 'on';

CREATE INDEX poll_votes_person ON poll_votes(person_id);

CREATE INDEX polls_community ON polls(community_id, state, id);

CREATE INDEX presence_account ON presence(account_id);

CREATE INDEX previews_open ON previews(chat_id, account_id) WHERE state = 'open';

CREATE INDEX push_sends_person ON push_sends(person_id, month);

CREATE INDEX pushes_activity ON pushes(kind, activity_id, id);

CREATE UNIQUE INDEX pushes_one ON pushes(kind, activity_id, anchor) WHERE state = 'on';

CREATE INDEX question_agrees_account ON question_agrees(account_id);

CREATE INDEX question_answers_account ON question_answers(account_id);

CREATE INDEX questions_account ON questions(account_id, created_at);

CREATE INDEX questions_former ON questions(community_id, former) WHERE former > 0;

CREATE INDEX questions_open ON questions(community_id, created_at) WHERE state = 'open';

CREATE INDEX questions_solved ON questions(community_id, solved_at) WHERE state = 'solved';

CREATE UNIQUE INDEX queues_name ON queues(community_id, name) WHERE state = 'active';

CREATE INDEX quiz_answers_member ON quiz_answers(member_id);

CREATE INDEX quiz_practice_answers_member ON quiz_practice_answers(member_id);

CREATE INDEX quiz_practices_community ON quiz_practices(community_id, id);

CREATE UNIQUE INDEX quiz_practices_open ON quiz_practices(chat_id) WHERE state = 'open';

CREATE UNIQUE INDEX quiz_rounds_running ON quiz_rounds(chat_id) WHERE state = 'running';

CREATE INDEX schedule_chats_chat ON schedule_chats(chat_id);

CREATE INDEX schedules_open ON schedules(id) WHERE state IN ('active', 'paused');

CREATE INDEX scores_member ON scores(member_id);

CREATE INDEX scores_top ON scores(community_id, kind, period, hidden, value DESC, member_id);

CREATE INDEX seen_at ON seen(at);

CREATE INDEX signup_chats_chat ON signup_chats(chat_id, signup_id);

CREATE INDEX signup_entries_list ON signup_entries(signup_id, id);

CREATE UNIQUE INDEX signup_entries_once ON signup_entries(signup_id, person_id) WHERE state <> 'left';

CREATE INDEX signup_entries_person ON signup_entries(person_id);

CREATE INDEX signups_community ON signups(community_id, state, id);

CREATE INDEX talk_days_day ON talk_days(day);

CREATE INDEX talk_lines_account ON talk_lines(account_id);

CREATE INDEX talk_lines_at ON talk_lines(at);

CREATE INDEX talk_lines_community ON talk_lines(community_id, at);

CREATE INDEX timers_due ON timers(due_at) WHERE done_at = 0;

CREATE TRIGGER checkins_count AFTER INSERT ON checkins WHEN NEW.repaired = 0
BEGIN
  INSERT INTO community_days (community_id, day, checkins)
    SELECT community_id, NEW.day, 1 FROM members WHERE id = NEW.member_id
    ON CONFLICT DO UPDATE SET checkins = checkins + 1;
END;

CREATE TRIGGER checkins_no_delete BEFORE DELETE ON checkins WHEN OLD.origin = 0
BEGIN SELECT RAISE(ABORT, 'check-ins are never deleted'); END;

CREATE TRIGGER ledger_card AFTER INSERT ON ledger WHEN NEW.unit = 'card'
BEGIN UPDATE members SET cards = cards + NEW.amount WHERE id = NEW.member_id; END;

CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END;

CREATE TRIGGER ledger_pending AFTER INSERT ON ledger WHEN NEW.unit = 'pending'
BEGIN UPDATE members SET pending = pending + NEW.amount WHERE id = NEW.member_id; END;

CREATE TRIGGER ledger_points AFTER INSERT ON ledger WHEN NEW.unit = 'points'
BEGIN
  UPDATE members SET balance = balance + NEW.amount WHERE id = NEW.member_id;
  -- Three statements: one that takes the periods from a list made a tenth less speed.
  INSERT INTO scores (community_id, kind, period, member_id, value, hidden)
    SELECT community_id, 'points', NEW.day, id, NEW.amount, hidden FROM members WHERE id = NEW.member_id
    ON CONFLICT DO UPDATE SET value = value + excluded.value;
  INSERT INTO scores (community_id, kind, period, member_id, value, hidden)
    SELECT community_id, 'points', 'w' || NEW.week, id, NEW.amount, hidden FROM members WHERE id = NEW.member_id
    ON CONFLICT DO UPDATE SET value = value + excluded.value;
  INSERT INTO scores (community_id, kind, period, member_id, value, hidden)
    SELECT community_id, 'points', substr(NEW.day, 1, 7), id, NEW.amount, hidden FROM members WHERE id = NEW.member_id
    ON CONFLICT DO UPDATE SET value = value + excluded.value;
END;

CREATE TRIGGER outbox_occurrence AFTER UPDATE OF state ON outbox
  WHEN NEW.once = 1 AND NEW.state <> OLD.state AND NEW.state IN ('sent', 'uncertain', 'dead', 'folded')
BEGIN
  UPDATE occurrences SET letter_id = NEW.into_id
    WHERE NEW.state = 'folded' AND NEW.into_id <> 0 AND letter_id = NEW.id AND state = 'sending';
  UPDATE occurrences SET settled_at = NEW.settled_at,
      state = CASE NEW.state WHEN 'dead' THEN 'missed' ELSE NEW.state END,
      reason = CASE WHEN NEW.state = 'sent' THEN CASE WHEN moved_to > 0 THEN 'quiet' ELSE '' END
        WHEN NEW.error = 'expired' THEN 'expired' ELSE NEW.state || ' ' || NEW.error END
    WHERE NEW.state <> 'folded' AND letter_id = NEW.id AND state = 'sending';
  INSERT OR IGNORE INTO timers (key, task, chat_id, payload, due_at, created_at)
    SELECT 'schedule.notice:letter:' || NEW.id, 'schedule.notice', chat_id, '{}', NEW.settled_at + 3000, NEW.settled_at
    FROM occurrences WHERE letter_id = NEW.id AND state IN ('missed', 'uncertain') AND told_at = 0;
END;

CREATE TRIGGER poll_choices_count AFTER INSERT ON poll_choices
BEGIN UPDATE poll_options SET votes = votes + 1 WHERE poll_id = NEW.poll_id AND place = NEW.place; END;

CREATE TRIGGER poll_choices_named BEFORE INSERT ON poll_choices
  WHEN (SELECT anonymous FROM polls WHERE id = NEW.poll_id) = 1
BEGIN SELECT RAISE(ABORT, 'an anonymous poll keeps no choices'); END;

CREATE TRIGGER poll_choices_uncount AFTER DELETE ON poll_choices
BEGIN UPDATE poll_options SET votes = votes - 1 WHERE poll_id = OLD.poll_id AND place = OLD.place; END;

CREATE TRIGGER poll_options_final BEFORE UPDATE ON poll_options WHEN (SELECT state FROM polls WHERE id = OLD.poll_id) = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed poll is final'); END;

CREATE TRIGGER poll_votes_anonymous BEFORE INSERT ON poll_votes
  WHEN (NEW.at <> 0 OR NEW.chat_id <> 0) AND (SELECT anonymous FROM polls WHERE id = NEW.poll_id) = 1
BEGIN SELECT RAISE(ABORT, 'an anonymous poll keeps neither time nor place of a vote'); END;

CREATE TRIGGER poll_votes_final BEFORE INSERT ON poll_votes WHEN (SELECT state FROM polls WHERE id = NEW.poll_id) = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed poll is final'); END;

CREATE TRIGGER poll_votes_kept BEFORE DELETE ON poll_votes WHEN (SELECT state FROM polls WHERE id = OLD.poll_id) = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed poll is final'); END;

CREATE TRIGGER polls_final BEFORE UPDATE OF state, question, multi, anonymous, hidden, min_days, ends_at, closed_at ON polls WHEN OLD.state = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed poll is final'); END;

CREATE TRIGGER polls_no_delete BEFORE DELETE ON polls
BEGIN SELECT RAISE(ABORT, 'polls are never deleted'); END;

CREATE TRIGGER quiz_practice_answers_stay BEFORE UPDATE ON quiz_practice_answers
BEGIN SELECT RAISE(ABORT, 'an answer of a practice question stays'); END;

CREATE TRIGGER signups_no_delete BEFORE DELETE ON signups
BEGIN SELECT RAISE(ABORT, 'sign-up lists are never deleted'); END;
