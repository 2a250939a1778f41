package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Rule is one version of a family of reward rules.
type Rule struct {
	CommunityID int64
	Family      string
	Version     int       // 1 is the first that was set; 0 = the built-in default
	Data        string    // JSON, owned by the command family
	From        time.Time // in force from here on, UTC
	AuditID     int64
	CreatedAt   time.Time // UTC
}

func scanRule(row interface{ Scan(...any) error }, u *Rule) error {
	var from, created int64
	err := row.Scan(&u.CommunityID, &u.Family, &u.Version, &u.Data, &from, &u.AuditID, &created)
	u.From, u.CreatedAt = FromMillis(from), FromMillis(created)
	return err
}

const ruleColumns = "community_id, family, version, data, from_at, audit_id, created_at"

// RuleAt gives the rule in force at an instant, or ErrNotFound when none was
// ever set: the family's default holds then.
func (r *Reader) RuleAt(ctx context.Context, community int64, family string, at time.Time) (Rule, error) {
	var u Rule
	err := scanRule(r.q.row(ctx, "SELECT "+ruleColumns+" FROM rules WHERE community_id = ? AND family = ? AND from_at <= ? ORDER BY version DESC LIMIT 1",
		community, family, millis(at)), &u)
	return u, classify(err)
}

// NewestRule gives the version set last, in force or not, or ErrNotFound.
func (r *Reader) NewestRule(ctx context.Context, community int64, family string) (Rule, error) {
	var u Rule
	err := scanRule(r.q.row(ctx, "SELECT "+ruleColumns+" FROM rules WHERE community_id = ? AND family = ? ORDER BY version DESC LIMIT 1", community, family), &u)
	return u, classify(err)
}

// RuleVersion reads one version, or ErrNotFound.
func (r *Reader) RuleVersion(ctx context.Context, community int64, family string, version int) (Rule, error) {
	var u Rule
	err := scanRule(r.q.row(ctx, "SELECT "+ruleColumns+" FROM rules WHERE community_id = ? AND family = ? AND version = ?", community, family, version), &u)
	return u, classify(err)
}

// RuleVersions lists the versions of a family, oldest first.
func (r *Reader) RuleVersions(ctx context.Context, community int64, family string) ([]Rule, error) {
	return list(ctx, r, func(rows *sql.Rows, u *Rule) error { return scanRule(rows, u) },
		"SELECT "+ruleColumns+" FROM rules WHERE community_id = ? AND family = ? ORDER BY version", community, family)
}

// AddRule adds the next version of a family and returns it.
func (tx *Tx) AddRule(ctx context.Context, u Rule) (Rule, error) {
	last, err := tx.NewestRule(ctx, u.CommunityID, u.Family)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return u, err
	}
	// Version 1 is the default that held before the first change.
	u.Version, u.CreatedAt = max(last.Version, 1)+1, tx.Now
	_, err = tx.q.exec(ctx, "INSERT INTO rules ("+ruleColumns+") VALUES (?, ?, ?, ?, ?, ?, ?)",
		u.CommunityID, u.Family, u.Version, u.Data, millis(u.From), u.AuditID, millis(u.CreatedAt))
	return u, classify(err)
}

// Audited is one row of the audit: who changed what, from what to what.
type Audited struct {
	ID          int64
	CommunityID int64
	ChatID      int64
	PersonID    int64 // 0 = an anonymous administrator or the program
	Action      string
	Before      string // JSON
	After       string // JSON
	Reason      string
	At          time.Time // UTC
	UndoUntil   time.Time // UTC; zero = cannot be undone
	UndoneBy    int64
}

// Audit writes a row and returns its id: the number that /undo takes.
func (tx *Tx) Audit(ctx context.Context, a Audited) (int64, error) {
	for _, s := range []*string{&a.Before, &a.After} {
		if *s == "" {
			*s = "{}"
		}
	}
	res, err := tx.q.exec(ctx, `INSERT INTO audit (community_id, chat_id, person_id, action, before, after, reason, at, undo_until)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, a.CommunityID, a.ChatID, a.PersonID, a.Action, a.Before, a.After, a.Reason, millis(tx.Now), millis(a.UndoUntil))
	if err != nil {
		return 0, classify(err)
	}
	id, err := res.LastInsertId()
	return id, classify(err)
}

// AuditRow reads a row of the audit, or ErrNotFound.
func (r *Reader) AuditRow(ctx context.Context, id int64) (Audited, error) {
	a, err := list(ctx, r, scanAudit, "SELECT "+auditColumns+" FROM audit WHERE id = ?", id)
	if err == nil && len(a) == 0 {
		return Audited{}, ErrNotFound
	}
	if err != nil {
		return Audited{}, err
	}
	return a[0], nil
}

const auditColumns = "id, community_id, chat_id, person_id, action, before, after, reason, at, undo_until, undone_by"

func scanAudit(rows *sql.Rows, a *Audited) error {
	var at, until int64
	err := rows.Scan(&a.ID, &a.CommunityID, &a.ChatID, &a.PersonID, &a.Action, &a.Before, &a.After, &a.Reason, &at, &until, &a.UndoneBy)
	a.At, a.UndoUntil = FromMillis(at), FromMillis(until)
	return err
}

// MarkUndone notes which audit row took another one back. A row can be undone
// once: the second time is ErrDuplicate.
func (tx *Tx) MarkUndone(ctx context.Context, id, by int64) error {
	res, err := tx.q.exec(ctx, "UPDATE audit SET undone_by = ? WHERE id = ? AND undone_by = 0", by, id)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}
