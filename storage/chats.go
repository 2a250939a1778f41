package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// States of a chat.
const (
	ChatActive   = "active"
	ChatLeft     = "left"     // the bot is not there any more
	ChatMigrated = "migrated" // it has a new id: see Chat.MovedTo
)

// Chat is a place the bot is or was in.
type Chat struct {
	ID          int64
	Domain      string
	ExternalID  string
	CommunityID int64 // 0 in private chats
	Kind        string
	Title       string
	Language    string // "" = the configuration's
	State       string
	MovedTo     int64
	Connection  string // the route that answers
	Public      bool
	FactsAt     time.Time // when administrators and rights were asked for, UTC; zero = never
	Missing     []string  // rights the bot lacks
	HeadCount   int
	GreetedAt   time.Time // UTC; zero = not yet
	CreatedAt   time.Time // UTC
}

const chatColumns = `id, domain, external_id, COALESCE(community_id, 0), kind, title, language, state, moved_to,
	connection, is_public, facts_at, missing, head_count, greeted_at, created_at`

func scanChats(rows *sql.Rows, c *Chat) error { return scanChat(rows, c) }

func scanChat(row interface{ Scan(...any) error }, c *Chat) error {
	var facts, greeted, created int64
	var missing string
	err := row.Scan(&c.ID, &c.Domain, &c.ExternalID, &c.CommunityID, &c.Kind, &c.Title, &c.Language, &c.State, &c.MovedTo,
		&c.Connection, &c.Public, &facts, &missing, &c.HeadCount, &greeted, &created)
	if err != nil {
		return err
	}
	c.FactsAt, c.GreetedAt, c.CreatedAt = FromMillis(facts), FromMillis(greeted), FromMillis(created)
	if missing == "[]" { // the usual case, on the hot path
		return nil
	}
	if err := json.Unmarshal([]byte(missing), &c.Missing); err != nil {
		return fmt.Errorf("chats.missing: %w", err)
	}
	return nil
}

// ChatByRef finds a chat by its platform id, or ErrNotFound.
func (r *Reader) ChatByRef(ctx context.Context, domain, id string) (Chat, error) {
	var c Chat
	err := scanChat(r.q.row(ctx, "SELECT "+chatColumns+" FROM chats WHERE domain = ? AND external_id = ?", domain, id), &c)
	return c, classify(err)
}

// Chat reads a chat by its row, or ErrNotFound.
func (r *Reader) Chat(ctx context.Context, id int64) (Chat, error) {
	var c Chat
	err := scanChat(r.q.row(ctx, "SELECT "+chatColumns+" FROM chats WHERE id = ?", id), &c)
	return c, classify(err)
}

// Chats lists all chats in use, optionally of one connection.
func (r *Reader) Chats(ctx context.Context, connection string) ([]Chat, error) {
	return list(ctx, r, scanChats, "SELECT "+chatColumns+" FROM chats WHERE state = 'active' AND (? = '' OR connection = ?) ORDER BY id", connection, connection)
}

