package storage

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"gorm.io/gorm"
)

// Person owns accounts; points belong to a person inside a community.
type Person struct {
	ID        int64
	Name      string // display name of the account used last
	Language  string // chosen with /lang, "" = the default
	Home      int64  // community chosen with /use, 0 = none
	Operator  bool
	ErasedAt  int64 // ms UTC, 0 = not erased
	Merged    int64 `gorm:"column:merged_into"` // the person who has his accounts since a bind, 0 = himself
	CreatedAt int64 // ms UTC
}

// TableName implements gorm's Tabler.
func (Person) TableName() string { return "people" }

// Account is one identity on one platform.
type Account struct {
	ID         int64
	Domain     string
	ExternalID string
	PersonID   int64
	Name       string
	Username   string // without @
	Language   string // the client's language tag
	UpdatedAt  int64  // ms UTC
}

const accountColumns = "id, domain, external_id, person_id, name, username, language, updated_at"

func scanAccount(row interface{ Scan(...any) error }, a *Account) error {
	return row.Scan(&a.ID, &a.Domain, &a.ExternalID, &a.PersonID, &a.Name, &a.Username, &a.Language, &a.UpdatedAt)
}

func scanAccounts(rows *sql.Rows, a *Account) error { return scanAccount(rows, a) }

// Seen is what a platform tells of an account.
type Seen struct {
	Domain, ExternalID, Name, Username, Language string
	// Nick is the name of an account at first sight if there is no Name; without
	// one its id stands there.
	Nick string
}

// Touch finds the account, making it and its person at first sight, and keeps
// the names fresh.
func (tx *Tx) Touch(ctx context.Context, s Seen) (Account, error) {
	a, err := tx.AccountByRef(ctx, s.Domain, s.ExternalID)
	switch {
	case errors.Is(err, ErrNotFound):
		return tx.addAccount(ctx, s)
	case err != nil:
		return a, err
	}
	if s.Name == "" || (s.Name == a.Name && s.Username == a.Username) {
		return a, nil
	}
	a.Name, a.Username, a.UpdatedAt = s.Name, s.Username, millis(tx.Now)
	if s.Language != "" {
		a.Language = s.Language
	}
	_, err = tx.q.exec(ctx, "UPDATE accounts SET name = ?, username = ?, language = ?, updated_at = ? WHERE id = ?",
		a.Name, a.Username, a.Language, a.UpdatedAt, a.ID)
	if err == nil {
		_, err = tx.q.exec(ctx, "UPDATE people SET name = ? WHERE id = ?", a.Name, a.PersonID)
	}
	return a, classify(err)
}

