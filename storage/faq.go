package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// FAQ is an answer that is given by itself, and the words that lead to it.
type FAQ struct {
	ID          int64
	CommunityID int64
	Number      int // what people call it, per community; never used again
	Mode        string
	Words       []string
	Answer      string // plain text
	Links       []FAQLink
	Picture     string // JSON of chat.Picture, "" = none
	Cooldown    time.Duration
	Hits        int64
	CreatedAt   time.Time // UTC
	ChangedAt   time.Time // UTC
	DeletedAt   time.Time // UTC, zero = in force
}

// FAQLink is a button below an answer.
type FAQLink struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

const faqColumns = "id, community_id, number, mode, words, answer, links, picture, cooldown_s, hits, created_at, changed_at, deleted_at"

func scanFAQ(rows *sql.Rows, f *FAQ) error {
	var words, links string
	var cooldown, created, changed, deleted int64
	err := rows.Scan(&f.ID, &f.CommunityID, &f.Number, &f.Mode, &words, &f.Answer, &links, &f.Picture, &cooldown, &f.Hits, &created, &changed, &deleted)
	if err != nil {
		return err
	}
	f.Cooldown, f.CreatedAt, f.ChangedAt, f.DeletedAt = time.Duration(cooldown)*time.Second, FromMillis(created), FromMillis(changed), FromMillis(deleted)
	if err := json.Unmarshal([]byte(words), &f.Words); err != nil {
		return fmt.Errorf("faq %d: words: %w", f.ID, err)
	}
	if err := json.Unmarshal([]byte(links), &f.Links); err != nil {
		return fmt.Errorf("faq %d: links: %w", f.ID, err)
	}
	return nil
}

// FAQs lists the answers in force in a community, by number.
func (r *Reader) FAQs(ctx context.Context, community int64) ([]FAQ, error) {
	return list(ctx, r, scanFAQ, "SELECT "+faqColumns+" FROM faqs WHERE community_id = ? AND deleted_at = 0 ORDER BY number", community)
}

// FAQ finds an answer by its number, deleted or not; or ErrNotFound.
func (r *Reader) FAQ(ctx context.Context, community int64, number int) (FAQ, error) {
	all, err := list(ctx, r, scanFAQ, "SELECT "+faqColumns+" FROM faqs WHERE community_id = ? AND number = ?", community, number)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return FAQ{}, err
	}
	return all[0], nil
}

// FAQByID finds an answer by its row, deleted or not; or ErrNotFound.
func (r *Reader) FAQByID(ctx context.Context, id int64) (FAQ, error) {
	all, err := list(ctx, r, scanFAQ, "SELECT "+faqColumns+" FROM faqs WHERE id = ?", id)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return FAQ{}, err
	}
	return all[0], nil
}

// AddFAQ adds an answer with the next number of its community.
func (tx *Tx) AddFAQ(ctx context.Context, f FAQ) (FAQ, error) {
	words, links, err := f.lists()
	if err != nil {
		return f, err
	}
	f.CreatedAt, f.ChangedAt = tx.Now, tx.Now
	err = tx.q.row(ctx, `INSERT INTO faqs (community_id, number, mode, words, answer, links, picture, cooldown_s, created_at, changed_at)
		VALUES (?1, (SELECT COALESCE(max(number), 0) + 1 FROM faqs WHERE community_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) RETURNING id, number`,
		f.CommunityID, f.Mode, words, f.Answer, links, f.Picture, int64(f.Cooldown/time.Second), millis(tx.Now)).Scan(&f.ID, &f.Number)
	return f, classify(err)
}

