package storage

import (
	"context"
	"testing"
	"time"
)

// announceTo stores an announcement to chats, each with a letter in a state.
func announceTo(t *testing.T, db *DB, states map[int64]string) (id int64, letters map[int64]int64) {
	t.Helper()
	letters = map[int64]int64{}
	write(t, db, func(ctx context.Context, tx *Tx) error {
		a, err := tx.AddAnnouncement(ctx, Announcement{ChatID: 1, AccountID: 1, Target: TargetChats, Content: `{"text":"hi"}`, Hash: "h", State: AnnouncementSent, SentAt: tx.Now})
		if err != nil {
			return err
		}
		id = a.ID
		var to []Addressee
		for chat := range states {
			to = append(to, Addressee{ChatID: chat})
		}
		if err := tx.AddAddressees(ctx, id, to); err != nil {
			return err
		}
		for chat, state := range states {
			if err := tx.AddAnnouncementLetter(ctx, id, AnnouncePost, Letter{ChatID: chat, Connection: "test", Lane: LaneBroadcast, Once: true, Content: "{}", Kind: "announce.post"}, false); err != nil {
				return err
			}
			rows, err := tx.Deliveries(ctx, id)
			if err != nil {
				return err
			}
			for _, d := range rows {
				if d.Chat.ID == chat {
					letters[chat] = d.LetterID
				}
			}
			if state != LetterQueued {
				if err := tx.Settle(ctx, Outcome{ID: letters[chat], State: state, ExternalID: "m"}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return id, letters
}

func twoChats(t *testing.T, db *DB) (old, young Chat) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *Tx) error {
		a, err := tx.Touch(ctx, Seen{Domain: "test", ExternalID: "u", Name: "u"})
		if err != nil || a.ID != 1 {
			t.Errorf("account %d: %v", a.ID, err)
		}
		if old, err = tx.AddChat(ctx, Chat{Domain: "test", ExternalID: "old", Kind: "group", Title: "g", Connection: "test"}); err != nil {
			return err
		}
		young, err = tx.AddChat(ctx, Chat{Domain: "test", ExternalID: "young", Kind: "group", Title: "g", Connection: "test"})
		return err
	})
	return old, young
}

// A group known under two ids is one group: what went out under either does not
// go out under the other, and the report has it once.
func TestAnAnnouncementToBothIdsOfAGroupGoesOutOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, young, want, waits string }{
		"the new one has it":   {LetterQueued, LetterSent, LetterSent, LetterDead},
		"the old one has it":   {LetterSent, LetterQueued, LetterSent, LetterDead},
		"both wait":            {LetterQueued, LetterQueued, LetterQueued, LetterDead},
		"one may have it":      {LetterUncertain, LetterQueued, LetterUncertain, LetterDead},
		"one waits for a tap":  {LetterQueued, LetterWaiting, LetterWaiting, LetterDead},
		"one failed, one goes": {LetterDead, LetterQueued, LetterQueued, LetterDead},
		"both failed":          {LetterDead, LetterDead, LetterDead, LetterDead},
		"both have it":         {LetterSent, LetterSent, LetterSent, LetterSent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newDB(t)
			old, young := twoChats(t, db)
			id, letters := announceTo(t, db, map[int64]string{old.ID: c.old, young.ID: c.young})
			write(t, db, func(ctx context.Context, tx *Tx) error {
				_, err := tx.MigrateChat(ctx, old, young.ExternalID)
				return err
			})
			var rows []Delivered
			states := map[string]int{}
			err := db.View(t.Context(), func(ctx context.Context, r *Reader) error {
				for _, l := range letters {
					row, err := r.Letter(ctx, l)
					if err != nil {
						return err
					}
					states[row.State]++
				}
				var err error
				rows, err = r.Deliveries(ctx, id)
				return err
			})
			if err != nil || len(rows) != 1 || rows[0].Chat.ID != old.ID || rows[0].State != c.want || rows[0].Tries != 2 {
				t.Errorf("%+v, %v", rows, err)
			}
			want := map[string]int{c.want: 1}
			want[c.waits]++
			for s, n := range want {
				if states[s] != n {
					t.Errorf("letters are %v, want %v", states, want)
				}
			}
			if _, wrong := lines(t, db, VerifyOptions{}); len(wrong) > 0 {
				t.Errorf("verify: %v", wrong)
			}
		})
	}
}

