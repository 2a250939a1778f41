package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
	"qunmate/storage"
	history "qunmate/storage/storagetest"
)

// resident reads how much memory a process holds now (VmRSS) or has held at
// most (VmHWM), in MB.
func resident(t testing.TB, p *running, what string) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(what + `:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in /proc", what)
	}
	kb, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return float64(kb) / 1000
}

// answering is a bot that has answered once.
func answering(t testing.TB, dir string, s *tg.Server) *running {
	t.Helper()
	configure(t, dir, s, "sandbox: {enabled: true}\n")
	p := launch(t, dir, []string{"QUNMATE_UNLIMITED=1"})
	p.address()
	s.Say(group(0), person(0), "/checkin")
	if _, err := s.WaitSent(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	return p
}

// past makes a history of 100,000 entries.
func past(t testing.TB, dir string) {
	t.Helper()
	ctx := context.Background()
	db, err := storage.Open(ctx, filepath.Join(dir, "qunmate.db"), storage.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := history.Fill(ctx, db, history.Options{Members: 1000, Days: 400, Rows: 100_000}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// rush lets n members check in at once and waits for the answers.
func rush(t testing.TB, s *tg.Server, n int) {
	t.Helper()
	for i := range 50 {
		s.AddChat(group(i))
	}
	i, now, want := 0, time.Now().Unix(), s.Total()+n
	s.Feed(func(update int64) []byte {
		if i == n {
			return nil
		}
		i++
		return tg.MessageJSON(update, int64(i), now, group(i%50), person(i), "/checkin")
	})
	if _, err := s.WaitSent(soon(t), want); err != nil {
		t.Fatal(err)
	}
}

// idle is the median of what a process holds while nothing happens.
func idle(t testing.TB, p *running) float64 {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var seen []float64
	for len(seen) < 41 {
		<-tick.C
		seen = append(seen, resident(t, p, "VmRSS"))
	}
	slices.Sort(seen)
	return seen[len(seen)/2]
}

// The figures are those of the benchmark below; here only what would be a leak
// or a buffer without a bound is caught.
func TestMemoryStaysSmall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("makes a rush of check-ins")
	}
	s := tg.New(t, tg.Options{Lean: true})
	p := answering(t, t.TempDir(), s)
	if mb := idle(t, p); mb > 50 {
		t.Errorf("%.0f MB while nothing happens", mb)
	}
	rush(t, s, 1000)
	if mb := resident(t, p, "VmHWM"); mb > 200 {
		t.Errorf("%.0f MB under load", mb)
	}
	p.stop()
}

// BenchmarkMemory measures the binary from outside: after the start and its
// first answer, and the peak of 20,000 check-ins at once.
func BenchmarkMemory(b *testing.B) {
	var still, peak []float64
	for range b.N {
		s := tg.New(b, tg.Options{Lean: true})
		dir := b.TempDir()
		past(b, dir)
		p := answering(b, dir, s)
		still = append(still, idle(b, p))
		rush(b, s, 20_000)
		peak = append(peak, resident(b, p, "VmHWM"))
		p.stop()
	}
	b.ReportMetric(middle(still), "idle-MB")
	b.ReportMetric(middle(peak), "peak-MB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFirstAnswer is the time from the start of the process to its first
// answer, to a member who wrote while it was down: in an empty folder and with
// a history.
func BenchmarkFirstAnswer(b *testing.B) {
	s := tg.New(b, tg.Options{})
	grown := b.TempDir()
	past(b, grown)
	answering(b, grown, s).stop()
	n := 0
	first := func(dir string) float64 {
		n++ // another group: one that has just been answered would wait a second
		s.Say(group(n), person(n), "/checkin")
		want := s.Total() + 1
		start := time.Now()
		p := launch(b, dir, nil)
		if _, err := s.WaitSent(soon(b), want); err != nil {
			b.Fatal(err)
		}
		ms := float64(time.Since(start).Microseconds()) / 1000
		p.stop()
		return ms
	}
	var fresh, again []float64
	for range b.N {
		dir := b.TempDir()
		configure(b, dir, s, "")
		fresh, again = append(fresh, first(dir)), append(again, first(grown))
	}
	b.ReportMetric(middle(fresh), "fresh-ms")
	b.ReportMetric(middle(again), "history-ms")
	b.ReportMetric(0, "ns/op")
}

func middle(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
