package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// States of an announcement.
const (
	AnnouncementPlanned   = "planned" // goes out at DueAt
	AnnouncementSent      = "sent"    // its letters are in the outbox
	AnnouncementMissed    = "missed"  // its time passed while nobody could send it
	AnnouncementCancelled = "cancelled"
)

// Whom an announcement is for.
const (
	TargetAll       = "all"       // every chat its author administers
	TargetCommunity = "community" // the chats of one community
	TargetPlatform  = "platform"  // those of one platform
	TargetChats     = "chats"     // named ones
	TargetHere      = "here"      // the chat it was asked for in
	TargetPeople    = "people"    // direct messages to who allowed them
)

// Announcement is something said to many chats at once.
type Announcement struct {
	ID          int64
	CommunityID int64
	ChatID      int64 // where its report stands
	AccountID   int64 // who asked for it
	Target      string
	Content     string // JSON, owned by the family
	Hash        string // of the content
	State       string
	Corrects    int64     // the announcement it corrects, 0 if none
	DueAt       time.Time // UTC; zero: at once
	CreatedAt   time.Time // UTC
	SentAt      time.Time // UTC
	RecalledAt  time.Time // UTC
	Shown       string    // what its report says now, owned by the family
}

const announcementColumns = "id, community_id, chat_id, account_id, target, content, hash, state, corrects, due_at, created_at, sent_at, recalled_at, shown"

func scanAnnouncement(rows *sql.Rows, a *Announcement) error {
	var due, created, sent, recalled int64
	err := rows.Scan(&a.ID, &a.CommunityID, &a.ChatID, &a.AccountID, &a.Target, &a.Content, &a.Hash, &a.State, &a.Corrects, &due, &created, &sent, &recalled, &a.Shown)
	a.DueAt, a.CreatedAt, a.SentAt, a.RecalledAt = FromMillis(due), FromMillis(created), FromMillis(sent), FromMillis(recalled)
	return err
}

// Addressee is a chat an announcement is for; in direct messages with the
// account of the person.
type Addressee struct {
	ChatID    int64
	AccountID int64
}

