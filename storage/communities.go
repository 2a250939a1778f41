package storage

import (
	"context"
	"database/sql"
	"time"

	"gorm.io/gorm"
)

// Community owns points, streaks, ranks and rules. A chat has its own by
// default; several chats may share one.
type Community struct {
	ID        int64
	Name      string
	Code      string // what /community join takes, "" until one is made
	CreatedAt int64  // ms UTC
}

// Clock is one version of a community's zone and start of the day.
type Clock struct {
	From        time.Time // in force from here on, UTC
	Timezone    string    // IANA name
	DayStartsAt int       // minutes after midnight, 0–1439
}

// AddCommunity makes a community with its first clock, in force since ever.
func (tx *Tx) AddCommunity(ctx context.Context, name, timezone string, dayStartsAt int) (Community, error) {
	c := Community{Name: name, CreatedAt: millis(tx.Now)}
	if err := gorm.G[Community](tx.g).Create(ctx, &c); err != nil {
		return c, classify(err)
	}
	return c, tx.AddClock(ctx, c.ID, Clock{Timezone: timezone, DayStartsAt: dayStartsAt})
}

// Community reads one, or ErrNotFound.
func (r *Reader) Community(ctx context.Context, id int64) (Community, error) {
	c, err := gorm.G[Community](r.g).Where("id = ?", id).First(ctx)
	return c, classify(err)
}

// CommunityByCode finds the community a join code belongs to, or ErrNotFound.
func (r *Reader) CommunityByCode(ctx context.Context, code string) (Community, error) {
	c, err := gorm.G[Community](r.g).Where("code = ? AND code <> ''", code).First(ctx)
	return c, classify(err)
}

// CommunitiesNamed lists the communities of a name. Those that have a group in
// use come alone if there are any: one whose last group went over to another
// community is only history.
func (r *Reader) CommunitiesNamed(ctx context.Context, name string) ([]Community, error) {
	const inUse = "EXISTS (SELECT 1 FROM chats h WHERE h.community_id = c.id AND h.kind = 'group' AND h.state = 'active')"
	scan := func(rows *sql.Rows, c *Community) error { return rows.Scan(&c.ID, &c.Name, &c.Code, &c.CreatedAt) }
	query := "SELECT c.id, c.name, c.code, c.created_at FROM communities c WHERE c.name = ?"
	used, err := list(ctx, r, scan, query+" AND "+inUse+" ORDER BY c.id", name)
	if err != nil || len(used) > 0 {
		return used, err
	}
	return list(ctx, r, scan, query+" ORDER BY c.id", name)
}

// SetCommunity changes name and code.
func (tx *Tx) SetCommunity(ctx context.Context, c Community) error {
	_, err := gorm.G[Community](tx.g).Where("id = ?", c.ID).Select("name", "code").Updates(ctx, c)
	return classify(err)
}

// AddClock adds a version of the clock; one at the same instant is replaced.
func (tx *Tx) AddClock(ctx context.Context, community int64, c Clock) error {
	_, err := tx.q.exec(ctx, `INSERT INTO community_clocks (community_id, from_at, timezone, day_starts_at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET timezone = excluded.timezone, day_starts_at = excluded.day_starts_at`,
		community, millis(c.From), c.Timezone, c.DayStartsAt)
	return classify(err)
}

// DropClocksAfter removes versions that are not in force yet.
func (tx *Tx) DropClocksAfter(ctx context.Context, community int64, at time.Time) error {
	_, err := tx.q.exec(ctx, "DELETE FROM community_clocks WHERE community_id = ? AND from_at > ?", community, millis(at))
	return classify(err)
}

// Clocks lists the versions of a community's clock, oldest first.
func (r *Reader) Clocks(ctx context.Context, community int64) ([]Clock, error) {
	return list(ctx, r, func(rows *sql.Rows, c *Clock) error {
		var from int64
		err := rows.Scan(&from, &c.Timezone, &c.DayStartsAt)
		c.From = FromMillis(from)
		return err
	}, "SELECT from_at, timezone, day_starts_at FROM community_clocks WHERE community_id = ? ORDER BY from_at", community)
}

// CommunitiesOf lists the communities a person is in: those with a group where
// one of his accounts is present.
func (r *Reader) CommunitiesOf(ctx context.Context, personID int64) ([]Community, error) {
	return list(ctx, r, func(rows *sql.Rows, c *Community) error {
		return rows.Scan(&c.ID, &c.Name, &c.Code, &c.CreatedAt)
	}, `SELECT DISTINCT c.id, c.name, c.code, c.created_at
		FROM accounts a
		JOIN presence p ON p.account_id = a.id AND p.present = 1
		JOIN chats h ON h.id = p.chat_id AND h.kind = 'group' AND h.state = 'active'
		JOIN communities c ON c.id = h.community_id
		WHERE a.person_id = ? ORDER BY c.id`, personID)
}

// ChatsOf lists the chats of a community that are in use.
func (r *Reader) ChatsOf(ctx context.Context, community int64) ([]Chat, error) {
	return list(ctx, r, scanChats, "SELECT "+chatColumns+" FROM chats WHERE community_id = ? AND state = 'active' ORDER BY id", community)
}