func (tx *Tx) addAccount(ctx context.Context, s Seen) (Account, error) {
	now := millis(tx.Now)
	a := Account{Domain: s.Domain, ExternalID: s.ExternalID, Name: s.Name, Username: s.Username, Language: s.Language, UpdatedAt: now}
	if a.Name == "" {
		a.Name = s.Nick
	}
	if a.Name == "" {
		a.Name = s.ExternalID
	}
	res, err := tx.q.exec(ctx, "INSERT INTO people (name, created_at) VALUES (?, ?)", a.Name, now)
	if err != nil {
		return a, classify(err)
	}
	if a.PersonID, err = res.LastInsertId(); err != nil {
		return a, classify(err)
	}
	res, err = tx.q.exec(ctx, "INSERT INTO accounts (domain, external_id, person_id, name, username, language, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		a.Domain, a.ExternalID, a.PersonID, a.Name, a.Username, a.Language, now)
	if err != nil {
		return a, classify(err)
	}
	a.ID, err = res.LastInsertId()
	return a, classify(err)
}

// AccountByRef finds an account by its platform id, or ErrNotFound.
func (r *Reader) AccountByRef(ctx context.Context, domain, id string) (Account, error) {
	var a Account
	err := scanAccount(r.q.row(ctx, "SELECT "+accountColumns+" FROM accounts WHERE domain = ? AND external_id = ?", domain, id), &a)
	return a, classify(err)
}

// Account finds an account by its row, or ErrNotFound.
func (r *Reader) Account(ctx context.Context, id int64) (Account, error) {
	var a Account
	err := scanAccount(r.q.row(ctx, "SELECT "+accountColumns+" FROM accounts WHERE id = ?", id), &a)
	return a, classify(err)
}

// AccountByUsername finds an account by its username, in any case of letters.
func (r *Reader) AccountByUsername(ctx context.Context, domain, username string) (Account, error) {
	var a Account
	err := scanAccount(r.q.row(ctx, "SELECT "+accountColumns+" FROM accounts WHERE domain = ? AND username = ? COLLATE NOCASE AND username <> '' ORDER BY updated_at DESC LIMIT 1",
		domain, strings.TrimPrefix(username, "@")), &a)
	return a, classify(err)
}

// AccountsNamed finds the people of a chat who carry a display name.
func (r *Reader) AccountsNamed(ctx context.Context, chatID int64, name string) ([]Account, error) {
	return list(ctx, r, scanAccounts, `SELECT a.id, a.domain, a.external_id, a.person_id, a.name, a.username, a.language, a.updated_at
		FROM accounts a JOIN presence p ON p.account_id = a.id
		WHERE p.chat_id = ? AND a.name = ? COLLATE NOCASE ORDER BY a.id LIMIT 5`, chatID, name)
}

// AccountsOf lists the accounts of a person.
func (r *Reader) AccountsOf(ctx context.Context, personID int64) ([]Account, error) {
	return list(ctx, r, scanAccounts, "SELECT "+accountColumns+" FROM accounts WHERE person_id = ? ORDER BY id", personID)
}

// Person reads a person, or ErrNotFound.
func (r *Reader) Person(ctx context.Context, id int64) (Person, error) {
	var p Person
	err := r.q.row(ctx, "SELECT id, name, language, home, operator, erased_at, merged_into, created_at FROM people WHERE id = ?", id).
		Scan(&p.ID, &p.Name, &p.Language, &p.Home, &p.Operator, &p.ErasedAt, &p.Merged, &p.CreatedAt)
	return p, classify(err)
}

// SetPersonLanguage stores the answer of /lang in a private chat.
func (tx *Tx) SetPersonLanguage(ctx context.Context, id int64, language string) error {
	_, err := gorm.G[Person](tx.g).Where("id = ?", id).Update(ctx, "language", language)
	return classify(err)
}

// SetHome stores the community that a person's private commands act on.
func (tx *Tx) SetHome(ctx context.Context, id, community int64) error {
	_, err := gorm.G[Person](tx.g).Where("id = ?", id).Update(ctx, "home", community)
	return classify(err)
}

// SetOperator gives or takes the rights of an operator.
func (tx *Tx) SetOperator(ctx context.Context, id int64, on bool) error {
	_, err := gorm.G[Person](tx.g).Where("id = ?", id).Update(ctx, "operator", on)
	return classify(err)
}

// Operators lists the accounts of all operators that /admin claim made.
func (r *Reader) Operators(ctx context.Context) ([]Account, error) {
	return list(ctx, r, scanAccounts, `SELECT a.id, a.domain, a.external_id, a.person_id, a.name, a.username, a.language, a.updated_at
		FROM people p CROSS JOIN accounts a ON a.person_id = p.id WHERE p.operator = 1 ORDER BY a.id`)
}

// ErasePerson replaces what names a person by a pseudonym. Ledger and
// check-ins stay, so that every sum and every draw can still be re-computed.
// Whoever became part of him by a bind goes with him.
func (tx *Tx) ErasePerson(ctx context.Context, id int64, pseudonym string) error {
	all, err := tx.Merged(ctx, id)
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := tx.eraseOne(ctx, one, pseudonym); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) eraseOne(ctx context.Context, id int64, pseudonym string) error {
	now := millis(tx.Now)
	if err := tx.WithdrawDMs(ctx, id, "announce.dm", "opted out"); err != nil {
		return err
	}
	if err := tx.eraseSignups(ctx, id); err != nil {
		return err
	}
	if err := tx.eraseVotes(ctx, id); err != nil {
		return err
	}
	// What he was told goes; how many got an announcement stays.
	if err := tx.keepDelivered(ctx, "o.state NOT IN ('queued', 'sending') AND o.account_id IN (SELECT id FROM accounts WHERE person_id = ?)", id); err != nil {
		return err
	}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		// The external id is kept out of the row: whoever comes back is a new person.
		// Who is still in a customer group stays on the platform's list of it.
		{"DELETE FROM contact_members WHERE left_at > 0 AND user IN (SELECT external_id FROM accounts WHERE domain = 'wecom' AND person_id = ?)", []any{id}},
		{"UPDATE accounts SET name = ?, username = '', language = '', external_id = 'erased:' || id, updated_at = ? WHERE person_id = ?", []any{pseudonym, now, id}},
		{"UPDATE people SET name = ?, language = '', home = 0, operator = 0, erased_at = ? WHERE id = ?", []any{pseudonym, now, id}},
		{"UPDATE binds SET state = 'erased' WHERE state = 'live' AND (from_person = ?1 OR into_person = ?1)", []any{id}},
		{"DELETE FROM bind_codes WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"DELETE FROM bind_tries WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"DELETE FROM chat_admins WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"DELETE FROM presence WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"DELETE FROM talk_days WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		// The ticket stays, so that the draw can be computed again; without the salt nobody can tell whose it was.
		{"UPDATE draw_entries SET salt = '' WHERE person_id = ?", []any{id}},
		{`UPDATE draw_wins SET delivery = '', forget_at = 0 WHERE EXISTS
			(SELECT 1 FROM draw_entries e WHERE e.draw_id = draw_wins.draw_id AND e.ticket = draw_wins.ticket AND e.person_id = ?)`, []any{id}},
		{"DELETE FROM draw_refusals WHERE person_id = ?", []any{id}},
		// What its organiser was told of an address is blanked as well, whosever it was: he can ask again.
		{`UPDATE outbox SET content = '{"text":""}' WHERE kind = 'draw.winners' AND settled_at > 0 AND content <> '{"text":""}'`, nil},
		{"DELETE FROM previews WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"DELETE FROM outbox WHERE state NOT IN ('queued', 'sending') AND account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"DELETE FROM dm_consents WHERE person_id = ?", []any{id}},
		{"DELETE FROM talk_lines WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"DELETE FROM human_calls WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		// The number of a ticket stays, so that it is not given again.
		{"DELETE FROM feedback_replies WHERE feedback_id IN (SELECT f.id FROM feedback f JOIN accounts a ON a.id = f.account_id WHERE a.person_id = ?)", []any{id}},
		{"UPDATE feedback SET text = '', state = 'closed', closed_at = max(closed_at, ?) WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{now, id}},
		// What he asked and answered goes; that an answer was accepted stands in the ledger.
		{"DELETE FROM question_agrees WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"UPDATE question_answers SET text = '' WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"UPDATE questions SET text = '', state = 'closed' WHERE account_id IN (SELECT id FROM accounts WHERE person_id = ?)", []any{id}},
		{"UPDATE members SET hidden = 1 WHERE person_id = ?", []any{id}},
		{"UPDATE scores SET hidden = 1 WHERE member_id IN (SELECT id FROM members WHERE person_id = ?)", []any{id}},
	} {
		if _, err := tx.q.exec(ctx, step.sql, step.args...); err != nil {
			return classify(err)
		}
	}
	return nil
}
