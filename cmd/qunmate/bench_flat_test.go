package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
	"qunmate/storage/storagetest"
)

// deaf is a platform that takes every letter: what is measured is the engine.
type deaf struct{}

func (deaf) Name() string   { return "fill" }
func (deaf) Domain() string { return "fill" }
func (deaf) Caps(chat.Chat) chat.Caps {
	return chat.Caps{Hears: true, Push: true, Choices: true, MaxText: 4096}
}

func (deaf) Run(ctx context.Context, _ chat.Deliver) error {
	<-ctx.Done()
	return nil
}

func (deaf) Send(context.Context, chat.Letter) (chat.Sent, error) { return chat.Sent{ID: "1"}, nil }

// archive is a running engine over a ledger of some size: 1,000 members, 400
// days.
type archive struct {
	engine *bot.Engine
	filled storagetest.Filled
	clock  *bot.Clock
	asked  int
}

func newArchive(b *testing.B, rows int) *archive {
	b.Helper()
	h := newHouse(b, fmt.Sprintf("language: en\ntimezone: UTC\nday_starts_at: \"00:00\"\nsandbox: {enabled: true}\ndatabase: %q\n", filepath.Join(b.TempDir(), "qunmate.db")))
	a := &archive{clock: h.clock}
	var err error
	a.filled, err = storagetest.Fill(b.Context(), h.db, storagetest.Options{Members: 1000, Days: 400, Rows: rows, LastDay: time.Now().UTC().Format(time.DateOnly)})
	if err != nil {
		b.Fatal(err)
	}
	if a.engine, err = bot.New(h.engineOptions([]chat.Platform{deaf{}})); err != nil {
		b.Fatal(err)
	}
	serve(b, a.engine)
	return a
}

// page is how many questions share a commit, as with a page of updates.
const page = 100

// ask lets members ask the same question and returns how long it took until
// the answers were committed.
func (a *archive) ask(b *testing.B, text string, private bool) time.Duration {
	b.Helper()
	events := make([]chat.Event, page)
	for i := range events {
		a.asked++
		who := chat.User{Ref: chat.Ref{Domain: "fill", ID: a.filled.ExternalID(a.asked * 7 % 1000)}, Name: fmt.Sprintf("member %d", a.asked*7%1000)}
		place := chat.Chat{Ref: chat.Ref{Domain: "fill", ID: a.filled.ChatID}, Type: chat.Group, Title: "fill"}
		if private {
			place = chat.Chat{Ref: who.Ref, Type: chat.Private, Title: who.Name}
		}
		events[i] = chat.Event{
			ID: chat.Ref{Domain: "fill", ID: fmt.Sprint(a.asked)}, Kind: chat.Message, Chat: place, Sender: who, Text: text, At: a.clock.Now(),
		}
	}
	start := time.Now()
	if err := a.engine.Door("fill")(b.Context(), events); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// questions are the commands whose cost must not grow with the ledger.
func questions() []string {
	out := []string{"/why", "/me"}
	for _, kind := range []string{"points", "streak"} {
		for _, period := range []string{"day", "week", "month", "all"} {
			out = append(out, "/rank "+kind+" "+period)
		}
	}
	return out
}

// BenchmarkFlat asks every ranking and /why of ledgers of 10,000, 100,000 and
// 1,000,000 entries in turns. The ratio is that of the largest to the
// smallest, of medians.
func BenchmarkFlat(b *testing.B) {
	sizes := []int{10_000, 100_000, 1_000_000}
	var all []*archive
	for _, rows := range sizes {
		all = append(all, newArchive(b, rows))
	}
	for _, private := range []bool{false, true} {
		for _, q := range questions() {
			name := strings.ReplaceAll(strings.TrimPrefix(q, "/"), " ", "-")
			if private {
				name += "-in-private"
			}
			b.Run(name, func(b *testing.B) {
				times := make([][]time.Duration, len(all))
				for i := 0; i < max(b.N, 15)+1; i++ {
					for j, a := range all {
						if d := a.ask(b, q, private); i > 0 { // the first makes chats and caches
							times[j] = append(times[j], d)
						}
					}
				}
				var figures []float64
				for j, name := range []string{"10k-µs", "100k-µs", "1M-µs"} {
					us := float64(median(times[j]).Microseconds()) / page
					figures = append(figures, us)
					b.ReportMetric(us, name)
				}
				b.ReportMetric(figures[2]/figures[0], "1M/10k")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
	for _, a := range all {
		a.wantAnswers(b)
	}
}

// wantAnswers: what was measured were answers, not refusals.
func (a *archive) wantAnswers(b *testing.B) {
	b.Helper()
	err := a.engine.DB.View(context.Background(), func(ctx context.Context, r *storage.Reader) error {
		waiting, err := r.AllWaiting(ctx)
		if len(waiting) > 0 {
			b.Errorf("%d questions failed: %s", len(waiting), waiting[0].Error)
		}
		return err
	})
	if err != nil {
		b.Error(err)
	}
}

func median[T cmp.Ordered](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
