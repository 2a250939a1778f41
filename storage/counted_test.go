package storage

import (
	"context"
	"testing"
)

func TestCountedDaysAreThoseOfTheCommunitysGroups(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		chat := func(community int64, id, connection, kind string) {
			if _, err := tx.AddChat(ctx, Chat{Domain: "wecom", ExternalID: id, Kind: kind, Title: id, Connection: connection, CommunityID: community}); err != nil {
				t.Fatal(err)
			}
		}
		var ids []int64
		for range 3 {
			c, err := tx.AddCommunity(ctx, "a", "UTC", 0)
			if err != nil {
				return err
			}
			ids = append(ids, c.ID)
		}
		chat(ids[0], "wr1", "staff/groups", "group")
		chat(ids[0], "wr2", "staff/groups", "group")
		chat(ids[1], "wr3", "shop/groups", "group")
		chat(ids[2], "wr4", "shop/groups", "group")
		chat(ids[2], "wr5", "helper", "group")
		day := func(d string, n int) CountedDay {
			return CountedDay{Day: d, Groups: n, Members: 10 * n, NewMembers: n, Talkers: n, Messages: 5 * n}
		}
		for connection, days := range map[string][]CountedDay{
			"staff/groups": {day("2026-11-19", 1), day("2026-11-20", 2), day("2026-11-21", 9)},
			"shop/groups":  {day("2026-11-21", 4)},
		} {
			if err := tx.SetCountedDays(ctx, connection, days); err != nil {
				return err
			}
		}
		// A day told again is corrected.
		if err := tx.SetCountedDays(ctx, "staff/groups", []CountedDay{day("2026-11-21", 3)}); err != nil {
			return err
		}
		for i, want := range []struct {
			days   int
			groups int // of the last day
			others bool
		}{{2, 3, false}, {1, 4, true}, {1, 4, true}} {
			days, others, err := tx.CountedDays(ctx, ids[i], "2026-11-20")
			if err != nil || len(days) != want.days || others != want.others || days[len(days)-1] != day("2026-11-21", want.groups) {
				t.Errorf("community %d: %+v %v %v", i, days, others, err)
			}
		}
		days, others, err := tx.CountedDays(ctx, ids[0], "2026-11-22")
		if err != nil || days != nil || others {
			t.Errorf("%v %v %v", days, others, err)
		}
		return nil
	})
}
