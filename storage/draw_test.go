package storage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// drawn makes draw #1 of a town with two tickets that were paid for, and one
// that was given back.
func drawn(tb testing.TB) (*DB, town) {
	tb.Helper()
	db := newDB(tb)
	w := newTown(tb, db, 3)
	write(tb, db, func(ctx context.Context, tx *Tx) error {
		id, err := tx.AddDraw(ctx, Draw{CommunityID: w.community.ID, ChatID: w.chat.ID, Mode: DrawTimed, Spec: "{}", Beacon: "drand", Cost: 5, ClosesAt: noon})
		if err != nil || id != 1 {
			return fmt.Errorf("draw %d: %w", id, err)
		}
		d, err := tx.Draw(ctx, id)
		if err != nil {
			return err
		}
		d.State, d.OpenedAt, d.Secret, d.Commitment, d.Rules = DrawOpen, noon, "aa", "bb", "{}"
		if err := tx.SetDraw(ctx, d, DrawDraft); err != nil {
			return err
		}
		for i := range 3 {
			e, err := tx.AddEntry(ctx, DrawEntry{
				DrawID: id, PersonID: w.accounts[i].PersonID, AccountID: w.accounts[i].ID, MemberID: w.members[i].ID, Who: strconv.Itoa(i), Salt: "ff", Weight: 1, Cost: 5,
			})
			if err != nil {
				return err
			}
			cause := fmt.Sprintf("draw:%d:%d", id, e.Ticket)
			paid, err := tx.Post(ctx, Entry{MemberID: e.MemberID, Unit: Points, Amount: -5, Kind: "draw", Cause: cause, Day: "2026-11-22", Week: weekOf("2026-11-22")})
			if err != nil {
				return err
			}
			if i < 2 {
				continue
			}
			if err := tx.EndEntry(ctx, id, e.Ticket, EntryLeft); err != nil {
				return err
			}
			if _, err := tx.Post(ctx, Entry{MemberID: e.MemberID, Unit: Points, Amount: 5, Kind: "draw_back", Cause: cause + ":back", Reverses: paid, Day: "2026-11-22", Week: weekOf("2026-11-22")}); err != nil {
				return err
			}
		}
		return nil
	})
	wantClean(tb, db)
	return db, w
}

func TestOneTicketAPersonAndNoTicketTwice(t *testing.T) {
	t.Parallel()
	db, w := drawn(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		again := func(i int) (DrawEntry, error) {
			e := DrawEntry{DrawID: 1, PersonID: w.accounts[i].PersonID, AccountID: w.accounts[i].ID, MemberID: w.members[i].ID, Who: "x", Salt: "ff", Weight: 1}
			err := tx.Savepoint(ctx, func(ctx context.Context) (err error) { e, err = tx.AddEntry(ctx, e); return err })
			return e, err
		}
		_, err := again(0)
		wantErr(t, err, ErrDuplicate)
		if e, err := again(2); err != nil || e.Ticket != 4 {
			t.Errorf("who gave his ticket back gets a new one: %d, %v", e.Ticket, err)
		}
		wantErr(t, tx.EndEntry(ctx, 1, 3, EntryLeft), ErrDuplicate)
		d, err := tx.Draw(ctx, 1)
		if err != nil {
			return err
		}
		d.State = DrawDrawn
		wantErr(t, tx.SetDraw(ctx, d, DrawFrozen), ErrDuplicate)
		return nil
	})
}