// AddAnnouncement stores an announcement and returns it with its number.
func (tx *Tx) AddAnnouncement(ctx context.Context, a Announcement) (Announcement, error) {
	a.CreatedAt = tx.Now
	res, err := tx.q.exec(ctx, `INSERT INTO announcements (community_id, chat_id, account_id, target, content, hash, state, corrects, due_at, created_at, sent_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.CommunityID, a.ChatID, a.AccountID, a.Target, a.Content, a.Hash, a.State, a.Corrects, millis(a.DueAt), millis(a.CreatedAt), millis(a.SentAt))
	if err != nil {
		return a, classify(err)
	}
	a.ID, err = res.LastInsertId()
	return a, classify(err)
}

// AddAddressees says whom an announcement is for, once; their order is that of
// the report.
func (tx *Tx) AddAddressees(ctx context.Context, id int64, to []Addressee) error {
	for i, t := range to {
		if _, err := tx.q.exec(ctx, "INSERT INTO announcement_targets (announcement_id, chat_id, position, account_id) VALUES (?, ?, ?, ?)", id, t.ChatID, i+1, t.AccountID); err != nil {
			return classify(err)
		}
	}
	return nil
}

// Announcement reads one, or ErrNotFound.
func (r *Reader) Announcement(ctx context.Context, id int64) (Announcement, error) {
	all, err := list(ctx, r, scanAnnouncement, "SELECT "+announcementColumns+" FROM announcements WHERE id = ?", id)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Announcement{}, err
	}
	return all[0], nil
}

// Announcements lists the newest ones before a number (0: the newest of all).
func (r *Reader) Announcements(ctx context.Context, before int64, limit int) ([]Announcement, error) {
	return list(ctx, r, scanAnnouncement, "SELECT "+announcementColumns+" FROM announcements WHERE (?1 = 0 OR id < ?1) ORDER BY id DESC LIMIT ?2", before, limit)
}

// PlannedAnnouncements lists what waits for its time between two instants,
// soonest first.
func (r *Reader) PlannedAnnouncements(ctx context.Context, from, until time.Time) ([]Announcement, error) {
	return list(ctx, r, scanAnnouncement, "SELECT "+announcementColumns+" FROM announcements WHERE state = 'planned' AND due_at > ? AND due_at <= ? ORDER BY due_at, id", millis(from), millis(until))
}

// SameAnnouncements lists announcements with the same content made since an
// instant, newest first, without those that were cancelled.
func (r *Reader) SameAnnouncements(ctx context.Context, hash string, since time.Time) ([]Announcement, error) {
	return list(ctx, r, scanAnnouncement, "SELECT "+announcementColumns+" FROM announcements WHERE hash = ? AND created_at >= ? AND state IN ('planned', 'sent') ORDER BY id DESC", hash, millis(since))
}

// MoveAnnouncement takes an announcement from one state to another; ErrDuplicate
// when it is not in the first.
func (tx *Tx) MoveAnnouncement(ctx context.Context, id int64, from, to string) error {
	res, err := tx.q.exec(ctx, "UPDATE announcements SET state = ?1, sent_at = CASE ?1 WHEN 'sent' THEN ?2 ELSE sent_at END WHERE id = ?3 AND state = ?4", to, millis(tx.Now), id, from)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrDuplicate, err)
	}
	return nil
}

// MarkRecalled notes that an announcement was taken back.
func (tx *Tx) MarkRecalled(ctx context.Context, id int64) error {
	_, err := tx.q.exec(ctx, "UPDATE announcements SET recalled_at = ? WHERE id = ?", millis(tx.Now), id)
	return classify(err)
}

// SetShown notes what the report says now.
func (tx *Tx) SetShown(ctx context.Context, id int64, shown string) error {
	_, err := tx.q.exec(ctx, "UPDATE announcements SET shown = ? WHERE id = ?", shown, id)
	return classify(err)
}

// AnnouncementOf finds the announcement that a message of a chat belongs to, by
// the platform's id, or ErrNotFound.
func (r *Reader) AnnouncementOf(ctx context.Context, chatID int64, externalID string) (int64, error) {
	var id int64
	err := r.q.row(ctx, `SELECT l.announcement_id FROM announcement_letters l JOIN outbox o ON o.id = l.letter_id
		WHERE l.chat_id = ? AND l.kind = 'post' AND o.external_id = ? ORDER BY l.announcement_id DESC LIMIT 1`, chatID, externalID).Scan(&id)
	return id, classify(err)
}

// Kinds of an announcement's letters.
const (
	AnnouncePost   = "post"
	AnnounceRecall = "recall"
)

// AddAnnouncementLetter enqueues a letter of an announcement to a chat. chosen
// marks a post that goes out though the one before may have arrived.
func (tx *Tx) AddAnnouncementLetter(ctx context.Context, id int64, kind string, l Letter, chosen bool) error {
	letter, err := tx.Enqueue(ctx, l)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(ctx, `INSERT INTO announcement_letters (announcement_id, chat_id, kind, try, letter_id, chosen)
		SELECT ?1, ?2, ?3, 1 + coalesce(max(try), 0), ?4, ?5 FROM announcement_letters WHERE announcement_id = ?1 AND chat_id = ?2 AND kind = ?3`,
		id, l.ChatID, kind, letter, chosen)
	return classify(err)
}

// AddAnnouncementFailure notes that there was nothing to send to a chat, and why.
func (tx *Tx) AddAnnouncementFailure(ctx context.Context, id, chatID int64, kind, reason string) error {
	_, err := tx.q.exec(ctx, `INSERT INTO announcement_letters (announcement_id, chat_id, kind, try, state, error, settled_at)
		SELECT ?1, ?2, ?3, 1 + coalesce(max(try), 0), 'dead', ?4, ?5 FROM announcement_letters WHERE announcement_id = ?1 AND chat_id = ?2 AND kind = ?3`,
		id, chatID, kind, reason, millis(tx.Now))
	return classify(err)
}

// WithdrawAnnouncement gives up what of an announcement has not left yet. The
// letters that are on their way are not touched.
func (tx *Tx) WithdrawAnnouncement(ctx context.Context, id int64, reason string) (int, error) {
	res, err := tx.q.exec(ctx, `UPDATE outbox SET state = 'dead', error = ?, settled_at = ? WHERE state = 'queued' AND id IN
		(SELECT letter_id FROM announcement_letters WHERE announcement_id = ? AND kind = 'post')`, reason, millis(tx.Now), id)
	if err != nil {
		return 0, classify(err)
	}
	n, err := res.RowsAffected()
	return int(n), classify(err)
}

// Delivered is what became of an announcement in one chat: the outcome of the
// last letter to it.
type Delivered struct {
	Position  int
	Chat      Chat
	AccountID int64
	Tries     int
	LetterID  int64
	State     string // a state of a letter; "" = there is none yet
	Error     string
	SettledAt time.Time // UTC
	Message   string    // the platform's id of the message, "" if none is known
	Recall    string    // state of the letter that takes it back, "" = none
	Why       string    // why it could not be taken back
	Via       string    // the connection that carried it, "" = the chat's own
}

// letterNow is a letter of an announcement, followed to where it was moved and
// with what is kept of it when the outbox has forgotten it.
const letterNow = `coalesce(f.state, o.state, l.state), coalesce(f.error, o.error, l.error), coalesce(f.settled_at, o.settled_at, l.settled_at), coalesce(f.external_id, o.external_id, ''), coalesce(f.via, o.via, '')
	FROM announcement_letters l
	LEFT JOIN outbox o ON o.id = l.letter_id
	LEFT JOIN outbox f ON f.id = o.into_id AND o.state = 'folded'`

// Deliveries lists what became of an announcement, one row per chat.
func (r *Reader) Deliveries(ctx context.Context, id int64) ([]Delivered, error) {
	out, err := list(ctx, r, func(rows *sql.Rows, d *Delivered) error {
		c := &d.Chat
		return rows.Scan(&d.Position, &d.AccountID, &c.ID, &c.Domain, &c.ExternalID, &c.CommunityID, &c.Kind, &c.Title, &c.State, &c.Connection, &c.Language)
	}, `SELECT t.position, t.account_id, h.id, h.domain, h.external_id, coalesce(h.community_id, 0), h.kind, h.title, h.state, h.connection, h.language
		FROM announcement_targets t JOIN chats h ON h.id = t.chat_id WHERE t.announcement_id = ? ORDER BY t.position`, id)
	if err != nil || len(out) == 0 {
		return out, err
	}
	at := make(map[int64]*Delivered, len(out))
	for i := range out {
		at[out[i].Chat.ID] = &out[i]
	}
	type row struct {
		chat              int64
		kind              string
		try               int
		letter, settled   int64
		state, err, extID string
		via               string
	}
	rows, err := list(ctx, r, func(rows *sql.Rows, l *row) error {
		return rows.Scan(&l.chat, &l.kind, &l.try, &l.letter, &l.state, &l.err, &l.settled, &l.extID, &l.via)
	}, "SELECT l.chat_id, l.kind, l.try, l.letter_id, "+letterNow+" WHERE l.announcement_id = ? ORDER BY l.chat_id, l.kind, l.try", id)
	for _, l := range rows {
		d := at[l.chat]
		switch {
		case d == nil:
		case l.kind == AnnounceRecall:
			d.Recall, d.Why = l.state, l.err
		default:
			d.Tries, d.LetterID, d.State, d.Error, d.SettledAt, d.Message, d.Via = l.try, l.letter, l.state, l.err, FromMillis(l.settled), l.extID, l.via
		}
	}
	return out, err
}

// AnnouncedTo reports whether an announcement is for a chat.
func (r *Reader) AnnouncedTo(ctx context.Context, id, chatID int64) (bool, error) {
	var n int
	err := r.q.row(ctx, "SELECT count(*) FROM announcement_targets WHERE announcement_id = ? AND chat_id = ?", id, chatID).Scan(&n)
	return n > 0, classify(err)
}

// keepDelivered copies what became of announcements' letters before the outbox
// forgets them: condition names the rows of the outbox, o, that go.
func (tx *Tx) keepDelivered(ctx context.Context, condition string, args ...any) error {
	_, err := tx.q.exec(ctx, `UPDATE announcement_letters SET state = o.state, error = o.error, settled_at = o.settled_at
		FROM outbox o WHERE o.id = announcement_letters.letter_id AND `+condition, args...)
	return classify(err)
}

// SentSince counts the posts that a chat got, or that wait there for somebody's
// tap, since an instant: some platforms take one or a few a day.
func (r *Reader) SentSince(ctx context.Context, chatID int64, since time.Time) (int, error) {
	var n int
	err := r.q.row(ctx, `SELECT (SELECT count(*) FROM outbox WHERE state = 'waiting' AND chat_id = ?1 AND next_at >= ?2)
		+ (SELECT count(*) FROM outbox WHERE settled_at > 0 AND settled_at >= ?2 AND chat_id = ?1 AND verb = 'send' AND state IN ('sent', 'uncertain'))`,
		chatID, millis(since)).Scan(&n)
	return n, classify(err)
}
