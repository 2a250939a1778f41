package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// WeComContact keeps the customer groups of one WeCom app: lists of members as
// they were read last, changes that were told, events that wait for their
// delivery, and what was made on the platform. Each call is a transaction of its
// own.
type WeComContact struct {
	DB         *DB
	Agent      string // the app; its name in the configuration may change
	Connection string // whose waiting letters Waiting lists
}

// ContactGroup is a customer group as it was read last.
type ContactGroup struct {
	Chat    string
	Name    string
	Owner   string
	Version string
	Gone    bool
	ReadAt  time.Time // UTC
}

// ContactMember is somebody who is or was in a customer group.
type ContactMember struct {
	User     string
	Staff    bool
	State    string
	Invitor  string
	JoinedAt time.Time // UTC
	LeftAt   time.Time // UTC; zero while he is there
	Stays    int
}

// ContactChange is what a callback told.
type ContactChange struct {
	ID      int64
	Key     string
	Chat    string
	Kind    string
	Users   []string
	Version string
	Removed bool
	At      time.Time // UTC
}

// ContactEvent is an event that waits for its delivery.
type ContactEvent struct {
	ID    int64
	Event []byte // JSON
}

// ContactWay is a QR code into a group.
type ContactWay struct {
	ID    string
	Chat  string
	State string
	Name  string
	QR    string
}

// Groups lists every group that was ever seen.
func (s WeComContact) Groups(ctx context.Context) (out []ContactGroup, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		out, err = list(ctx, r, scanContactGroup, "SELECT chat, name, owner, version, gone, read_at FROM contact_groups WHERE agent = ? ORDER BY chat", s.Agent)
		return err
	})
	return out, err
}

func scanContactGroup(rows *sql.Rows, g *ContactGroup) error {
	var at int64
	err := rows.Scan(&g.Chat, &g.Name, &g.Owner, &g.Version, &g.Gone, &at)
	g.ReadAt = FromMillis(at)
	return err
}

// Baseline is what is known of a group: the zero group if nothing is.
func (s WeComContact) Baseline(ctx context.Context, chat string) (g ContactGroup, members []ContactMember, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		groups, err := list(ctx, r, scanContactGroup, "SELECT chat, name, owner, version, gone, read_at FROM contact_groups WHERE agent = ? AND chat = ?", s.Agent, chat)
		if err != nil || len(groups) == 0 {
			return err
		}
		g = groups[0]
		members, err = list(ctx, r, func(rows *sql.Rows, m *ContactMember) error {
			var joined, left int64
			err := rows.Scan(&m.User, &m.Staff, &m.State, &m.Invitor, &joined, &left, &m.Stays)
			m.JoinedAt, m.LeftAt = FromMillis(joined), FromMillis(left)
			return err
		}, "SELECT user, staff, state, invitor, joined_at, left_at, stays FROM contact_members WHERE agent = ? AND chat = ? ORDER BY user", s.Agent, chat)
		return err
	})
	return g, members, err
}

// Apply stores a new baseline, the events that follow from it, and that changes
// are worked in: all or nothing.
func (s WeComContact) Apply(ctx context.Context, g ContactGroup, members []ContactMember, events [][]byte, done []int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if g.Chat != "" {
			if _, err := tx.q.exec(ctx, `INSERT INTO contact_groups (agent, chat, name, owner, version, gone, read_at) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET name = excluded.name, owner = excluded.owner, version = excluded.version, gone = excluded.gone, read_at = excluded.read_at`,
				s.Agent, g.Chat, g.Name, g.Owner, g.Version, g.Gone, millis(g.ReadAt)); err != nil {
				return classify(err)
			}
		}
		for _, m := range members {
			if _, err := tx.q.exec(ctx, `INSERT INTO contact_members (agent, chat, user, staff, state, invitor, joined_at, left_at, stays) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET staff = excluded.staff, state = excluded.state, invitor = excluded.invitor, joined_at = excluded.joined_at,
					left_at = excluded.left_at, stays = excluded.stays`,
				s.Agent, g.Chat, m.User, m.Staff, m.State, m.Invitor, millis(m.JoinedAt), millis(m.LeftAt), m.Stays); err != nil {
				return classify(err)
			}
		}
		for _, ev := range events {
			if _, err := tx.q.exec(ctx, "INSERT INTO contact_events (agent, event) VALUES (?, ?)", s.Agent, string(ev)); err != nil {
				return classify(err)
			}
		}
		for _, id := range done {
			if _, err := tx.q.exec(ctx, "UPDATE contact_changes SET done_at = ? WHERE agent = ? AND id = ?", millis(tx.Now), s.Agent, id); err != nil {
				return classify(err)
			}
		}
		return nil
	})
}

