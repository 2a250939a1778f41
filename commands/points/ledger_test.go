package points_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/commands/commandtest"
	"qunmate/storage"
)

var seeds = flag.Uint64("seeds", 2, "how many random lives the ledger test leads")

// TestWhateverHappensTheLedgerAddsUpAndEveryEntryIsExplained does random things
// to a community and holds its ledger against what must always be true. A
// failure names its seed: go test -run Ledger -seeds N leads the first N lives.
func TestWhateverHappensTheLedgerAddsUpAndEveryEntryIsExplained(t *testing.T) {
	t.Parallel()
	for seed := range *seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { live(t, seed) })
		})
	}
}

// life is one run of random operations.
type life struct {
	t       *testing.T
	r       *rand.Rand
	s       *commandtest.Stage
	english bool
	members []string
	audits  int // the highest number an answer named
	done    []string
}

func live(t *testing.T, seed uint64) {
	t.Helper()
	l := &life{t: t, r: rand.New(rand.NewPCG(seed, 7)), english: seed%2 == 1, members: []string{"Ann", "Bob", "Chen", "Dan", "Eve"}}
	scene := commandtest.Scene{Zone: []string{"Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"}[seed%3], Start: "2026-10-29 22:00"}
	if l.english {
		scene.Language = "en"
	}
	l.s = commandtest.Open(t, commandtest.Ledger(), scene)
	defer l.s.Close()
	defer func() {
		if t.Failed() {
			t.Logf("what was done:\n%s", strings.Join(l.done, "\n"))
		}
	}()
	for _, m := range l.members {
		l.do(m + ": good morning")
	}
	for range 6 {
		for range 16 {
			l.do(l.operation())
		}
		l.adds()
		l.s.Verify()
		if t.Failed() {
			return
		}
	}
	l.explained()
}

// do plays a line and looks at what was answered.
func (l *life) do(line string) []chattest.Shown {
	l.done = append(l.done, l.s.Now().Format("01-02 15:04:05 ")+line)
	shown := l.s.Line(line)
	for _, m := range shown {
		text := chat.Plain(m.Content.Text)
		if strings.Contains(text, "<no value>") || strings.Contains(text, "%!") || text == "" && !m.Deleted {
			l.t.Errorf("%s: answered %q", line, text)
		}
		for _, word := range undo.FindAllStringSubmatch(text, -1) {
			n, err := strconv.Atoi(word[1])
			if err != nil {
				l.t.Error(err)
			}
			l.audits = max(l.audits, n)
		}
		if strings.Contains(m.Content.Text, "出错") || strings.Contains(text, "failed on my side") {
			l.t.Errorf("%s: answered %q", line, text)
		}
	}
	return shown
}

var undo = regexp.MustCompile(`/undo (\d+)`)

func (l *life) member() string { return l.members[l.r.IntN(len(l.members))] }

// operation is one random thing that can happen.
func (l *life) operation() string {
	m := l.member()
	switch n := l.r.IntN(100); {
	case n < 26:
		return m + ": /checkin"
	case n < 32:
		return m + ": /makeup yesterday"
	case n < 36:
		return m + ": what a day, number " + strconv.Itoa(n)
	case n < 39:
		return "! duplicate " + m
	case n < 42:
		return fmt.Sprintf("! late %dh\n%s: /checkin", 1+l.r.IntN(60), m)
	case n < 44:
		return m + "@Readers: /checkin"
	case n < 46:
		return m + "@private: /me"
	case n < 56:
		return fmt.Sprintf("@ %dm", 30+l.r.IntN(3000))
	case n < 60:
		return "! restart"
	case n < 61:
		return fmt.Sprintf("! clock -%dm", 1+l.r.IntN(600))
	case n < 63:
		return []string{"! leave " + m, "! join " + m}[l.r.IntN(2)]
	case n < 65:
		return m + []string{": /rank hide", ": /rank show"}[l.r.IntN(2)]
	case n < 66:
		return "! down\n" + m + ": /checkin\n! up"
	case n < 70:
		return fmt.Sprintf("%s: /undo %d", []string{"Admin", m}[l.r.IntN(2)], l.r.IntN(l.audits+2))
	}
	return l.administration(m)
}

