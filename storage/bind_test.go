package storage

import (
	"context"
	"slices"
	"testing"
	"time"
)

// bound binds the second member of a lived town to the first.
func bound(tb testing.TB) (*DB, town, Bind) {
	tb.Helper()
	db, w := lived(tb)
	var b Bind
	write(tb, db, func(ctx context.Context, tx *Tx) error {
		audit, err := tx.Audit(ctx, Audited{Action: "bind"})
		if err != nil {
			return err
		}
		b = Bind{From: w.members[1].PersonID, Into: w.members[0].PersonID, State: BindLive, Before: "{}", AuditID: audit}
		if b.ID, err = tx.AddBind(ctx, b); err != nil {
			return err
		}
		if err := tx.AddBoundMember(ctx, BoundMember{BindID: b.ID, CommunityID: w.community.ID, From: w.members[1].ID, Into: w.members[0].ID}); err != nil {
			return err
		}
		return tx.SetHidden(ctx, w.members[1].ID, true)
	})
	return db, w, b
}

func TestABoundPersonHasTheAccountsAndTheHistory(t *testing.T) {
	t.Parallel()
	db, w, b := bound(t)
	wantClean(t, db)
	view(t, db, func(ctx context.Context, r *Reader) error {
		accounts, err := r.AccountsOf(ctx, b.Into)
		if err != nil || len(accounts) != 2 {
			t.Errorf("%+v, %v", accounts, err)
		}
		heir, err := r.Heir(ctx, b.From)
		if err != nil || heir != b.Into {
			t.Errorf("the heir is %d, %v", heir, err)
		}
		all, err := r.Merged(ctx, b.Into)
		if err != nil || !slices.Equal(all, []int64{b.Into, b.From}) {
			t.Errorf("%v, %v", all, err)
		}
		for person, want := range map[int64]bool{b.Into: true, w.members[2].PersonID: false} {
			if owns, err := r.Owns(ctx, person, w.members[1].ID); err != nil || owns != want {
				t.Errorf("person %d owns it: %v, %v", person, owns, err)
			}
		}
		movers, err := r.Movers(ctx, w.chat.ID, w.community.ID, true)
		if err != nil || slices.ContainsFunc(movers, func(m Member) bool { return m.ID == w.members[1].ID }) {
			t.Errorf("an empty shell moves: %+v, %v", movers, err)
		}
		data, err := r.PersonData(ctx, b.Into)
		if err != nil || len(data.Binds) != 1 || len(data.Memberships) != 2 {
			t.Errorf("%+v, %v", data, err)
		}
		return nil
	})
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := tx.EndBind(ctx, b); err != nil {
			return err
		}
		return tx.SetHidden(ctx, w.members[1].ID, false)
	})
	wantClean(t, db)
	view(t, db, func(ctx context.Context, r *Reader) error {
		a, err := r.Account(ctx, w.accounts[1].ID)
		if err != nil || a.PersonID != b.From {
			t.Errorf("%+v, %v", a, err)
		}
		_, err = r.LastBind(ctx, b.Into)
		wantErr(t, err, ErrNotFound)
		return nil
	})
}

func TestWhoWasBoundIsErasedAlong(t *testing.T) {
	t.Parallel()
	db, w, b := bound(t)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.ErasePerson(ctx, b.Into, "someone-1") })
	wantClean(t, db)
	view(t, db, func(ctx context.Context, r *Reader) error {
		for _, id := range []int64{b.From, b.Into} {
			if p, err := r.Person(ctx, id); err != nil || p.Name != "someone-1" || p.ErasedAt == 0 {
				t.Errorf("%+v, %v", p, err)
			}
		}
		for _, a := range w.accounts[:2] {
			_, err := r.AccountByRef(ctx, "test", a.ExternalID)
			wantErr(t, err, ErrNotFound)
		}
		if last, err := r.BindByAudit(ctx, b.AuditID); err != nil || last.State != BindErased {
			t.Errorf("%+v, %v", last, err)
		}
		return nil
	})
}

func TestCopiesOfDaysComeAndGo(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	from, into := w.members[0], w.members[3]
	write(t, db, func(ctx context.Context, tx *Tx) error {
		_, err := tx.AddCheckin(ctx, from, Checkin{Day: "2026-11-09", At: noon, Repaired: true})
		if err != nil {
			return err
		}
		return tx.SetStreak(ctx, from.ID, 1, 4, "2026-11-09")
	})
	write(t, db, func(ctx context.Context, tx *Tx) error {
		before, err := tx.CheckinDays(ctx, into.ID)
		if err != nil {
			return err
		}
		days, gained, err := tx.SharedDays(ctx, from.ID, into.ID)
		if err != nil || days != len(before) {
			t.Errorf("%d shared days with %d points, %v", days, gained, err)
		}
		if err := tx.BindDays(ctx, from.ID, into.ID); err != nil {
			return err
		}
		after, err := tx.CheckinDays(ctx, into.ID)
		if err != nil || len(after) <= len(before) {
			t.Errorf("%v, %v", after, err)
		}
		if err := tx.DropCopies(ctx, into.ID, from.ID); err != nil {
			return err
		}
		if after, err = tx.CheckinDays(ctx, into.ID); !slices.Equal(after, before) {
			t.Errorf("%v, before it was %v, %v", after, before, err)
		}
		return err
	})
	wantClean(t, db)
}

func TestABindCodeIsOneOfItsAccountAndExpires(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 2)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		a, b := w.accounts[0].ID, w.accounts[1].ID
		if err := tx.SetBindCode(ctx, "h1", a, noon.Add(time.Minute)); err != nil {
			return err
		}
		err := tx.Savepoint(ctx, func(ctx context.Context) error { return tx.SetBindCode(ctx, "h1", b, noon.Add(time.Minute)) })
		wantErr(t, err, ErrDuplicate)
		if err := tx.SetBindCode(ctx, "h2", a, noon.Add(2*time.Minute)); err != nil {
			return err
		}
		_, _, err = tx.BindCode(ctx, "h1")
		wantErr(t, err, ErrNotFound)
		owner, expires, err := tx.BindCode(ctx, "h2")
		if err != nil || owner != a || !expires.Equal(noon.Add(2*time.Minute)) {
			t.Errorf("%d until %s, %v", owner, expires, err)
		}
		if err := tx.DropBindCode(ctx, "h2"); err != nil {
			return err
		}
		_, _, err = tx.BindCode(ctx, "h2")
		wantErr(t, err, ErrNotFound)
		return nil
	})
}

func TestVerifyFindsABindThatDoesNotHold(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]string{
		"person":  "UPDATE people SET merged_into = 0 WHERE merged_into <> 0",
		"account": "UPDATE accounts SET person_id = (SELECT from_person FROM binds) WHERE id = (SELECT account_id FROM bind_accounts)",
		"record":  "UPDATE bind_members SET points = 7",
		"copy":    "UPDATE checkins SET origin = 9999 WHERE (member_id, day) IN (SELECT member_id, day FROM checkins LIMIT 1)",
	} {
		db, _, _ := bound(t)
		if _, err := db.conn.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		found := false
		view(t, db, func(ctx context.Context, r *Reader) error {
			return r.Verify(ctx, VerifyOptions{}, func(c Check) { found = found || c.What == CheckBind && !c.OK })
		})
		if !found {
			t.Errorf("%s: nothing is wrong", name)
		}
	}
}
