package bot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// crowd lets members ask at given times and returns, per member, when he was
// answered and in how many messages he stands.
func (w *world) crowd(c chat.Chat, text string, at []time.Duration) (waits map[string]time.Duration, times map[string]int) {
	w.t.Helper()
	start := time.Now()
	asked := map[string]time.Time{}
	for i, when := range at {
		time.Sleep(time.Until(start.Add(when)))
		who := fmt.Sprintf("m%03d", i)
		asked[who] = time.Now()
		if err := w.net.Deliver(context.Background(), w.message(c, who, text)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.pass(10 * time.Minute)
	waits, times = map[string]time.Duration{}, map[string]int{}
	for _, a := range w.net.tried() {
		text := chat.Plain(a.letter.Content.Text)
		for who := range asked {
			if a.err == nil && strings.Contains(text, who) {
				times[who]++
				waits[who] = a.at.Sub(asked[who])
			}
		}
	}
	return waits, times
}

func TestTwoHundredAnswersInOneGroupReachEverybodyOnceAndSoon(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	spread := make([]time.Duration, 200)
	random := make([]time.Duration, 200)
	for i := range 200 {
		spread[i] = time.Duration(i) * 300 * time.Millisecond
		random[i] = time.Duration(r.Int64N(int64(time.Minute)))
	}
	slices.Sort(random)
	for name, at := range map[string][]time.Duration{
		"over a minute":        spread,
		"at random":            random,
		"all at once":          make([]time.Duration, 200),
		"a hundred, then more": append(make([]time.Duration, 100), spread[100:]...),
	} {
		for _, whispers := range []bool{true, false} {
			if !whispers && name != "over a minute" {
				continue // it matters to the deletions only
			}
			t.Run(fmt.Sprintf("%s, private answers %v", name, whispers), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := begin(t, commands(queue), with(newLine("main", limited(20), func(c *chat.Caps) { c.Whispers = whispers })))
					waits, times := w.crowd(club, "/line here", at)
					for who, n := range times {
						if n != 1 {
							t.Errorf("%s stands in %d messages", who, n)
						}
						if waits[who] > 5*time.Second {
							t.Errorf("%s waited %s", who, waits[who])
						}
					}
					equal(t, "answered", len(times), 200)
					var sends []time.Time
					for _, a := range w.net.tried() {
						sends = append(sends, a.at)
					}
					if when, over := overspent(sends, time.Minute, 20); over {
						t.Errorf("more than 20 in the minute before %s", when)
					}
					folded := 0
					for _, l := range w.letters() {
						switch {
						case l.Verb == storage.VerbDelete:
						case l.State == storage.LetterFolded:
							folded++
							if into := w.letter(l.IntoID); into.State != storage.LetterSent || into.ChatID != l.ChatID {
								t.Errorf("letter %d is folded into %+v", l.ID, into)
							}
						case l.State != storage.LetterSent:
							t.Errorf("letter %d is %s", l.ID, l.State)
						}
					}
					if folded < 100 {
						t.Errorf("only %d of 200 were folded", folded)
					}
				})
			})
		}
	}
}

func TestAFewAnswersAreNotFolded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(queue), with(newLine("main", limited(20))))
		w.crowd(club, "/line x", make([]time.Duration, 5))
		for _, a := range w.net.tried() {
			if !a.letter.Content.Private || a.letter.To.Name == "" {
				t.Errorf("not for one person: %+v", a.letter)
			}
		}
		equal(t, "messages", len(w.net.tried()), 5)
	})
}

func TestWithoutALimitNothingIsFolded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(queue))
		w.crowd(club, "/line x", make([]time.Duration, 50))
		equal(t, "messages", len(w.net.tried()), 50)
	})
}

// What is for one person only stays so, however long it takes.
func TestAPrivateAnswerWithoutAPublicFormIsNeverFolded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(echo, queue), with(newLine("main", limited(20))))
		var evs []chat.Event
		for i := range 30 {
			evs = append(evs, w.message(club, fmt.Sprintf("s%02d", i), fmt.Sprintf("/echo secret of s%02d", i)), w.message(club, fmt.Sprintf("l%02d", i), "/line open"))
		}
		w.deliver(evs...)
		w.pass(10 * time.Minute)
		secrets := 0
		for _, a := range w.net.tried() {
			text := chat.Plain(a.letter.Content.Text)
			if !strings.Contains(text, "secret") {
				continue
			}
			secrets++
			if !a.letter.Content.Private || strings.Count(text, "secret") != 1 || !strings.Contains(text, a.letter.To.Name) || strings.Contains(text, "open") {
				t.Errorf("to %q, private %v: %q", a.letter.To.Name, a.letter.Content.Private, text)
			}
		}
		equal(t, "secrets told", secrets, 30)
	})
}

