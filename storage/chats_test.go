package storage

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestAGroupKeepsEverythingWhenItsIDChanges(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Plan(ctx, "post", w.chat.ID, noon.Add(time.Hour)); err != nil {
			return err
		}
		c, err := tx.MigrateChat(ctx, w.chat, "super")
		if err != nil {
			return err
		}
		if c.ID != w.chat.ID || c.ExternalID != "super" || c.CommunityID != w.community.ID || c.State != ChatActive {
			t.Errorf("%+v", c)
		}
		sign, err := tx.ChatByRef(ctx, "test", w.chat.ExternalID)
		if err != nil || sign.State != ChatMigrated || sign.MovedTo != c.ID {
			t.Errorf("the old id: %+v, %v", sign, err)
		}
		// Telegram tells it twice: once in the old group, once in the new one.
		for _, old := range []Chat{sign, c} {
			again, err := tx.MigrateChat(ctx, old, "super")
			if err != nil || again.ID != c.ID || again.ExternalID != "super" {
				t.Errorf("told again: %+v, %v", again, err)
			}
		}
		// And once more, a step further.
		further, err := tx.MigrateChat(ctx, sign, "giga")
		if err != nil || further.ID != c.ID || further.ExternalID != "giga" {
			t.Errorf("a step further: %+v, %v", further, err)
		}
		for _, id := range []string{w.chat.ExternalID, "super"} {
			if sign, err := tx.ChatByRef(ctx, "test", id); err != nil || sign.MovedTo != c.ID {
				t.Errorf("%s leads to %+v, %v", id, sign, err)
			}
		}
		chats, err := tx.ChatsOf(ctx, w.community.ID)
		if len(chats) != 1 {
			t.Errorf("chats in use: %+v", chats)
		}
		return err
	})
	wantClean(t, db)
}

// The platform may speak of the new id before it tells that it is the same
// group; by then people have joined, talked and checked in there.
func TestAGroupAbsorbsWhatItsNewIDGathered(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	due := noon.Add(time.Hour)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		young, err := tx.AddChat(ctx, Chat{Domain: "test", ExternalID: "super", CommunityID: w.community.ID, Kind: "group", Connection: "test"})
		if err != nil {
			return err
		}
		both, left, fresh := w.accounts[0], w.accounts[1], w.accounts[2]
		if err := tx.CountMessage(ctx, w.chat.ID, both.ID, noon.Add(-time.Hour)); err != nil {
			return err
		}
		for range 2 {
			if err := tx.CountMessage(ctx, young.ID, both.ID, noon); err != nil {
				return err
			}
		}
		if _, err := tx.Enter(ctx, young.ID, left.ID, noon); err != nil {
			return err
		}
		if _, err := tx.LeaveChat(ctx, young.ID, left.ID, noon.Add(time.Minute)); err != nil {
			return err
		}
		newcomer, err := tx.Touch(ctx, Seen{Domain: "test", ExternalID: "newcomer", Name: "newcomer"})
		if err != nil {
			return err
		}
		if _, err := tx.Enter(ctx, young.ID, newcomer.ID, noon); err != nil {
			return err
		}
		for _, c := range []Chat{w.chat, young} {
			if err := tx.SetRole(ctx, c.ID, fresh.ID, RoleAdmin, FromPlatform); err != nil {
				return err
			}
			if _, err := tx.Plan(ctx, "post", c.ID, due); err != nil {
				return err
			}
			if _, err := tx.Refuse(ctx, c.ID, both.ID, AboutRole, due); err != nil {
				return err
			}
		}
		if err := tx.SetRole(ctx, young.ID, both.ID, RoleHost, FromCommand); err != nil {
			return err
		}
		if err := tx.MoveOccurrence(ctx, 2, Planned, Sending, ""); err != nil { // the young one's was begun
			return err
		}
		if _, err := tx.Plan(ctx, "post", young.ID, due.Add(time.Hour)); err != nil {
			return err
		}
		w2 := w
		w2.chat = young
		if err := checkIn(ctx, tx, w2, 0, "2026-11-05", 5); err != nil {
			return err
		}
		for _, c := range []Chat{w.chat, young} {
			if _, err := tx.Enqueue(ctx, Letter{ChatID: c.ID, Connection: "test", Content: "{}"}); err != nil {
				return err
			}
		}
		if _, err := tx.AddPreview(ctx, Preview{ChatID: young.ID, AccountID: both.ID, Action: "x", Data: "{}", ExpiresAt: due}); err != nil {
			return err
		}
		if _, err := tx.SetTimer(ctx, DueRow{Key: "k", Task: "x", ChatID: young.ID, DueAt: due}); err != nil {
			return err
		}
		if _, err := tx.Audit(ctx, Audited{ChatID: young.ID, Action: "x"}); err != nil {
			return err
		}

		c, err := tx.MigrateChat(ctx, w.chat, "super")
		if err != nil {
			return err
		}
		p, err := tx.Presence(ctx, c.ID, both.ID)
		if err != nil || p.Messages != 3 || !p.LastMessageAt.Equal(noon) || !p.Present || p.Joins != 1 {
			t.Errorf("seen under both ids: %+v, %v", p, err)
		}
		if p, err := tx.Presence(ctx, c.ID, left.ID); err != nil || p.Present || p.LeftAt.IsZero() {
			t.Errorf("left the new one: %+v, %v", p, err)
		}
		if p, err := tx.Presence(ctx, c.ID, newcomer.ID); err != nil || !p.Present {
			t.Errorf("came to the new one: %+v, %v", p, err)
		}
		if roles, err := tx.RolesOf(ctx, c.ID, both.PersonID); err != nil || !slices.Equal(roles, []string{RoleHost}) {
			t.Errorf("%v, %v", roles, err)
		}
		open, err := tx.OpenOccurrences(ctx, "post")
		if err != nil || len(open) != 2 || open[0].State != Sending || open[0].ChatID != c.ID || open[1].ChatID != c.ID {
			t.Errorf("one instant is one occurrence: %+v, %v", open, err)
		}
		return nil
	})
	wantClean(t, db)
	for _, table := range []string{"presence", "chat_admins", "refusals", "outbox", "previews", "timers", "audit", "occurrences", "checkins"} {
		if n := number(t, db.readPool, "SELECT count(*) FROM "+table+" WHERE chat_id NOT IN (0, ?)", w.chat.ID); n != 0 {
			t.Errorf("%s: %d rows stayed with the young row", table, n)
		}
	}
}