// administration is what an admin does, mostly confirmed.
func (l *life) administration(m string) string {
	var line string
	switch n := l.r.IntN(30); {
	case n < 16:
		line = fmt.Sprintf("Admin: /points @%s %+d reason %d", m, l.r.IntN(61)-30, n)
	case n < 22:
		line = fmt.Sprintf("Admin: /checkin set base %d streak %d cap %d", l.r.IntN(9), l.r.IntN(4), l.r.IntN(9))
	case n < 24:
		line = fmt.Sprintf("Admin: /checkin set reset %02d:%02d", l.r.IntN(24), l.r.IntN(60))
	case n < 27:
		line = fmt.Sprintf("Admin: /points talk %d cap %d", 1+l.r.IntN(3), 3+l.r.IntN(5))
	case n < 28:
		line = "Admin: /points talk off"
	default:
		return "Admin: /checkin " + []string{"on", "off", "set digest on", "set digest off"}[l.r.IntN(4)]
	}
	switch l.r.IntN(10) {
	case 0:
		return line
	case 1:
		return line + "\nAdmin: /cancel"
	case 2:
		return line + "\n" + m + ": /confirm" // not his to confirm
	case 3:
		return line + "\n! restart\nAdmin: /confirm\nAdmin: /confirm"
	}
	return line + "\nAdmin: /confirm\n! duplicate Admin"
}

// adds holds every balance against the sum of its entries.
func (l *life) adds() {
	l.t.Helper()
	l.s.View(func(ctx context.Context, r *storage.Reader) error {
		for community := int64(1); community <= 2; community++ {
			all, err := r.MembersOf(ctx, community)
			if err != nil {
				return err
			}
			for _, m := range all {
				points, err := sum(ctx, r, m.ID, storage.Points)
				if err != nil {
					return err
				}
				cards, err := sum(ctx, r, m.ID, storage.Card)
				if err != nil {
					return err
				}
				if points != m.Balance || cards != m.Cards || m.Balance < 0 || m.Cards < 0 || m.Cards > 3 {
					l.t.Errorf("member %d: balance %d, entries give %d; cards %d, entries give %d", m.ID, m.Balance, points, m.Cards, cards)
				}
			}
		}
		return nil
	})
}

func sum(ctx context.Context, r *storage.Reader, member int64, unit storage.Unit) (int64, error) {
	entries, err := r.Entries(ctx, member, unit, 0, 10_000)
	total := int64(0)
	for _, e := range entries {
		total += e.Amount
	}
	return total, err
}

var entryLine = regexp.MustCompile(`(?m)^#(\d+) (?:补签卡 |make-up card )?([+−]\d+) \S`)

// explained has every member read his whole ledger, and holds it against what
// is stored: no entry without its line.
func (l *life) explained() {
	if l.english {
		l.do("Admin: /checkin on")
	}
	for _, who := range l.members {
		want := l.entries(who)
		got := map[string]string{}
		shown := l.do(who + ": /why")
		for len(shown) == 1 {
			text := chat.Plain(shown[0].Content.Text)
			for _, line := range entryLine.FindAllStringSubmatch(text, -1) {
				got[line[1]] = line[2]
			}
			if len(shown[0].Content.Choices) == 0 {
				break
			}
			shown = l.do(who + ": " + shown[0].Content.Choices[0].Command)
		}
		hidden := 0
		for _, e := range want {
			id, amount := strconv.FormatInt(e.ID, 10), signed(e.Amount)
			if got[id] == amount {
				continue
			}
			// The card that came with a check-in stands in the check-in's line.
			if hidden++; e.Unit != storage.Card || e.Kind != "card" {
				l.t.Errorf("%s: entry %s (%s %s) is not in /why, which has %v", who, id, e.Kind, amount, got)
			}
			one := l.do(who + ": /why #" + id)
			if len(one) != 1 || !strings.HasPrefix(chat.Plain(one[0].Content.Text), "#"+id+" ") || !strings.Contains(chat.Plain(one[0].Content.Text), amount) {
				l.t.Errorf("%s: /why %s answers %+v", who, id, one)
			}
		}
		if len(got) != len(want)-hidden {
			l.t.Errorf("%s: /why lists %d entries, there are %d", who, len(got), len(want)-hidden)
		}
	}
}

// signed is an amount as texts write it.
func signed(n int64) string { return strings.Replace(fmt.Sprintf("%+d", n), "-", "−", 1) }

// entries are all of a member's entries in the default group, newest first.
func (l *life) entries(who string) []storage.Entry {
	var out []storage.Entry
	l.s.View(func(ctx context.Context, r *storage.Reader) error {
		a, err := r.AccountByRef(ctx, chattest.Domain, who)
		if err != nil {
			return err
		}
		m, err := r.Member(ctx, 1, a.PersonID)
		if err != nil {
			return err
		}
		for _, unit := range []storage.Unit{storage.Points, storage.Card} {
			entries, err := r.Entries(ctx, m.ID, unit, 0, 10_000)
			if err != nil {
				return err
			}
			out = append(out, entries...)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b storage.Entry) int { return int(b.ID - a.ID) })
	return out
}