func TestAPrizeAndItsCodeAreGivenOnce(t *testing.T) {
	t.Parallel()
	db, _ := drawn(t)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		win := DrawWin{DrawID: 1, Place: 1, Ticket: 1, DueAt: noon}
		if err := tx.AddWin(ctx, win); err != nil {
			return err
		}
		win.Place = 2
		wantErr(t, tx.Savepoint(ctx, func(ctx context.Context) error { return tx.AddWin(ctx, win) }), ErrDuplicate)
		for _, fresh := range []bool{true, false} {
			if added, err := tx.AddCode(ctx, 1, 0, "CF-1"); err != nil || added != fresh {
				t.Errorf("a code is new: %v, %v", added, err)
			}
		}
		for range 2 {
			if code, err := tx.GiveCode(ctx, 1, 0, 1); err != nil || code != "CF-1" {
				t.Errorf("the same code whenever it is asked for: %q, %v", code, err)
			}
		}
		_, err := tx.GiveCode(ctx, 1, 0, 2)
		wantErr(t, err, ErrNotFound)
		if err := tx.ClaimWin(ctx, 1, 1, "some street", tx.Now.Add(-time.Second)); err != nil {
			return err
		}
		wantErr(t, tx.EndWin(ctx, 1, 1, WinMoved, false), ErrDuplicate) // claimed
		if err := tx.ForgetDeliveries(ctx, "draw.winners"); err != nil {
			return err
		}
		wins, err := tx.DrawWins(ctx, 1)
		if err != nil || len(wins) != 1 || wins[0].Delivery != "" || wins[0].State != WinClaimed {
			t.Errorf("%+v, %v", wins, err)
		}
		return nil
	})
}

func TestVerifyFindsWhatIsWrongWithDraws(t *testing.T) {
	t.Parallel()
	for problem, damage := range map[string]string{
		"not paid":                          "UPDATE draw_entries SET ticket = 9 WHERE ticket = 1",
		"paid another amount":               "UPDATE draw_entries SET cost = 6 WHERE ticket = 1",
		"not paid back":                     "UPDATE draw_entries SET state = 'left' WHERE ticket = 1",
		"paid back":                         "UPDATE draw_entries SET state = 'in' WHERE ticket = 3",
		"still in a cancelled draw":         "UPDATE draws SET state = 'cancelled'",
		"was never given out":               "UPDATE draws SET tickets = 1",
		"no commitment":                     "UPDATE draws SET commitment = ''",
		"no hash of the list":               "UPDATE draws SET state = 'frozen'",
		"no randomness":                     "UPDATE draws SET state = 'drawn', list_sha256 = 'cc'",
		"winners before the drawing":        "INSERT INTO draw_wins (draw_id, place, prize, ticket, state) VALUES (1, 1, 0, 1, 'won')",
		"moved from no winner":              "INSERT INTO draw_changes (draw_id, n, at, prize, from_ticket, to_ticket, reason) VALUES (1, 1, 1, 0, 7, 8, 'x')",
		"given back without a cancellation": "UPDATE draw_entries SET state = 'refunded' WHERE ticket = 3",
	} {
		db, _ := drawn(t)
		write(t, db, func(ctx context.Context, tx *Tx) error {
			_, err := tx.q.exec(ctx, damage)
			return err
		})
		_, wrong := lines(t, db, VerifyOptions{})
		found := false
		for _, c := range wrong {
			found = found || c.What == CheckDraw && c.Args["problem"] == problem
		}
		if !found {
			t.Errorf("%s: %v", problem, wrong)
		}
	}
}

func TestTraitsCountTheDaysAskedFor(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 2)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for _, day := range []string{"2026-11-15", "2026-11-16", "2026-11-22", "2026-11-22"} {
			if err := tx.CountTalk(ctx, w.chat.ID, w.accounts[0].ID, day); err != nil {
				return err
			}
		}
		one, err := tx.Traits(ctx, w.community.ID, w.accounts[0].PersonID, "2026-11-16")
		if err != nil || one.Messages != 3 || one.PersonID != w.accounts[0].PersonID {
			t.Errorf("%+v, %v", one, err)
		}
		all, err := tx.AllTraits(ctx, w.community.ID, "2026-11-22")
		if err != nil {
			return err
		}
		var got []string
		for _, x := range all {
			got = append(got, strconv.FormatInt(x.Messages, 10))
		}
		if s := strings.Join(got, " "); s != "2 0" {
			t.Errorf("all: %s", s)
		}
		return nil
	})
}
