package storage

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"
)

// busy is a database with a trace of everything that Verify looks at.
func busy(tb testing.TB) (*DB, town) {
	tb.Helper()
	db, w := lived(tb)
	write(tb, db, func(ctx context.Context, tx *Tx) error {
		m := w.members[0]
		post := func(e Entry) (int64, error) {
			e.MemberID, e.Day, e.Week = m.ID, "2026-11-04", "2026-11-02"
			return tx.Post(ctx, e)
		}
		id, err := post(Entry{Unit: Points, Amount: 30, Kind: "adjust", Cause: "adjust:1"})
		if err != nil {
			return err
		}
		if _, err := post(Entry{Unit: Points, Amount: -30, Kind: "undo", Cause: "undo:1", Reverses: id}); err != nil {
			return err
		}
		if _, err := post(Entry{Unit: Card, Amount: 2, Kind: "card", Cause: "checkin:2026-11-04"}); err != nil {
			return err
		}
		if _, err := post(Entry{Unit: Pending, Amount: 7, Kind: "invite", Cause: "invite:1"}); err != nil {
			return err
		}
		// A repaired day and one without points: no entry each.
		if _, err := tx.AddCheckin(ctx, m, Checkin{Day: "2026-11-05", At: tx.Now, Repaired: true}); err != nil {
			return err
		}
		if err := tx.SetStreak(ctx, m.ID, 5, 5, "2026-11-05"); err != nil {
			return err
		}
		if err := checkIn(ctx, tx, w, 1, "2026-11-05", 0); err != nil {
			return err
		}
		if err := tx.SetHidden(ctx, w.members[2].ID, true); err != nil {
			return err
		}
		for i, to := range []string{Planned, Sending, Sent, Missed, Skipped} {
			if _, err := tx.Plan(ctx, "post", w.chat.ID, noon.Add(time.Duration(i)*time.Hour)); err != nil {
				return err
			}
			if to == Planned {
				continue
			}
			from := Planned
			if to == Sent {
				if err := tx.MoveOccurrence(ctx, int64(i+1), Planned, Sending, ""); err != nil {
					return err
				}
				from = Sending
			}
			if err := tx.MoveOccurrence(ctx, int64(i+1), from, to, ""); err != nil {
				return err
			}
		}
		_, err = tx.Enqueue(ctx, Letter{ChatID: w.chat.ID, Connection: "test", Content: "{}", Once: true, Lane: LaneBroadcast})
		return err
	})
	return db, w
}

func TestVerifyFindsNothingInASoundDatabase(t *testing.T) {
	t.Parallel()
	db, _ := busy(t)
	for _, quick := range []bool{false, true} {
		all, wrong := lines(t, db, VerifyOptions{Quick: quick})
		if len(wrong) > 0 {
			t.Errorf("wrong: %v", wrong)
		}
		got := map[string]string{}
		for _, c := range all {
			if n, last := c.Args["checked"]; last {
				got[c.What] = n + "/" + c.Args["failed"]
			}
		}
		want := map[string]string{
			CheckIntegrity: "1/0", CheckForeignKeys: "1/0", CheckBalance: "5/0", CheckScore: "50/0", CheckCheckin: "22/0", CheckStreak: "5/0", CheckDraw: "0/0",
			CheckDay: "5/0", CheckReversal: "1/0", CheckBind: "0/0", CheckOccurrence: "5/0", CheckLetter: "1/0", CheckInvite: "0/0", CheckPoll: "0/0", CheckSignup: "0/0", CheckPush: "0/0", CheckQuestion: "0/0", CheckAnnouncement: "0/0", CheckSchedule: "0/0", CheckPicture: "0/0",
		}
		if !maps.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
	// The same on the writer, in the middle of a transaction.
	write(t, db, func(ctx context.Context, tx *Tx) error {
		return tx.Verify(ctx, VerifyOptions{}, func(c Check) {
			if !c.OK {
				t.Errorf("in a transaction: %v", c)
			}
		})
	})
	var size string
	if err := db.conn.QueryRowContext(t.Context(), "PRAGMA cache_size").Scan(&size); err != nil || size != "-2000" {
		t.Errorf("cache_size stays %s, %v", size, err)
	}
}

func TestVerifyOfAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	wantClean(t, newDB(t))
}

func TestWarningsAreNoDamage(t *testing.T) {
	t.Parallel()
	db, _ := busy(t)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.Claim(ctx, 1) })
	warnings := func(o VerifyOptions) string {
		var out []string
		all, wrong := lines(t, db, o)
		if len(wrong) > 0 {
			t.Errorf("wrong: %v", wrong)
		}
		for _, c := range all {
			if c.Warning {
				out = append(out, c.What+": "+c.Args["problem"])
			}
		}
		return strings.Join(out, ", ")
	}
	if got := warnings(VerifyOptions{}); got != "occurrence: without outcome, letter: without outcome" {
		t.Error(got)
	}
	// A bot is running since a minute, and the first post is due.
	o := VerifyOptions{Now: noon.Add(time.Second), Started: noon.Add(-time.Minute)}
	if got := warnings(o); got != "occurrence: due and not begun, letter: without outcome" {
		t.Error(got)
	}
}

// When a community moves to another zone a calendar date may not exist as a
// chat day; the streak goes on all the same.
func TestStreaksFollowTheChatDaysNotTheCalendar(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 1)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for i, day := range []string{"2026-11-20", "2026-11-21", "2026-11-23"} {
			if _, err := tx.AddCheckin(ctx, w.members[0], Checkin{Day: day, At: noon, Streak: i + 1}); err != nil {
				return err
			}
			if err := tx.AddScore(ctx, w.members[0], ScoreCheckin, 1, "w"+weekOf(day), month(day)); err != nil {
				return err
			}
		}
		return tx.SetStreak(ctx, w.members[0].ID, 3, 3, "2026-11-23")
	})
	if _, wrong := lines(t, db, VerifyOptions{}); len(wrong) == 0 {
		t.Error("by the calendar there is a hole")
	}
	asked := int64(0)
	_, wrong := lines(t, db, VerifyOptions{Prev: func(community int64, day string) string {
		asked = community
		if day == "2026-11-23" {
			return "2026-11-21"
		}
		return dayBefore(day)
	}})
	if len(wrong) > 0 || asked != w.community.ID {
		t.Errorf("community %d, wrong: %v", asked, wrong)
	}
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db, _ := busy(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.View(ctx, func(ctx context.Context, r *Reader) error {
		return r.Verify(ctx, VerifyOptions{}, func(Check) { cancel() })
	})
	wantErr(t, err, context.Canceled)
}