// Note keeps a change that a callback told; false if its key is known.
func (s WeComContact) Note(ctx context.Context, c ContactChange) (fresh bool, err error) {
	if c.Users == nil {
		c.Users = []string{}
	}
	users, err := json.Marshal(c.Users)
	if err != nil {
		return false, fmt.Errorf("contact_changes.users: %w", err)
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		res, err := tx.q.exec(ctx, `INSERT INTO contact_changes (agent, key, chat, kind, users, version, removed, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (agent, key) DO NOTHING`, s.Agent, c.Key, c.Chat, c.Kind, string(users), c.Version, c.Removed, millis(c.At))
		if err != nil {
			return classify(err)
		}
		n, err := res.RowsAffected()
		fresh = n > 0
		return classify(err)
	})
	return fresh, err
}

// Changes lists what is noted and not worked in, oldest first; of all groups if
// chat is empty.
func (s WeComContact) Changes(ctx context.Context, chat string) (out []ContactChange, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		out, err = list(ctx, r, func(rows *sql.Rows, c *ContactChange) error {
			var users string
			var at int64
			if err := rows.Scan(&c.ID, &c.Key, &c.Chat, &c.Kind, &users, &c.Version, &c.Removed, &at); err != nil {
				return err
			}
			c.At = FromMillis(at)
			return json.Unmarshal([]byte(users), &c.Users)
		}, `SELECT id, key, chat, kind, users, version, removed, at FROM contact_changes INDEXED BY contact_changes_open
			WHERE done_at = 0 AND agent = ?1 AND (?2 = '' OR chat = ?2) ORDER BY at, id`, s.Agent, chat)
		return err
	})
	return out, err
}

// Queue lists events that are not delivered, in the order they were made.
func (s WeComContact) Queue(ctx context.Context, limit int) (out []ContactEvent, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		out, err = list(ctx, r, func(rows *sql.Rows, e *ContactEvent) error { return rows.Scan(&e.ID, &e.Event) },
			"SELECT id, event FROM contact_events WHERE agent = ? ORDER BY id LIMIT ?", s.Agent, limit)
		return err
	})
	return out, err
}

// Unqueue forgets events that are delivered.
func (s WeComContact) Unqueue(ctx context.Context, ids []int64) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		for _, id := range ids {
			if _, err := tx.q.exec(ctx, "DELETE FROM contact_events WHERE id = ?", id); err != nil {
				return classify(err)
			}
		}
		return nil
	})
}

// Waiting lists the letters of the connection that nobody has confirmed yet.
func (s WeComContact) Waiting(ctx context.Context) (out []WaitingLetter, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		out, err = r.WaitingLetters(ctx, s.Connection)
		return err
	})
	return out, err
}

// Way finds the open QR code of a group with a state.
func (s WeComContact) Way(ctx context.Context, chat, state string) (w ContactWay, found bool, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		return classify(r.q.row(ctx, "SELECT id, chat, state, name, qr FROM contact_ways WHERE agent = ? AND chat = ? AND state = ? AND closed_at = 0", s.Agent, chat, state).
			Scan(&w.ID, &w.Chat, &w.State, &w.Name, &w.QR))
	})
	if errors.Is(err, ErrNotFound) {
		return w, false, nil
	}
	return w, err == nil, err
}

// KeepWay stores a QR code; an older open one of the same state is closed.
func (s WeComContact) KeepWay(ctx context.Context, w ContactWay) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.q.exec(ctx, "UPDATE contact_ways SET closed_at = ? WHERE agent = ? AND chat = ? AND state = ? AND closed_at = 0",
			millis(tx.Now), s.Agent, w.Chat, w.State); err != nil {
			return classify(err)
		}
		_, err := tx.q.exec(ctx, "INSERT INTO contact_ways (agent, id, chat, state, name, qr, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			s.Agent, w.ID, w.Chat, w.State, w.Name, w.QR, millis(tx.Now))
		return classify(err)
	})
}

// DropWay closes a QR code.
func (s WeComContact) DropWay(ctx context.Context, id string) error {
	return s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.q.exec(ctx, "UPDATE contact_ways SET closed_at = ? WHERE agent = ? AND id = ? AND closed_at = 0", millis(tx.Now), s.Agent, id)
		return classify(err)
	})
}

// settingWelcome holds the welcome template of an app.
const settingWelcome = "wecom_welcome:" // + agent

type welcomeTemplate struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Template is the welcome template that was made, and its text; empty if none
// was.
func (s WeComContact) Template(ctx context.Context) (id, text string, err error) {
	var t welcomeTemplate
	err = s.DB.View(ctx, func(ctx context.Context, r *Reader) error {
		v, err := r.Setting(ctx, settingWelcome+s.Agent)
		if err != nil || v == "" {
			return err
		}
		if err := json.Unmarshal([]byte(v), &t); err != nil {
			return fmt.Errorf("setting %s: %w", settingWelcome, err)
		}
		return nil
	})
	return t.ID, t.Text, err
}

// KeepTemplate stores which welcome template there is; an empty id is none.
func (s WeComContact) KeepTemplate(ctx context.Context, id, text string) error {
	v := ""
	if id != "" {
		raw, err := json.Marshal(welcomeTemplate{id, text})
		if err != nil {
			return fmt.Errorf("setting %s: %w", settingWelcome, err)
		}
		v = string(raw)
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error { return tx.SetSetting(ctx, settingWelcome+s.Agent, v) })
}
