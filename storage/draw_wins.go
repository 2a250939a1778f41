package storage

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// DrawWin is a ticket that was drawn for a prize.
type DrawWin struct {
	DrawID    int64
	Place     int // in the order of the drawing, substitutes behind the winners
	Prize     int // index
	Ticket    int64
	State     string
	DueAt     time.Time // until when it may be claimed, zero = without end
	ClaimedAt time.Time
	Delivery  string // what its holder wrote, forgotten after ForgetAt
	ForgetAt  time.Time
	Name      string
	PersonID  int64
	AccountID int64
}

// States of a win.
const (
	WinOpen    = "won"
	WinClaimed = "claimed"
	WinMoved   = "moved" // on to somebody else, or to nobody
	WinVoid    = "void"  // given up by the rules, nobody gets it
)

const winSelect = `SELECT w.draw_id, w.place, w.prize, w.ticket, w.state, w.due_at, w.claimed_at, w.delivery, w.forget_at, a.name, e.person_id, e.account_id
	FROM draw_wins w JOIN draw_entries e ON e.draw_id = w.draw_id AND e.ticket = w.ticket JOIN accounts a ON a.id = e.account_id `

func scanDrawWin(row interface{ Scan(...any) error }, w *DrawWin) error {
	var due, claimed, forget int64
	err := row.Scan(&w.DrawID, &w.Place, &w.Prize, &w.Ticket, &w.State, &due, &claimed, &w.Delivery, &forget, &w.Name, &w.PersonID, &w.AccountID)
	w.DueAt, w.ClaimedAt, w.ForgetAt = FromMillis(due), FromMillis(claimed), FromMillis(forget)
	return err
}

// DrawWins lists everybody who was drawn, in the order of the drawing.
func (r *Reader) DrawWins(ctx context.Context, draw int64) ([]DrawWin, error) {
	return list(ctx, r, func(rows *sql.Rows, w *DrawWin) error { return scanDrawWin(rows, w) }, winSelect+"WHERE w.draw_id = ? ORDER BY w.place", draw)
}

// DrawWin finds what a person was drawn for, or ErrNotFound.
func (r *Reader) DrawWin(ctx context.Context, draw, personID int64) (DrawWin, error) {
	var w DrawWin
	err := scanDrawWin(r.q.row(ctx, winSelect+"WHERE w.draw_id = ? AND e.person_id = ? ORDER BY w.place DESC LIMIT 1", draw, personID), &w)
	return w, classify(err)
}

// WonIn reports whether a person holds, or held, a prize of a draw.
func (r *Reader) WonIn(ctx context.Context, draw, personID int64) (bool, error) {
	var n int
	err := r.q.row(ctx, `SELECT count(*) FROM draw_entries e JOIN draw_wins w ON w.draw_id = e.draw_id AND w.ticket = e.ticket
		WHERE e.person_id = ? AND e.draw_id = ? AND w.state IN ('won', 'claimed')`, personID, draw).Scan(&n)
	return n > 0, classify(err)
}

// AddWin stores a ticket that was drawn. A ticket is drawn once: the second
// time is ErrDuplicate.
func (tx *Tx) AddWin(ctx context.Context, w DrawWin) error {
	_, err := tx.q.exec(ctx, "INSERT INTO draw_wins (draw_id, place, prize, ticket, state, due_at) VALUES (?, ?, ?, ?, 'won', ?)",
		w.DrawID, w.Place, w.Prize, w.Ticket, millis(w.DueAt))
	return classify(err)
}

// SetWinsDue says until when the prizes of an instant draw may be claimed.
func (tx *Tx) SetWinsDue(ctx context.Context, draw int64, until time.Time) error {
	_, err := tx.q.exec(ctx, "UPDATE draw_wins SET due_at = ? WHERE draw_id = ? AND due_at = 0", millis(until), draw)
	return classify(err)
}