// What a report says stays when the outbox forgets its letters.
func TestAReportOutlivesItsLetters(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	db, err := Open(t.Context(), t.TempDir()+"/q.db", Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	old, young := twoChats(t, db)
	id, _ := announceTo(t, db, map[int64]string{old.ID: LetterSent, young.ID: LetterWaiting})
	now = now.Add(keepLetters + time.Hour)
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.Prune(ctx) })
	now = now.Add(keepLetters + time.Hour) // what nobody tapped is uncertain by now, and goes as well
	write(t, db, func(ctx context.Context, tx *Tx) error { return tx.Prune(ctx) })
	if n := number(t, db.readPool, "SELECT count(*) FROM outbox"); n != 0 {
		t.Errorf("%d letters are left", n)
	}
	err = db.View(t.Context(), func(ctx context.Context, r *Reader) error {
		rows, err := r.Deliveries(ctx, id)
		if err != nil {
			return err
		}
		for _, d := range rows {
			want := map[int64]string{old.ID: LetterSent, young.ID: LetterUncertain}[d.Chat.ID]
			if d.State != want {
				t.Errorf("chat %d is %q, want %q", d.Chat.ID, d.State, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, wrong := lines(t, db, VerifyOptions{}); len(wrong) > 0 {
		t.Errorf("verify: %v", wrong)
	}
}

// A report that does not agree with the outbox is named.
func TestVerifyNamesReportsThatAreWrong(t *testing.T) {
	t.Parallel()
	for problem, damage := range map[string]string{
		"has no letter":                            "DELETE FROM announcement_letters",
		"a letter, yet it was never sent":          "UPDATE announcements SET state = 'cancelled'",
		"a letter to somebody it is not for":       "DELETE FROM announcement_targets",
		"the letter is to another chat":            "UPDATE outbox SET chat_id = 2",
		"the letter is lost":                       "DELETE FROM outbox",
		"the letter may come twice":                "UPDATE outbox SET once = 0",
		"posted again, though it may have arrived": "INSERT INTO announcement_letters (announcement_id, chat_id, kind, try, state) VALUES (1, 1, 'post', 2, 'dead')",
	} {
		db := newDB(t)
		old, _ := twoChats(t, db)
		announceTo(t, db, map[int64]string{old.ID: LetterSent})
		if _, err := db.conn.ExecContext(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
		_, wrong := lines(t, db, VerifyOptions{})
		found := false
		for _, c := range wrong {
			found = found || c.What == CheckAnnouncement && c.Args["problem"] == problem
		}
		if !found {
			t.Errorf("after %q verify says %v", damage, wrong)
		}
	}
}

// Nobody gets more direct messages in a month than it has, whatever is tried.
func TestDirectMessagesOfAMonthAreCounted(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	twoChats(t, db)
	for i := range 2 * DMCap {
		id, _ := announceTo(t, db, nil)
		write(t, db, func(ctx context.Context, tx *Tx) error {
			for range 2 { // the same one counts once
				ok, err := tx.CountDM(ctx, 1, id, "2026-11")
				if err != nil || ok != (i < DMCap) {
					t.Errorf("the %d. message of the month: %v, %v", i+1, ok, err)
				}
			}
			return nil
		})
	}
	id, _ := announceTo(t, db, nil)
	write(t, db, func(ctx context.Context, tx *Tx) error {
		ok, err := tx.CountDM(ctx, 1, id, "2026-12")
		if !ok {
			t.Error("a new month has no room")
		}
		return err
	})
}
