package storage

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnErasedPersonIsAPseudonymAndTheSumsStay(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	a := w.accounts[0]
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Touch(ctx, Seen{Domain: "test", ExternalID: a.ExternalID, Name: "Secret Name", Username: "secretname", Language: "zh"}); err != nil {
			return err
		}
		if err := tx.SetRole(ctx, w.chat.ID, a.ID, RoleAdmin, FromCommand); err != nil {
			return err
		}
		if _, err := tx.AddPreview(ctx, Preview{ChatID: w.chat.ID, AccountID: a.ID, Action: "x", Data: `{"who":"Secret Name"}`, ExpiresAt: noon.Add(time.Hour)}); err != nil {
			return err
		}
		for _, state := range []string{LetterSent, LetterQueued} {
			id, err := tx.Enqueue(ctx, Letter{ChatID: w.chat.ID, Connection: "test", AccountID: a.ID, Content: `{"text":"hello Secret Name"}`})
			if err != nil {
				return err
			}
			if state == LetterSent {
				if err := tx.Settle(ctx, Outcome{ID: id, State: state}); err != nil {
					return err
				}
			}
		}
		if err := tx.SetOperator(ctx, a.PersonID, true); err != nil {
			return err
		}
		return tx.ErasePerson(ctx, a.PersonID, "someone-1")
	})
	wantClean(t, db)
	view(t, db, func(ctx context.Context, r *Reader) error {
		p, err := r.Person(ctx, a.PersonID)
		if err != nil || p.Name != "someone-1" || p.Operator || p.ErasedAt != noon.UnixMilli() {
			t.Errorf("%+v, %v", p, err)
		}
		m, err := r.Member(ctx, w.community.ID, a.PersonID)
		if err != nil || m.Balance != 20 || m.Streak != 4 || !m.Hidden {
			t.Errorf("%+v, %v", m, err)
		}
		top, err := r.Top(ctx, Ranking{Community: w.community.ID, Kind: ScorePoints}, 10)
		if err != nil || len(top) != 4 {
			t.Errorf("%+v, %v", top, err)
		}
		_, err = r.AccountByRef(ctx, "test", a.ExternalID)
		wantErr(t, err, ErrNotFound)
		_, err = r.AccountByUsername(ctx, "test", "secretname")
		wantErr(t, err, ErrNotFound)
		_, err = r.Presence(ctx, w.chat.ID, a.ID)
		wantErr(t, err, ErrNotFound)
		ops, err := r.Operators(ctx)
		if err != nil || len(ops) != 0 {
			t.Errorf("operators: %+v, %v", ops, err)
		}
		return nil
	})
	// Only the letter that is still to be sent may name him.
	text := dump(t, db)
	if n := strings.Count(text, "Secret Name"); n != 1 || strings.Contains(text, "secretname") || strings.Contains(text, "'"+a.ExternalID+"'") {
		t.Errorf("he is named %d times", n)
	}
	// Whoever comes back is somebody new.
	write(t, db, func(ctx context.Context, tx *Tx) error {
		again, err := tx.Touch(ctx, Seen{Domain: "test", ExternalID: a.ExternalID, Name: "Secret Name"})
		if again.PersonID == a.PersonID {
			t.Error("the same person")
		}
		return err
	})
}

// The address of a 1:1 chat outlives its person only until the last answer has
// left; whoever comes back before keeps it.
func TestTheChatOfAnErasedPersonIsForgottenOnceAllIsSaid(t *testing.T) {
	t.Parallel()
	db, w := lived(t)
	gone, back := w.accounts[0], w.accounts[1]
	var letter int64
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for _, a := range []Account{gone, back} {
			c, err := tx.AddChat(ctx, Chat{Domain: a.Domain, ExternalID: a.ExternalID, Kind: "private", Title: "Secret Name"})
			if err != nil {
				return err
			}
			if err := tx.BlankPrivateChats(ctx, a.PersonID); err != nil {
				return err
			}
			if letter, err = tx.Enqueue(ctx, Letter{ChatID: c.ID, Connection: "test", Content: `{"text":"erased"}`}); err != nil {
				return err
			}
			if err := tx.ErasePerson(ctx, a.PersonID, "someone"); err != nil {
				return err
			}
			if a.ID == gone.ID {
				continue
			}
			if _, err := tx.Touch(ctx, Seen{Domain: a.Domain, ExternalID: a.ExternalID}); err != nil {
				return err
			}
		}
		return tx.Prune(ctx)
	})
	has := func(a Account) bool { return strings.Contains(dump(t, db), "'"+a.ExternalID+"'") }
	if !has(gone) {
		t.Error("forgotten before the answer was sent")
	}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		for _, id := range []int64{letter - 1, letter} {
			if err := tx.Settle(ctx, Outcome{ID: id, State: LetterSent}); err != nil {
				return err
			}
		}
		return tx.Prune(ctx)
	})
	if has(gone) || !has(back) {
		t.Errorf("gone is there: %v, back is there: %v", has(gone), has(back))
	}
}