// EndWin takes a prize from its holder; ErrDuplicate when it is not his, or
// when he has claimed it and claimed is false.
func (tx *Tx) EndWin(ctx context.Context, draw, ticket int64, state string, claimed bool) error {
	res, err := tx.q.exec(ctx, `UPDATE draw_wins SET state = ?1, delivery = '', forget_at = 0
		WHERE draw_id = ?2 AND ticket = ?3 AND (state = 'won' OR (?4 AND state = 'claimed'))`, state, draw, ticket, claimed)
	return once(res, err, fmt.Sprintf("prize of ticket %d of draw %d", ticket, draw))
}

// ClaimWin notes that a winner claimed his prize, with what he wrote for its
// delivery. Claiming again changes only the latter.
func (tx *Tx) ClaimWin(ctx context.Context, draw, ticket int64, delivery string, forget time.Time) error {
	res, err := tx.q.exec(ctx, `UPDATE draw_wins SET state = 'claimed', claimed_at = CASE claimed_at WHEN 0 THEN ?1 ELSE claimed_at END, delivery = ?2, forget_at = ?3
		WHERE draw_id = ?4 AND ticket = ?5 AND state IN ('won', 'claimed')`, millis(tx.Now), delivery, millis(forget), draw, ticket)
	return once(res, err, fmt.Sprintf("prize of ticket %d of draw %d", ticket, draw))
}

// ForgetDeliveries removes what winners wrote for the delivery of prizes, and
// the letters that carried it, once its time is over.
func (tx *Tx) ForgetDeliveries(ctx context.Context, kinds ...string) error {
	if _, err := tx.q.exec(ctx, "UPDATE draw_wins SET delivery = '', forget_at = 0 WHERE delivery <> '' AND forget_at <= ?", millis(tx.Now)); err != nil {
		return classify(err)
	}
	for _, kind := range kinds {
		if _, err := tx.q.exec(ctx, `UPDATE outbox SET content = '{"text":""}' WHERE kind = ? AND settled_at > 0`, kind); err != nil {
			return classify(err)
		}
	}
	return nil
}

// KeepDeliveries is how long what a winner wrote for the delivery is kept.
const KeepDeliveries = 30 * 24 * time.Hour

// DrawChange is a prize that moved on.
type DrawChange struct {
	At     time.Time
	Prize  int
	From   int64
	To     int64 // 0 = nobody was left
	Reason string
}

// DrawChanges lists the prizes of a draw that moved on, oldest first.
func (r *Reader) DrawChanges(ctx context.Context, draw int64) ([]DrawChange, error) {
	return list(ctx, r, func(rows *sql.Rows, c *DrawChange) error {
		var at int64
		err := rows.Scan(&at, &c.Prize, &c.From, &c.To, &c.Reason)
		c.At = FromMillis(at)
		return err
	}, "SELECT at, prize, from_ticket, to_ticket, reason FROM draw_changes WHERE draw_id = ? ORDER BY n", draw)
}

// AddChange stores a prize that moved on. From one ticket it moves once: the
// second time is ErrDuplicate.
func (tx *Tx) AddChange(ctx context.Context, draw int64, c DrawChange) error {
	_, err := tx.q.exec(ctx, `INSERT INTO draw_changes (draw_id, n, at, prize, from_ticket, to_ticket, reason)
		VALUES (?1, 1 + (SELECT count(*) FROM draw_changes WHERE draw_id = ?1), ?2, ?3, ?4, ?5, ?6)`, draw, millis(c.At), c.Prize, c.From, c.To, c.Reason)
	return classify(err)
}

// AddCode puts a code into the pool of a prize and reports whether it is new.
func (tx *Tx) AddCode(ctx context.Context, draw int64, prize int, code string) (bool, error) {
	res, err := tx.q.exec(ctx, "INSERT INTO draw_codes (draw_id, prize, code) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", draw, prize, code)
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}

// KnownCodes are the codes of a prize, given out or not.
func (r *Reader) KnownCodes(ctx context.Context, draw int64, prize int) (map[string]bool, error) {
	all, err := list(ctx, r, func(rows *sql.Rows, code *string) error { return rows.Scan(code) }, "SELECT code FROM draw_codes WHERE draw_id = ? AND prize = ?", draw, prize)
	known := make(map[string]bool, len(all))
	for _, c := range all {
		known[c] = true
	}
	return known, err
}