// Only what belongs together is folded: one kind, one topic, no letter that
// edits or must not come twice.
func TestOnlyLikeIsFoldedWithLike(t *testing.T) {
	bubble(t, func(t *testing.T) {
		two := Command{Name: "count", Run: func(_ context.Context, req *Request) (Reply, error) {
			return Reply{Template: "common.test_echo", Brief: "common.test_echo", Crowd: "common.test_echo", Data: "other " + req.Account.Name}, nil
		}}
		slot := Command{Name: "room", Run: func(_ context.Context, req *Request) (Reply, error) {
			return Reply{Template: "common.test_line", Brief: "common.test_line_brief", Crowd: "common.test_line_brief", Data: struct{ Name, Text string }{req.Account.Name, "slot"}, Slot: "s" + req.Account.Name}, nil
		}}
		w := begin(t, commands(queue, two, slot), with(newLine("main", limited(20))))
		topic := club
		topic.Thread = "7"
		var evs []chat.Event
		for i := range 12 {
			evs = append(evs, w.message(club, fmt.Sprintf("a%02d", i), "/line main"), w.message(topic, fmt.Sprintf("b%02d", i), "/line topic"),
				w.message(club, fmt.Sprintf("c%02d", i), "/count"), w.message(club, fmt.Sprintf("d%02d", i), "/room"))
		}
		w.deliver(evs...)
		w.pass(10 * time.Minute)
		lines := map[string]int{}
		for _, a := range w.net.tried() {
			text := chat.Plain(a.letter.Content.Text)
			kinds := 0
			for _, word := range []string{"main", "topic", "other", "slot"} {
				n := strings.Count(text, word)
				lines[word] += n
				kinds += min(n, 1)
				if word == "topic" && n > 0 && a.letter.Chat.Thread != "7" || word != "topic" && n > 0 && a.letter.Chat.Thread != "" {
					t.Errorf("in topic %q: %q", a.letter.Chat.Thread, text)
				}
				if word == "slot" && n > 1 {
					t.Errorf("folded letters that have a place of their own: %q", text)
				}
			}
			if kinds != 1 {
				t.Errorf("folded what does not belong together: %q", text)
			}
		}
		equal(t, "lines", lines, map[string]int{"main": 12, "topic": 12, "other": 12, "slot": 12})
	})
}

// One member's name the platform does not like must not silence the others.
func TestARefusedFoldedMessageIsSentOneByOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := begin(t, commands(queue), with(newLine("main", limited(20))))
		w.net.onSend(func(_ context.Context, l chat.Letter) error {
			if strings.Contains(l.Content.Text, "m007") {
				return fault(chat.Rejected)
			}
			return nil
		})
		_, times := w.crowd(club, "/line x", make([]time.Duration, 12))
		equal(t, "answered", len(times), 11)
		for who, n := range times {
			equal(t, "messages with "+who, n, 1)
		}
		dead := 0
		for _, l := range w.letters() {
			if l.State == storage.LetterDead {
				dead++
			}
		}
		equal(t, "given up", dead, 1)
	})
}

func TestAFoldedMessageThatFailsIsTriedAgainForEverybody(t *testing.T) {
	for name, err := range map[string]error{
		"a troubled server": fault(chat.Retry),
		"too many messages": &chat.SendError{Fault: chat.Throttled, After: 9 * time.Second, Err: errNet},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, commands(queue), with(newLine("main", limited(20))))
				w.net.onSend(failTimes(2, club, err))
				_, times := w.crowd(club, "/line x", make([]time.Duration, 60))
				for who, n := range times {
					equal(t, "messages with "+who, n, 1)
				}
				equal(t, "answered", len(times), 60)
			})
		})
	}
}

// slots

// Where answers are private a crowd makes nothing public that is not meant to
// be: an answer without a public word waits for its turn.
func TestNothingPrivateIsFoldedWhereAnswersArePrivate(t *testing.T) {
	for _, whispers := range []bool{true, false} {
		t.Run(fmt.Sprint("private answers ", whispers), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				secret := Command{Name: "count", Run: func(_ context.Context, req *Request) (Reply, error) {
					return Reply{Template: "common.test_echo", Brief: "common.test_echo", Data: "balance of " + req.Account.Name}, nil
				}}
				w := begin(t, commands(queue, secret), with(newLine("main", limited(20), func(c *chat.Caps) { c.Whispers = whispers })))
				w.crowd(club, "/count", make([]time.Duration, 15))
				public := 0
				for _, a := range w.net.tried() {
					if !a.letter.Content.Private {
						public++
					}
				}
				if (public == 0) != whispers {
					t.Errorf("%d of %d messages are for everybody", public, len(w.net.tried()))
				}
				if whispers {
					equal(t, "messages", len(w.net.tried()), 15)
				}
			})
		})
	}
}