func TestTouchKeepsNamesFresh(t *testing.T) {
	t.Parallel()
	now := noon
	db := openAt(t, t.TempDir()+"/qunmate.db", Options{Now: func() time.Time { return now }})
	touch := func(s Seen) (a Account) {
		s.Domain, s.ExternalID = "test", "7"
		write(t, db, func(ctx context.Context, tx *Tx) (err error) {
			a, err = tx.Touch(ctx, s)
			return err
		})
		now = now.Add(time.Minute)
		return a
	}
	first := touch(Seen{})
	if first.Name != "7" {
		t.Errorf("without a name: %+v", first)
	}
	named := touch(Seen{Name: "An", Username: "an", Language: "zh"})
	same := touch(Seen{Name: "An", Username: "an"})
	if named.ID != first.ID || named.PersonID != first.PersonID || same.UpdatedAt != named.UpdatedAt {
		t.Errorf("%+v, %+v", named, same)
	}
	renamed := touch(Seen{Name: "Anne", Username: "an"})
	silent := touch(Seen{})
	view(t, db, func(ctx context.Context, r *Reader) error {
		stored, err := r.Account(ctx, first.ID)
		if err != nil || stored != renamed || silent != stored || stored.Language != "zh" {
			t.Errorf("%+v, %v", stored, err)
		}
		p, err := r.Person(ctx, first.PersonID)
		if err != nil || p.Name != "Anne" {
			t.Errorf("%+v, %v", p, err)
		}
		for _, name := range []string{"an", "AN", "@An"} {
			if a, err := r.AccountByUsername(ctx, "test", name); err != nil || a.ID != first.ID {
				t.Errorf("%s: %+v, %v", name, a, err)
			}
		}
		return nil
	})
}

func TestPresenceIsToldOnce(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 1)
	a := w.accounts[0].ID
	write(t, db, func(ctx context.Context, tx *Tx) error {
		steps := []struct {
			fn   func(context.Context, int64, int64, time.Time) (bool, error)
			news bool
		}{{tx.Enter, false}, {tx.LeaveChat, true}, {tx.LeaveChat, false}, {tx.Enter, true}, {tx.Enter, false}}
		for i, s := range steps {
			if news, err := s.fn(ctx, w.chat.ID, a, noon.Add(time.Duration(i)*time.Minute)); err != nil || news != s.news {
				t.Errorf("step %d: %v, %v", i, news, err)
			}
		}
		if err := tx.CountMessage(ctx, w.chat.ID, a, noon.Add(time.Hour)); err != nil {
			return err
		}
		if err := tx.CountMessage(ctx, w.chat.ID, a, noon); err != nil { // late
			return err
		}
		p, err := tx.Presence(ctx, w.chat.ID, a)
		if p.Joins != 2 || !p.JoinedAt.Equal(noon.Add(3*time.Minute)) || !p.LeftAt.IsZero() || p.Messages != 2 || !p.LastMessageAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("%+v", p)
		}
		if err != nil {
			return err
		}
		in, err := tx.CommunitiesOf(ctx, w.accounts[0].PersonID)
		if err != nil || len(in) != 1 || in[0].ID != w.community.ID {
			t.Errorf("%+v, %v", in, err)
		}
		if _, err := tx.LeaveChat(ctx, w.chat.ID, a, noon); err != nil {
			return err
		}
		in, err = tx.CommunitiesOf(ctx, w.accounts[0].PersonID)
		if len(in) != 0 {
			t.Errorf("%+v", in)
		}
		named, err2 := tx.AccountsNamed(ctx, w.chat.ID, "MEMBER 0")
		if len(named) != 1 {
			t.Errorf("%+v", named)
		}
		return errors.Join(err, err2)
	})
}

func TestCommunitiesAndTheirClocks(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	w := newTown(t, db, 1)
	id := w.community.ID
	write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := tx.SetCommunity(ctx, Community{ID: id, Name: "new name", Code: "k7"}); err != nil {
			return err
		}
		c, err := tx.CommunityByCode(ctx, "k7")
		if err != nil || c.ID != id || c.Name != "new name" || c.CreatedAt != noon.UnixMilli() {
			t.Errorf("%+v, %v", c, err)
		}
		for _, k := range []Clock{{From: noon, Timezone: "Asia/Shanghai", DayStartsAt: 240}, {From: noon.Add(time.Hour), Timezone: "UTC"}, {From: noon.Add(time.Hour), Timezone: "Europe/Berlin"}} {
			if err := tx.AddClock(ctx, id, k); err != nil {
				return err
			}
		}
		zones := func() (out []string) {
			clocks, err := tx.Clocks(ctx, id)
			if err != nil {
				t.Error(err)
			}
			for _, k := range clocks {
				out = append(out, k.Timezone)
			}
			return out
		}
		if got := zones(); !slices.Equal(got, []string{"UTC", "Asia/Shanghai", "Europe/Berlin"}) {
			t.Error(got)
		}
		if err := tx.DropClocksAfter(ctx, id, noon); err != nil {
			return err
		}
		if got := zones(); !slices.Equal(got, []string{"UTC", "Asia/Shanghai"}) {
			t.Error(got)
		}
		members, err := tx.MembersOf(ctx, id)
		if len(members) != 1 {
			t.Errorf("%+v", members)
		}
		return err
	})
}