// CountCodes counts the codes of a prize, and those that nobody got yet.
func (r *Reader) CountCodes(ctx context.Context, draw int64, prize int) (all, left int, err error) {
	err = r.q.row(ctx, "SELECT count(*), count(*) FILTER (WHERE ticket = 0) FROM draw_codes WHERE draw_id = ? AND prize = ?", draw, prize).Scan(&all, &left)
	return all, left, classify(err)
}

// GiveCode gives a ticket a code of its prize: the same one whenever it is
// asked for. ErrNotFound when the pool is empty.
func (tx *Tx) GiveCode(ctx context.Context, draw int64, prize int, ticket int64) (string, error) {
	var code string
	err := classify(tx.q.row(ctx, "SELECT code FROM draw_codes WHERE draw_id = ? AND ticket = ?", draw, ticket).Scan(&code))
	if err == nil {
		return code, nil
	}
	err = tx.q.row(ctx, `UPDATE draw_codes SET ticket = ?3, given_at = ?4
		WHERE id = (SELECT min(id) FROM draw_codes WHERE draw_id = ?1 AND prize = ?2 AND ticket = 0) RETURNING code`, draw, prize, ticket, millis(tx.Now)).Scan(&code)
	return code, classify(err)
}

// Trait is what conditions of draws ask about a person in a community.
type Trait struct {
	PersonID int64
	Joined   time.Time // into the group where he is longest; zero if he is in none
	Messages int64     // on the chat days asked for, in all groups
	Streak   int
	LastDay  string
	Balance  int64
}

const traits = `SELECT p.person_id,
		COALESCE((SELECT min(x.joined_at) FROM accounts a JOIN presence x ON x.account_id = a.id JOIN chats h ON h.id = x.chat_id
			WHERE a.person_id = p.person_id AND h.community_id = ?1 AND h.kind = 'group' AND x.present = 1), 0),
		COALESCE((SELECT sum(d.messages) FROM accounts a JOIN talk_days d ON d.account_id = a.id AND d.day >= ?2 JOIN chats h ON h.id = d.chat_id
			WHERE a.person_id = p.person_id AND h.community_id = ?1), 0),
		COALESCE(m.streak, 0), COALESCE(m.last_day, ''), COALESCE(m.balance, 0)
	FROM (%s) p LEFT JOIN members m ON m.community_id = ?1 AND m.person_id = p.person_id`

const (
	onePerson = "SELECT ?3 AS person_id"
	allPeople = `SELECT DISTINCT a.person_id FROM chats h JOIN presence x ON x.chat_id = h.id AND x.present = 1
		JOIN accounts a ON a.id = x.account_id WHERE h.community_id = ?1 AND h.kind = 'group'`
)

func scanTrait(rows *sql.Rows, t *Trait) error {
	var joined int64
	err := rows.Scan(&t.PersonID, &joined, &t.Messages, &t.Streak, &t.LastDay, &t.Balance)
	t.Joined = FromMillis(joined)
	return err
}

// Traits tells what conditions ask about a person. Messages are counted from a
// chat day on.
func (r *Reader) Traits(ctx context.Context, community, personID int64, fromDay string) (Trait, error) {
	out, err := list(ctx, r, scanTrait, fmt.Sprintf(traits, onePerson), community, fromDay, personID)
	if err != nil || len(out) == 0 {
		return Trait{PersonID: personID}, err
	}
	return out[0], nil
}

// AllTraits does so for everybody who is in a group of the community.
func (r *Reader) AllTraits(ctx context.Context, community int64, fromDay string) ([]Trait, error) {
	return list(ctx, r, scanTrait, fmt.Sprintf(traits, allPeople)+" ORDER BY p.person_id", community, fromDay)
}

// CountTalk adds one message of an account to the count of a chat day.
func (tx *Tx) CountTalk(ctx context.Context, chatID, accountID int64, day string) error {
	_, err := tx.q.exec(ctx, `INSERT INTO talk_days (chat_id, account_id, day, messages) VALUES (?, ?, ?, 1)
		ON CONFLICT DO UPDATE SET messages = messages + 1`, chatID, accountID, day)
	return classify(err)
}
