package main_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
	"qunmate/storage"
)

// fates are what can become of a message to a group.
var fates = []string{"fine", "fine", "fine", "throttled", "kicked", "muted", "migrated", "slow", "lost request", "lost answer", "server trouble"}

// bend lets one group have its fate. It returns the group under the id it has
// from then on.
func bend(s *tg.Server, g tg.Chat, fate string) tg.Chat {
	one := tg.Fault{Method: "sendMessage", Chat: g.ID}
	switch fate {
	case "throttled":
		one.Status, one.RetryAfter, one.Times = 429, 7, 2
	case "kicked":
		s.Kick(g)
		return g
	case "muted":
		one.Status, one.Description = 400, "Bad Request: not enough rights to send text messages to the chat"
	case "migrated":
		to := g
		to.ID -= 1_000_000_000
		s.Migrate(g, to)
		return to
	case "slow":
		one.Delay = 8 * time.Second
	case "lost request":
		one.Drop = tg.BeforeEffect
	case "lost answer":
		one.Drop = tg.AfterEffect
	case "server trouble":
		one.Status, one.Times = 500, 3
	default:
		return g
	}
	s.Fail(one)
	return g
}

// The report says of every group what Telegram itself knows of it, whatever
// went wrong; trying again reaches those that failed, and nobody twice.
func TestTheReportEqualsWhatTelegramKnows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			simulate(t, tg.Options{Limits: tg.Strict()}, func(w *sim) { truth(w, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

const truthText = "Live tomorrow 20:00"

func truth(w *sim, dice *rand.Rand) {
	const n = 36
	w.groups(n)
	w.s.Say(owner.Direct(), owner, "/announce all "+truthText)
	w.pass(5 * time.Second)
	var now [n]tg.Chat
	fate := [n]string{}
	for i := range n {
		fate[i] = fates[dice.IntN(len(fates))]
		now[i] = bend(w.s, group(i), fate[i])
		if fate[i] == "migrated" && dice.IntN(2) == 0 {
			// The group speaks under its new id before our message moves it.
			w.s.Say(now[i], owner, "we are here now")
		}
	}
	w.pass(time.Second)
	w.press("Send")
	w.pass(10 * time.Minute)
	compare(w, now[:], fate[:])
	// What was wrong is mended, where it can be; only what failed is sent again.
	w.s.Heal()
	before := map[int64]int{}
	for i := range n {
		before[now[i].ID] = arrived(w.s, group(i), now[i])
	}
	if failedNow(w) > 0 {
		w.press("Retry failed")
		w.pass(10 * time.Minute)
	}
	for i := range n {
		after := arrived(w.s, group(i), now[i])
		if want := before[now[i].ID]; fate[i] == "muted" && after != 1 || fate[i] != "muted" && after != want {
			w.t.Errorf("%s (%s) had %d copies, after the retry %d", group(i).Title, fate[i], want, after)
		}
	}
	compare(w, now[:], fate[:])
	w.verify()
}

func failedNow(w *sim) int {
	n := 0
	for _, d := range w.deliveries(1) {
		if d.State == storage.LetterDead {
			n++
		}
	}
	return n
}

// arrived counts an announcement in a group, under both its ids.
func arrived(s *tg.Server, was, is tg.Chat) int {
	all := s.SentTo(was.ID)
	if is.ID != was.ID {
		all = append(all, s.SentTo(is.ID)...)
	}
	n := 0
	for _, m := range all {
		if m.Text == truthText {
			n++
		}
	}
	return n
}

// compare holds the report against the server: sent is one copy, failed none,
// and of the uncertain nobody knows.
func compare(w *sim, now []tg.Chat, fate []string) {
	w.t.Helper()
	rows := w.deliveries(1)
	at := func(title string) int {
		return slices.IndexFunc(now, func(c tg.Chat) bool { return c.Title == title })
	}
	count := map[string]int{}
	seen := map[int]bool{}
	for _, d := range rows {
		i := at(d.Chat.Title)
		if i < 0 || seen[i] {
			w.t.Fatalf("%q is in the report, or twice", d.Chat.Title)
		}
		seen[i] = true
		has := arrived(w.s, group(i), now[i])
		count[d.State]++
		want := map[string]bool{storage.LetterSent: has == 1, storage.LetterDead: has == 0, storage.LetterUncertain: has <= 1}
		if !want[d.State] {
			w.t.Errorf("%s (%s): the report says %s (%s), Telegram has %d copies", d.Chat.Title, fate[i], d.State, d.Error, has)
		}
		if known := d.State == storage.LetterUncertain; known != (fate[i] == "lost request" || fate[i] == "lost answer") {
			w.t.Errorf("%s (%s): the report says %s (%s)", d.Chat.Title, fate[i], d.State, d.Error)
		}
	}
	if len(rows) != len(now) {
		w.t.Errorf("%d groups in the report, want %d", len(rows), len(now))
	}
	says := fmt.Sprintf("#1: delivered %d/%d · failed %d", count[storage.LetterSent], len(now), count[storage.LetterDead])
	got := w.report()
	if len(got) < len(says) || got[:len(says)] != says {
		w.t.Errorf("the report says %q, want %q", got, says)
	}
	w.t.Logf("%s", got)
}
