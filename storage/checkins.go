package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Checkin is one member's check-in on one chat day.
type Checkin struct {
	MemberID int64
	Day      string // chat day, 2006-01-02
	At       time.Time
	Place    int // the how-manieth of the community that day; 0 for a repaired day
	Gained   int64
	Streak   int // as it was then
	Repaired bool
	ChatID   int64
	// Origin is the member of whom this day is a copy since two persons became
	// one, 0 = his own. A copy is stored as a repaired day.
	Origin int64
}

const checkinColumns = "member_id, day, at, place, gained, streak, repaired, chat_id, origin"

func scanCheckin(row interface{ Scan(...any) error }, c *Checkin) error {
	var at int64
	err := row.Scan(&c.MemberID, &c.Day, &at, &c.Place, &c.Gained, &c.Streak, &c.Repaired, &c.ChatID, &c.Origin)
	c.At = FromMillis(at)
	return err
}

// Checkin reads a member's check-in of a day, or ErrNotFound.
func (r *Reader) Checkin(ctx context.Context, memberID int64, day string) (Checkin, error) {
	var c Checkin
	err := scanCheckin(r.q.row(ctx, "SELECT "+checkinColumns+" FROM checkins WHERE member_id = ? AND day = ?", memberID, day), &c)
	return c, classify(err)
}

// CheckinsUpTo lists the days a member checked in, newest first, up to a day.
func (r *Reader) CheckinsUpTo(ctx context.Context, memberID int64, day string, limit int) ([]Checkin, error) {
	return list(ctx, r, func(rows *sql.Rows, c *Checkin) error { return scanCheckin(rows, c) },
		"SELECT "+checkinColumns+" FROM checkins WHERE member_id = ? AND day <= ? ORDER BY day DESC LIMIT ?", memberID, day, limit)
}

// DayCheckins counts a community's check-ins of a day.
func (r *Reader) DayCheckins(ctx context.Context, community int64, day string) (int, error) {
	var n int
	err := classify(r.q.row(ctx, "SELECT checkins FROM community_days WHERE community_id = ? AND day = ?", community, day).Scan(&n))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// CheckinsBetween lists all check-ins of a community from one chat day to
// another, both included, oldest first.
func (r *Reader) CheckinsBetween(ctx context.Context, community int64, from, to string) ([]Checkin, error) {
	return list(ctx, r, func(rows *sql.Rows, c *Checkin) error { return scanCheckin(rows, c) },
		`SELECT c.member_id, c.day, c.at, c.place, c.gained, c.streak, c.repaired, c.chat_id, c.origin
		FROM members m JOIN checkins c ON c.member_id = m.id
		WHERE m.community_id = ? AND c.day BETWEEN ? AND ? ORDER BY c.day, c.at`, community, from, to)
}

// AddCheckin records a check-in; c.Place is filled in. A second one on the
// same chat day is ErrDuplicate, whatever arrives in parallel. The day's count
// follows by trigger.
func (tx *Tx) AddCheckin(ctx context.Context, m Member, c Checkin) (Checkin, error) {
	c.MemberID = m.ID
	err := tx.q.row(ctx, `INSERT INTO checkins (member_id, day, at, place, gained, streak, repaired, chat_id)
		VALUES (?1, ?2, ?3, CASE WHEN ?6 THEN 0 ELSE 1 + COALESCE((SELECT checkins FROM community_days WHERE community_id = ?8 AND day = ?2), 0) END, ?4, ?5, ?6, ?7)
		RETURNING place`,
		m.ID, c.Day, millis(c.At), c.Gained, c.Streak, c.Repaired, c.ChatID, m.CommunityID).Scan(&c.Place)
	return c, classify(err)
}

// SetStreak stores what the days add up to now.
func (tx *Tx) SetStreak(ctx context.Context, memberID int64, streak, best int, lastDay string) error {
	_, err := tx.q.exec(ctx, "UPDATE members SET streak = ?, best_streak = ?, last_day = ? WHERE id = ?", streak, best, lastDay, memberID)
	return classify(err)
}

// LongestStreak names the member with the longest streak among those who
// checked in on a day, or ErrNotFound.
func (r *Reader) LongestStreak(ctx context.Context, community int64, day string) (name string, days int, err error) {
	err = r.q.row(ctx, `SELECT p.name, m.streak FROM members m JOIN people p ON p.id = m.person_id
		WHERE m.community_id = ? AND m.hidden = 0 AND m.last_day = ? ORDER BY m.streak DESC, m.id LIMIT 1`, community, day).Scan(&name, &days)
	return name, days, classify(err)
}
