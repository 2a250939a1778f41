package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/bot/config"
	"qunmate/bot/platform/telegram/tgtest"
	"qunmate/storage"
)

// The benchmarks of docs/benchmarks.md. What is compared is measured in turns
// in one run, so that whatever else the machine does falls on both sides.

const (
	benchChats   = 50
	benchPeople  = 20 // in each chat
	benchMembers = benchChats * benchPeople
)

// rig is the program, assembled as `run` does it, against a fake Bot API.
type rig struct {
	house  *house
	server *tgtest.Server
}

func newHouse(b *testing.B, yaml string) *house {
	b.Helper()
	w, err := loadWords()
	if err != nil {
		b.Fatal(err)
	}
	// Telegram's limits are known in advance and would be the only figure.
	unlimited := func(name string) (string, bool) { return "1", name == "QUNMATE_UNLIMITED" }
	p := &program{out: io.Discard, errs: io.Discard, env: unlimited, words: w, lang: "en"}
	cfg, err := config.Parse([]byte(yaml), nil)
	if err != nil {
		b.Fatal(err)
	}
	clock, log := bot.NewClock(0), slog.New(slog.DiscardHandler)
	db, err := storage.Open(b.Context(), cfg.Database, storage.Options{Now: clock.Now, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	h, err := assemble(b.Context(), p, cfg, p.words.set, db, clock, log)
	if err != nil {
		b.Fatal(err)
	}
	return h
}

func newRig(b *testing.B) *rig {
	b.Helper()
	s := tgtest.New(b, tgtest.Options{Lean: true})
	h := newHouse(b, fmt.Sprintf("language: en\ntimezone: UTC\nday_starts_at: \"00:00\"\ndatabase: %q\nhttp: {listen: \"127.0.0.1:0\"}\ntelegram:\n"+
		"  - {name: main, token: %q, base_url: %q}\n", filepath.Join(b.TempDir(), "qunmate.db"), s.Token(), s.URL()))
	for i := range int64(benchMembers) { // private answers go to members only
		s.SetMember(benchChat(i), tgtest.Member{User: benchMember(i), Status: "member"})
	}
	serve(b, h.engine)
	return &rig{h, s}
}

// serve runs an engine until the end of the benchmark.
func serve(b *testing.B, e *bot.Engine) {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	<-e.Ready()
}

func benchChat(i int64) tgtest.Chat {
	return tgtest.Chat{ID: -1_001_000_000_000 - i%benchChats, Title: "Group"}
}

func benchMember(i int64) tgtest.User {
	return tgtest.User{ID: 100_000 + i, First: fmt.Sprintf("Member %d", i)}
}

// day lets every member check in once, on a day of its own, and returns when
// the last answer has been sent.
func (r *rig) day(b *testing.B) time.Duration {
	b.Helper()
	if _, err := r.house.clock.Shift(r.house.clock.Now().Add(24 * time.Hour)); err != nil {
		b.Fatal(err)
	}
	date, n := r.house.clock.Now().Unix(), int64(0)
	want := r.server.Total() + benchMembers
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	r.server.Feed(func(update int64) []byte {
		if n == benchMembers {
			return nil
		}
		n++
		return tgtest.MessageJSON(update, n, date, benchChat(n-1), benchMember(n-1), "/checkin")
	})
	if _, err := r.server.WaitSent(ctx, want); err != nil {
		b.Fatalf("%v: %d of %d answers", err, r.server.Total()-want+benchMembers, benchMembers)
	}
	return time.Since(start)
}

// BenchmarkEndToEnd is a check-in from the poll to the answer that Telegram
// has accepted, beside the same number of whole check-ins in the store alone.
func BenchmarkEndToEnd(b *testing.B) {
	r, s := newRig(b), newStore(b)
	r.day(b) // everybody becomes known, and private answers are proven
	s.day(b)
	var whole, alone time.Duration
	b.ResetTimer()
	n := 0
	for ; n < b.N; n += benchMembers {
		whole += r.day(b)
		alone += s.day(b)
	}
	b.StopTimer()
	b.ReportMetric(float64(n)/whole.Seconds(), "end-to-end/s")
	b.ReportMetric(float64(n)/alone.Seconds(), "store/s")
	b.ReportMetric(100*alone.Seconds()/whole.Seconds(), "%-of-store")
	b.ReportMetric(0, "ns/op") // of both together: it means nothing
	r.wantCheckins(b, n+benchMembers)
	s.wantCheckins(b, n+benchMembers)
}

func (r *rig) wantCheckins(b *testing.B, n int) {
	b.Helper()
	wantDays(b, r.house.db, n)
	for _, p := range r.server.Problems() {
		b.Error(p)
	}
}

// wantDays counts the check-ins of all days and communities.
func wantDays(b *testing.B, db *storage.DB, want int) {
	b.Helper()
	err := db.View(context.Background(), func(ctx context.Context, r *storage.Reader) error {
		got := 0
		for community := int64(1); ; community++ {
			if _, err := r.Community(ctx, community); err != nil {
				if !errors.Is(err, storage.ErrNotFound) {
					return err
				}
				break
			}
			all, err := r.CheckinsBetween(ctx, community, "2000-01-01", "2999-12-31")
			if err != nil {
				return err
			}
			got += len(all)
		}
		if got != want {
			b.Errorf("%d check-ins, want %d", got, want)
		}
		return nil
	})
	if err != nil {
		b.Error(err)
	}
}
