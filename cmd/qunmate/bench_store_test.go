package main

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"qunmate/bot/chatday"
	"qunmate/storage"
)

// benchBatch is how many check-ins share a commit, as in the engine.
const benchBatch = 128

// store makes check-ins as the engine and the command write them, without
// them: the yardstick of the end-to-end benchmark.
type store struct {
	db    *storage.DB
	chats []storage.Chat
	now   time.Time
	n     int // check-ins so far
}

func newStore(b *testing.B) *store {
	b.Helper()
	s := &store{now: time.Now().UTC()}
	var err error
	s.db, err = storage.Open(b.Context(), filepath.Join(b.TempDir(), "store.db"), storage.Options{Now: func() time.Time { return s.now }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.db.Close() })
	err = s.db.Write(b.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for i := range benchChats {
			c, err := tx.AddCommunity(ctx, "Group", "UTC", 0)
			if err != nil {
				return err
			}
			row, err := tx.AddChat(ctx, storage.Chat{
				Domain: "bench", ExternalID: fmt.Sprint(-i - 1), CommunityID: c.ID, Kind: "group", Title: "Group", Connection: "bench",
			})
			if err != nil {
				return err
			}
			s.chats = append(s.chats, row)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// day lets every member check in once, on a day of its own.
func (s *store) day(b *testing.B) time.Duration {
	b.Helper()
	s.now = s.now.Add(24 * time.Hour)
	start := time.Now()
	for from := 0; from < benchMembers; from += benchBatch {
		err := s.db.Write(b.Context(), func(ctx context.Context, tx *storage.Tx) error {
			for i := from; i < min(from+benchBatch, benchMembers); i++ {
				if err := s.checkin(ctx, tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

const benchAnswer = `{"text":"<b>+10</b> 5 + 5, 7 days in a row, #12 today, balance 236","private":true,"choices":[{"label":"Why","command":"/why"},{"label":"Rank","command":"/rank"}]}`

// checkin is a whole one: two savepoints, dedupe, chat, account, presence,
// member, check-in, entry, streak, sums, answer.
func (s *store) checkin(ctx context.Context, tx *storage.Tx, i int) error {
	s.n++
	day := s.now.Format(time.DateOnly)
	return tx.Savepoint(ctx, func(ctx context.Context) error {
		if seen, err := tx.SeenBefore(ctx, "bench", fmt.Sprint(s.n)); err != nil || seen {
			return err
		}
		chat := s.chats[i%benchChats]
		a, err := tx.Touch(ctx, storage.Seen{Domain: "bench", ExternalID: fmt.Sprint(i), Name: "Member " + fmt.Sprint(i)})
		if err != nil {
			return err
		}
		err = tx.Savepoint(ctx, func(ctx context.Context) error { return s.decide(ctx, tx, chat, a, day) })
		if err != nil {
			return err
		}
		_, err = tx.Enqueue(ctx, storage.Letter{ChatID: chat.ID, Connection: "bench", Kind: "checkin.done", AccountID: a.ID, Reply: "4711", Content: benchAnswer})
		return err
	})
}

func (s *store) decide(ctx context.Context, tx *storage.Tx, chat storage.Chat, a storage.Account, day string) error {
	m, err := tx.EnsureMember(ctx, chat.CommunityID, a.PersonID)
	if err != nil {
		return err
	}
	streak := m.Streak + 1
	if _, err := tx.AddCheckin(ctx, m, storage.Checkin{Day: day, At: tx.Now, Gained: 10, Streak: streak, ChatID: chat.ID}); err != nil {
		return err
	}
	week := chatday.Week(day)
	_, err = tx.Post(ctx, storage.Entry{
		MemberID: m.ID, Unit: storage.Points, Amount: 10, Kind: "checkin", Cause: "checkin:" + day, Rule: 1, Day: day, Week: week, Detail: `{"base":5,"bonus":5}`,
	})
	if err != nil {
		return err
	}
	if err := tx.SetStreak(ctx, m.ID, streak, streak, day); err != nil {
		return err
	}
	return tx.AddScore(ctx, m, storage.ScoreCheckin, 1, "w"+week, chatday.Month(day))
}

func (s *store) wantCheckins(b *testing.B, n int) {
	b.Helper()
	wantDays(b, s.db, n)
}