// AddChat makes a chat. The caller gives the community of a group; 0 is none.
func (tx *Tx) AddChat(ctx context.Context, c Chat) (Chat, error) {
	c.CreatedAt, c.State = tx.Now, ChatActive
	var community any
	if c.CommunityID != 0 {
		community = c.CommunityID
	}
	res, err := tx.q.exec(ctx, `INSERT INTO chats (domain, external_id, community_id, kind, title, connection, is_public, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, c.Domain, c.ExternalID, community, c.Kind, c.Title, c.Connection, c.Public, millis(c.CreatedAt))
	if err != nil {
		return c, classify(err)
	}
	c.ID, err = res.LastInsertId()
	return c, classify(err)
}

// UpdateChat stores title, language, state, route, publicity and greeting.
func (tx *Tx) UpdateChat(ctx context.Context, c Chat) error {
	var was string
	if err := tx.q.row(ctx, "SELECT state FROM chats WHERE id = ?", c.ID).Scan(&was); err != nil {
		return classify(err)
	}
	_, err := tx.q.exec(ctx, "UPDATE chats SET title = ?, language = ?, state = ?, connection = ?, is_public = ?, greeted_at = ? WHERE id = ?",
		c.Title, c.Language, c.State, c.Connection, c.Public, millis(c.GreetedAt), c.ID)
	switch {
	case err != nil:
	case was != ChatLeft && c.State == ChatLeft: // what the platform refused just now was refused for that
		_, err = tx.q.exec(ctx, `UPDATE occurrences SET reason = ? WHERE chat_id = ? AND chat_id <> 0 AND told_at = 0 AND state IN ('missed', 'uncertain')
			AND state = 'missed' AND substr(reason, 1, 5) = 'dead '`, ReasonLeft, c.ID)
	case was == ChatLeft && c.State == ChatActive: // the next time is news again, see ToldOfLeaving
		_, err = tx.q.exec(ctx, "UPDATE occurrences SET reason = reason || ' ' || ? WHERE chat_id = ? AND state = 'missed' AND reason = ?", millis(tx.Now), c.ID, ReasonLeft)
	}
	return classify(err)
}

// Lonely reports whether a chat is the only one of its community and nobody has
// anything there.
func (r *Reader) Lonely(ctx context.Context, c Chat) (bool, error) {
	var lonely bool
	err := r.q.row(ctx, `SELECT NOT EXISTS (SELECT 1 FROM chats WHERE community_id = ?1 AND id <> ?2)
		AND NOT EXISTS (SELECT 1 FROM members WHERE community_id = ?1)`, c.CommunityID, c.ID).Scan(&lonely)
	return lonely, classify(err)
}

// MoveChatTo puts a chat into another community.
func (tx *Tx) MoveChatTo(ctx context.Context, chatID, community int64) error {
	_, err := tx.q.exec(ctx, "UPDATE chats SET community_id = ? WHERE id = ?", community, chatID)
	if err == nil { // its draws go along, or nobody could enter or claim any more
		_, err = tx.q.exec(ctx, "UPDATE draws SET community_id = ? WHERE chat_id = ?", community, chatID)
	}
	if err == nil { // and its sign-up lists
		_, err = tx.q.exec(ctx, "UPDATE signups SET community_id = ? WHERE chat_id = ?", community, chatID)
	}
	return classify(err)
}

// MigrateChat gives a chat a new platform id. If the platform spoke of the new
// id before it told of the move, the young row is merged into the old one: the
// history, the members and the schedules follow the group.
func (tx *Tx) MigrateChat(ctx context.Context, old Chat, newID string) (Chat, error) {
	if old.State == ChatMigrated && old.MovedTo != 0 {
		// Told twice: the row of the old id is only a signpost by now.
		moved, err := tx.Chat(ctx, old.MovedTo)
		if err != nil {
			return old, err
		}
		return tx.MigrateChat(ctx, moved, newID)
	}
	young, err := tx.ChatByRef(ctx, old.Domain, newID)
	switch {
	case err == nil && young.ID == old.ID:
		return old, nil
	case err == nil:
		if err := tx.absorb(ctx, old, young); err != nil {
			return old, err
		}
	case !errors.Is(err, ErrNotFound):
		return old, err
	}
	if _, err := tx.q.exec(ctx, "UPDATE chats SET external_id = ?, state = 'active' WHERE id = ?", newID, old.ID); err != nil {
		return old, classify(err)
	}
	// The old id stays known, so that a late event under it finds the group.
	if _, err := tx.q.exec(ctx, `INSERT INTO chats (domain, external_id, community_id, kind, title, state, moved_to, created_at)
		VALUES (?, ?, NULL, ?, ?, 'migrated', ?, ?)`, old.Domain, old.ExternalID, old.Kind, old.Title, old.ID, millis(tx.Now)); err != nil {
		return old, classify(err)
	}
	return tx.Chat(ctx, old.ID)
}

// SetFacts stores what was learned of a chat from its platform.
func (tx *Tx) SetFacts(ctx context.Context, chatID int64, missing []string, headCount int) error {
	if missing == nil {
		missing = []string{}
	}
	text, err := json.Marshal(missing)
	if err != nil {
		return fmt.Errorf("chats.missing: %w", err)
	}
	_, err = tx.q.exec(ctx, "UPDATE chats SET facts_at = ?, missing = ?, head_count = ? WHERE id = ?", millis(tx.Now), string(text), headCount, chatID)
	return classify(err)
}

// SetMissing stores which rights the bot lacks in a chat, told by an event.
func (tx *Tx) SetMissing(ctx context.Context, chatID int64, missing []string) error {
	text, err := json.Marshal(missing)
	if err != nil {
		return fmt.Errorf("chats.missing: %w", err)
	}
	_, err = tx.q.exec(ctx, "UPDATE chats SET missing = ? WHERE id = ?", string(text), chatID)
	return classify(err)
}

// Roles a person can hold in a chat.
const (
	RoleAdmin = "admin"
	RoleHost  = "host"
)

// Where a role came from.
const (
	FromPlatform = "platform" // the chat's own administrators
	FromCommand  = "added"    // /admin add
)

// SetPlatformAdmins replaces the administrators the platform names.
func (tx *Tx) SetPlatformAdmins(ctx context.Context, chatID int64, accounts []int64) error {
	if _, err := tx.q.exec(ctx, "DELETE FROM chat_admins WHERE chat_id = ? AND source = 'platform'", chatID); err != nil {
		return classify(err)
	}
	for _, a := range accounts {
		if err := tx.SetRole(ctx, chatID, a, RoleAdmin, FromPlatform); err != nil {
			return err
		}
	}
	return nil
}

// SetRole gives an account a role in a chat; an empty role takes it away.
func (tx *Tx) SetRole(ctx context.Context, chatID, accountID int64, role, source string) error {
	var err error
	if role == "" {
		_, err = tx.q.exec(ctx, "DELETE FROM chat_admins WHERE chat_id = ? AND account_id = ? AND source = ?", chatID, accountID, source)
	} else {
		_, err = tx.q.exec(ctx, `INSERT INTO chat_admins (chat_id, account_id, role, source) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET role = excluded.role`, chatID, accountID, role, source)
	}
	return classify(err)
}

// RoleHolder is a person with a role in a chat.
type RoleHolder struct {
	Account Account
	Role    string
	Source  string
}

// RoleHolders lists who has a role in a chat.
func (r *Reader) RoleHolders(ctx context.Context, chatID int64) ([]RoleHolder, error) {
	return list(ctx, r, func(rows *sql.Rows, h *RoleHolder) error {
		a := &h.Account
		return rows.Scan(&a.ID, &a.Domain, &a.ExternalID, &a.PersonID, &a.Name, &a.Username, &a.Language, &a.UpdatedAt, &h.Role, &h.Source)
	}, `SELECT a.id, a.domain, a.external_id, a.person_id, a.name, a.username, a.language, a.updated_at, c.role, c.source
		FROM chat_admins c JOIN accounts a ON a.id = c.account_id WHERE c.chat_id = ? ORDER BY c.role, a.id`, chatID)
}

// RolesOf lists the roles of a person in a chat, over all his accounts.
func (r *Reader) RolesOf(ctx context.Context, chatID, personID int64) ([]string, error) {
	roles, err := list(ctx, r, func(rows *sql.Rows, s *string) error { return rows.Scan(s) },
		"SELECT DISTINCT c.role FROM chat_admins c JOIN accounts a ON a.id = c.account_id WHERE c.chat_id = ? AND a.person_id = ?", chatID, personID)
	slices.Sort(roles)
	return roles, err
}

// AdminAnywhere reports whether a person administers any chat of a community.
func (r *Reader) AdminAnywhere(ctx context.Context, community, personID int64) (bool, error) {
	var n int
	err := r.q.row(ctx, `SELECT count(*) FROM chats h JOIN chat_admins c ON c.chat_id = h.id JOIN accounts a ON a.id = c.account_id
		WHERE h.community_id = ? AND h.state = 'active' AND a.person_id = ? AND c.role = 'admin'`, community, personID).Scan(&n)
	return n > 0, classify(err)
}

// ChatsAdministered lists the groups and channels in use that a person
// administers, by what is stored; with them those he is in of which nobody ever
// asked who administers them.
func (r *Reader) ChatsAdministered(ctx context.Context, personID int64) ([]Chat, error) {
	return list(ctx, r, scanChats, "SELECT "+chatColumns+` FROM chats WHERE state = 'active' AND kind <> 'private' AND (
		id IN (SELECT c.chat_id FROM chat_admins c JOIN accounts a ON a.id = c.account_id WHERE a.person_id = ?1 AND c.role = 'admin')
		OR facts_at = 0 AND id IN (SELECT p.chat_id FROM presence p JOIN accounts a ON a.id = p.account_id WHERE a.person_id = ?1 AND p.present = 1)) ORDER BY id`, personID)
}