// UpdateFAQ stores everything of an answer but its number and its hits.
func (tx *Tx) UpdateFAQ(ctx context.Context, f FAQ) error {
	words, links, err := f.lists()
	if err != nil {
		return err
	}
	res, err := tx.q.exec(ctx, "UPDATE faqs SET mode = ?, words = ?, answer = ?, links = ?, picture = ?, cooldown_s = ?, changed_at = ?, deleted_at = ? WHERE id = ?",
		f.Mode, words, f.Answer, links, f.Picture, int64(f.Cooldown/time.Second), millis(tx.Now), millis(f.DeletedAt), f.ID)
	if err != nil {
		return classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	return nil
}

func (f FAQ) lists() (words, links string, err error) {
	w, err := json.Marshal(f.Words)
	if err != nil {
		return "", "", fmt.Errorf("faq: words: %w", err)
	}
	l, err := json.Marshal(append([]FAQLink{}, f.Links...))
	if err != nil {
		return "", "", fmt.Errorf("faq: links: %w", err)
	}
	return string(w), string(l), nil
}

// FAQSaid is when an answer was given to everybody in a chat last; zero if it
// never was.
func (r *Reader) FAQSaid(ctx context.Context, chatID, faqID int64) (time.Time, error) {
	var at int64
	err := classify(r.q.row(ctx, "SELECT at FROM faq_said WHERE chat_id = ? AND faq_id = ?", chatID, faqID).Scan(&at))
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return FromMillis(at), err
}

// SayFAQ notes that an answer was given; public ones begin the pause.
func (tx *Tx) SayFAQ(ctx context.Context, chatID, faqID int64, public bool) error {
	if _, err := tx.q.exec(ctx, "UPDATE faqs SET hits = hits + 1 WHERE id = ?", faqID); err != nil || !public {
		return classify(err)
	}
	_, err := tx.q.exec(ctx, "INSERT INTO faq_said (chat_id, faq_id, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at", chatID, faqID, millis(tx.Now))
	return classify(err)
}

// TalkLine is a short message of a group.
type TalkLine struct {
	ID          int64
	CommunityID int64
	ChatID      int64
	AccountID   int64
	Text        string
	FAQID       int64 // the rule that answered it, 0 = none
	Asks        bool
	At          time.Time // UTC
}

// AddTalkLine keeps a message for 30 days.
func (tx *Tx) AddTalkLine(ctx context.Context, l TalkLine) error {
	_, err := tx.q.exec(ctx, "INSERT INTO talk_lines (community_id, chat_id, account_id, text, faq_id, asks, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		l.CommunityID, l.ChatID, l.AccountID, l.Text, l.FAQID, l.Asks, millis(l.At))
	return classify(err)
}

// TalkLines lists the newest messages of a community since an instant, newest
// first; with open only the questions that no rule answered.
func (r *Reader) TalkLines(ctx context.Context, community int64, since time.Time, open bool, limit int) ([]TalkLine, error) {
	where := ""
	if open {
		where = " AND asks = 1 AND faq_id = 0"
	}
	return list(ctx, r, func(rows *sql.Rows, l *TalkLine) error {
		var at int64
		err := rows.Scan(&l.ID, &l.CommunityID, &l.ChatID, &l.AccountID, &l.Text, &l.FAQID, &l.Asks, &at)
		l.At = FromMillis(at)
		return err
	}, "SELECT id, community_id, chat_id, account_id, text, faq_id, asks, at FROM talk_lines WHERE community_id = ? AND at >= ?"+where+" ORDER BY at DESC LIMIT ?",
		community, millis(since), limit)
}

// CallHuman notes that somebody calls for a person and reports whether it is
// the first call since an instant.
func (tx *Tx) CallHuman(ctx context.Context, chatID, accountID int64, since time.Time) (bool, error) {
	res, err := tx.q.exec(ctx, "INSERT INTO human_calls (chat_id, account_id, at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET at = excluded.at WHERE at < ?4",
		chatID, accountID, millis(tx.Now), millis(since))
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}

// PersonLine is a short message in a group, for /mydata export.
type PersonLine struct {
	ChatID int64     `json:"chat_id"`
	At     time.Time `json:"at"`
	Text   string    `json:"text"`
}

func (r *Reader) personLines(ctx context.Context, personID int64) ([]PersonLine, error) {
	out, err := list(ctx, r, func(rows *sql.Rows, l *PersonLine) error {
		var at int64
		err := rows.Scan(&l.ChatID, &at, &l.Text)
		l.At = FromMillis(at)
		return err
	}, "SELECT x.chat_id, x.at, x.text FROM talk_lines x JOIN accounts a ON a.id = x.account_id WHERE a.person_id = ? ORDER BY x.at, x.id", personID)
	if out == nil {
		out = []PersonLine{}
	}
	return out, err
}
