package main_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	tg "qunmate/bot/platform/telegram/tgtest"
)

// What an announcement to many groups takes, and what it takes from others, at
// the limits that Telegram publishes: 30 messages a second in all and 20 a
// minute in one group (Bot FAQ). Time is simulated, the limits are counted by
// the fake server, and a message that meets one counts against us.
const (
	perSecond = 30
	latency   = 150 * time.Millisecond
)

func TestAThousandGroupsTakeNoLongerThanTheyMust(t *testing.T) {
	t.Parallel()
	for name, replies := range map[string]int{"alone": 0, "beside 10 replies a second": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, tg.Options{Limits: tg.Strict()}, func(w *sim) { speed(w, name, replies) })
		})
	}
}

func speed(w *sim, name string, replies int) {
	w.groups(speedGroups)
	for i := 1; i <= 40; i++ { // who asks later; Telegram lets the bot write to him from now on
		w.s.Say(person(i).Direct(), person(i), "/me")
	}
	w.s.Fail(tg.Fault{Method: "sendMessage", Times: -1, Delay: latency})
	w.s.Say(owner.Direct(), owner, "/announce all "+truthText)
	w.pass(2 * time.Minute)
	before := w.s.Throttled()
	w.press("Send")
	start := time.Now()
	type question struct {
		who int64
		at  time.Time
	}
	var asked []question
	for w.reached() < speedGroups && time.Since(start) < 5*time.Minute {
		if replies > 0 {
			who := person(len(asked)%40 + 1)
			asked = append(asked, question{who.ID, time.Now()})
			w.s.Say(who.Direct(), who, "/me")
			time.Sleep(time.Second / time.Duration(replies))
		} else {
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
	}
	w.pass(time.Minute)
	var first, last time.Time
	for _, m := range w.s.Sent() {
		if m.Text != truthText || m.Chat > 0 {
			continue
		}
		if first.IsZero() || m.At.Before(first) {
			first = m.At
		}
		if m.At.After(last) {
			last = m.At
		}
	}
	took := last.Sub(start)
	bound := time.Duration(speedGroups) * time.Second / time.Duration(perSecond-replies)
	ratio := took.Seconds() / bound.Seconds()
	if ratio > 1.1 {
		w.t.Errorf("%s: %d groups took %s, the limits allow %s: %.3f", name, speedGroups, took, bound, ratio)
	}
	line := fmt.Sprintf("%d groups %s: %.1f s, the limits allow %.1f s: ratio %.3f", speedGroups, name, took.Seconds(), bound.Seconds(), ratio)
	if replies > 0 {
		var waits []time.Duration
		next := map[int64]int{}
		answers := map[int64][]time.Time{}
		for _, m := range w.s.Sent() {
			if m.Chat > 0 && m.Chat != owner.ID && m.At.After(start) {
				answers[m.Chat] = append(answers[m.Chat], m.At)
			}
		}
		for _, q := range asked {
			n := next[q.who]
			next[q.who]++
			if n >= len(answers[q.who]) {
				w.t.Errorf("%d got %d answers to %d questions", q.who, len(answers[q.who]), n+1)
				continue
			}
			waits = append(waits, answers[q.who][n].Sub(q.at))
		}
		slices.Sort(waits)
		p99 := waits[len(waits)*99/100]
		if p99 > time.Second {
			w.t.Errorf("of %d replies one in a hundred took %s", len(waits), p99)
		}
		line += fmt.Sprintf("; %d replies, p99 %s, the slowest %s", len(waits), p99.Round(time.Millisecond), waits[len(waits)-1].Round(time.Millisecond))
	}
	if n := w.s.Throttled() - before; n > 0 {
		w.t.Errorf("%d messages met a limit", n)
	}
	if want := fmt.Sprintf("#1: delivered %d/%d · failed 0", speedGroups, speedGroups); w.report() != want {
		w.t.Errorf("the report says %q, want %q", w.report(), want)
	}
	w.t.Log(line)
}

// reached counts the groups that have the announcement.
func (w *sim) reached() int {
	n := 0
	for _, m := range w.s.Sent() {
		if m.Text == truthText && m.Chat < 0 {
			n++
		}
	}
	return n
}

// Ten thousand check-ins in fifty groups within a minute: everybody is answered
// within five seconds, in his own message or in a folded one, and no limit is
// met. Old servers know no messages for one person, so all of it is public.
func TestARushOfTenThousandIsAnsweredWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	for name, groups := range map[string]int{"public answers": 50, "private answers": 10} {
		if underRace {
			groups = 2
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, tg.Options{Limits: tg.Strict(), Old: name == "public answers"}, func(w *sim) { storm(w, name, groups) })
		})
	}
}

var guests = regexp.MustCompile(`Guest\d{5}`)

func storm(w *sim, name string, groups int) {
	const each = 200
	w.groups(groups)
	w.s.Fail(tg.Fault{Method: "sendMessage", Times: -1, Delay: latency})
	before := w.s.Throttled()
	start := time.Now()
	asked := map[string]time.Time{}
	names := map[int64]string{}
	said := map[place]string{}
	total := groups * each
	for i := range total {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Minute / time.Duration(total))))
		who := tg.User{ID: int64(200_000 + i), First: fmt.Sprintf("Guest%05d", i), Language: "en"}
		asked[who.First], names[who.ID] = time.Now(), who.First
		in := w.s.Say(group(i%groups), who, "/checkin")
		said[place{group(i % groups).ID, in.MessageID}] = who.First
	}
	w.pass(2 * time.Minute)
	var waits []time.Duration
	told := map[string]bool{}
	note := func(name string, at time.Time) {
		if from, ok := asked[name]; ok && !told[name] {
			told[name] = true
			waits = append(waits, at.Sub(from))
		}
	}
	messages := 0
	for _, m := range w.s.Sent() {
		if m.At.Before(start) || m.Chat > 0 {
			continue
		}
		messages++
		if m.Receiver != 0 {
			note(names[m.Receiver], m.At)
			continue
		}
		single := ""
		for _, name := range guests.FindAllString(m.Text, -1) { // several in a line where answers are private
			note(name, m.At)
			single = "-"
		}
		if single == "" && m.ReplyTo != 0 {
			note(said[place{m.Chat, m.ReplyTo}], m.At)
		}
	}
	slices.Sort(waits)
	if len(waits) != total {
		w.t.Fatalf("%s: %d of %d were answered", name, len(waits), total)
	}
	if slowest := waits[total-1]; slowest > 5*time.Second {
		w.t.Errorf("%s: the slowest answer took %s", name, slowest)
	}
	if n := w.s.Throttled() - before; n > 0 {
		w.t.Errorf("%s: %d messages met a limit", name, n)
	}
	w.t.Logf("%d check-ins in %d groups, %s: half within %s, p99 %s, the slowest %s; %d messages, %.2f of what 20 a minute allow",
		total, groups, name, waits[total/2].Round(10*time.Millisecond), waits[total*99/100].Round(10*time.Millisecond), waits[total-1].Round(10*time.Millisecond),
		messages, float64(messages)/float64(groups*20))
}