func TestFactsOfAChat(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 2)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := tx.SetFacts(ctx, w.chat.ID, []string{"can_delete", "can_pin"}, 12); err != nil {
			return err
		}
		c, err := tx.Chat(ctx, w.chat.ID)
		if err != nil || !slices.Equal(c.Missing, []string{"can_delete", "can_pin"}) || c.HeadCount != 12 || !c.FactsAt.Equal(noon) {
			t.Errorf("%+v, %v", c, err)
		}
		if err := tx.SetFacts(ctx, w.chat.ID, nil, 12); err != nil {
			return err
		}
		if c, err := tx.Chat(ctx, w.chat.ID); err != nil || len(c.Missing) != 0 {
			t.Errorf("%+v, %v", c, err)
		}
		c.Title, c.State, c.GreetedAt = "renamed", ChatLeft, noon
		if err := tx.UpdateChat(ctx, c); err != nil {
			return err
		}
		if chats, err := tx.Chats(ctx, ""); err != nil || len(chats) != 0 {
			t.Errorf("a chat that was left is in use: %+v, %v", chats, err)
		}
		return nil
	})
}

func TestRolesOfAChat(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 3)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		a := w.accounts
		if err := tx.SetRole(ctx, w.chat.ID, a[0].ID, RoleHost, FromCommand); err != nil {
			return err
		}
		for _, admins := range [][]int64{{a[0].ID, a[1].ID}, {a[1].ID, a[2].ID}} { // the second list replaces the first
			if err := tx.SetPlatformAdmins(ctx, w.chat.ID, admins); err != nil {
				return err
			}
		}
		for i, want := range [][]string{{RoleHost}, {RoleAdmin}, {RoleAdmin}} {
			if got, err := tx.RolesOf(ctx, w.chat.ID, a[i].PersonID); err != nil || !slices.Equal(got, want) {
				t.Errorf("%d: %v, %v", i, got, err)
			}
			is, err := tx.AdminAnywhere(ctx, w.community.ID, a[i].PersonID)
			if err != nil || is != (i > 0) {
				t.Errorf("%d administers: %v, %v", i, is, err)
			}
		}
		if err := tx.SetRole(ctx, w.chat.ID, a[0].ID, "", FromCommand); err != nil {
			return err
		}
		holders, err := tx.RoleHolders(ctx, w.chat.ID)
		if err != nil || len(holders) != 2 || holders[0].Account.ID != a[1].ID {
			t.Errorf("%+v, %v", holders, err)
		}
		return nil
	})
}
