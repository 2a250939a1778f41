-- What is said to a person once and then not for a while is kept by what it is
-- about: who was told no still gets an answer when he calls.
CREATE TABLE refusals_new (
  chat_id    INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  about      TEXT    NOT NULL CHECK (about IN ('role', 'call')),
  until      INTEGER NOT NULL,
  PRIMARY KEY (chat_id, account_id, about)
) STRICT, WITHOUT ROWID;
INSERT INTO refusals_new (chat_id, account_id, about, until) SELECT chat_id, account_id, 'role', until FROM refusals;
DROP TABLE refusals;
ALTER TABLE refusals_new RENAME TO refusals;
