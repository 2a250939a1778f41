package commandtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/chatday"
	"qunmate/commands/commandtest"
	"qunmate/storage"
)

// TestRandomLivesOnTwoPlatforms binds and parts people at random while they
// check in, are given points and have their groups joined. Whatever happens:
// entries add up, a day counts once for a person, and a bind that is undone at
// once leaves everything as it was.
func TestRandomLivesOnTwoPlatforms(t *testing.T) {
	t.Parallel()
	seeds := uint64(2)
	if underRace {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { twoLives(t, seed) })
		})
	}
}

type lives struct {
	t     *testing.T
	r     *rand.Rand
	s     *commandtest.Stage
	done  []string
	undo  []string // numbers of binds that were not undone
	codes map[string]string
	binds int
	parts int
	joins int
}

// A person and the groups he is in, all on his platform.
var lifeGroups = map[string][]string{
	"Ann": {"", "Readers"}, "Bob": {""}, "Cat": {"Readers"},
	"Oa":  {"wechat/private"},
	"Lee": {"wecom/Office", "wecom/Lab"}, "May": {"wecom/Office"}, "Nan": {"wecom/Lab"},
}

var (
	telegrams = []string{"Ann", "Bob", "Cat"}
	wecoms    = []string{"Lee", "May", "Nan"}
	wechats   = []string{"Oa"}
)

func twoLives(t *testing.T, seed uint64) {
	t.Helper()
	root := []chat.Ref{{Domain: "telegram", ID: "Admin"}, {Domain: "wecom", ID: "Root"}}
	l := &lives{t: t, r: rand.New(rand.NewPCG(seed, 11)), codes: map[string]string{}}
	l.s = commandtest.Open(t, everything(), commandtest.Scene{Language: "en", Start: "2026-10-28 21:00", Several: true, Operators: root})
	defer l.s.Close()
	defer func() {
		if t.Failed() {
			t.Logf("what was done:\n%s", strings.Join(l.done, "\n"))
		}
	}()
	for _, who := range slices.Concat(telegrams, wecoms) {
		for _, g := range lifeGroups[who] {
			l.say(who, g, "good morning")
		}
	}
	for range 12 {
		for range 14 {
			l.step()
		}
		l.s.Verify()
		l.sums()
		if t.Failed() {
			return
		}
	}
	if l.binds < 4 || l.parts < 2 || l.joins < 1 {
		t.Errorf("only %d binds, %d undone, %d groups joined", l.binds, l.parts, l.joins)
	}
}

// say lets somebody speak in a group of his, or "private".
func (l *lives) say(who, place, text string) string {
	l.t.Helper()
	if place != "" {
		who += "@" + place
	}
	line := who + ": " + text
	l.done = append(l.done, l.s.Now().Format("01-02 15:04 ")+line)
	return l.answer(line, l.s.Line(line))
}

func (l *lives) answer(line string, shown []chattest.Shown) string {
	l.t.Helper()
	var all []string
	for _, m := range shown {
		text := chat.Plain(m.Content.Text)
		if strings.Contains(text, "failed on my side") || strings.Contains(text, "no value") {
			l.t.Errorf("%s: answered %q", line, text)
		}
		if !m.Deleted {
			all = append(all, text)
		}
	}
	out := strings.Join(all, "\n")
	l.done = append(l.done, "    "+strings.ReplaceAll(out, "\n", " | "))
	return out
}

func private(who string) string {
	if network, _, other := strings.Cut(lifeGroups[who][0], "/"); other {
		return network + "/private"
	}
	return "private"
}

func pickOne[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

func (l *lives) step() {
	who := pickOne(l.r, slices.Concat(telegrams, wecoms))
	group := pickOne(l.r, lifeGroups[who])
	switch n := l.r.IntN(100); {
	case n < 38:
		l.checkin(who, group)
	case n < 44:
		l.say(who, group, "/makeup yesterday")
	case n < 50:
		l.say("Admin", "", fmt.Sprintf("/points @%s %+d reason", pickOne(l.r, telegrams), l.r.IntN(41)-15))
		l.say("Admin", "", "/confirm")
	case n < 54:
		l.say(who, group, pickOne(l.r, []string{"/rank hide", "/rank show"}))
	case n < 66:
		line := fmt.Sprintf("@ %dm", 30+l.r.IntN(2400))
		l.done = append(l.done, line)
		l.s.Line(line)
	case n < 82:
		l.bind()
	case n < 92:
		l.part()
	case n < 96:
		l.join()
	default:
		l.done = append(l.done, "! restart")
		l.s.Line("! restart")
	}
}

// part undoes one of the last binds, by whoever can.
func (l *lives) part() {
	if len(l.undo) == 0 {
		return
	}
	n := l.undo[max(0, len(l.undo)-1-l.r.IntN(3))]
	for _, who := range slices.Concat(telegrams, wecoms, wechats) {
		if out := l.say(who, private(who), "/undo "+n); strings.Contains(out, "Undone:") {
			l.parts++
			return
		}
	}
}

// checkin holds the answer against what was stored before: a day counts once.
func (l *lives) checkin(who, group string) {
	l.t.Helper()
	before, was := l.today(who, group)
	out := l.say(who, group, "/checkin")
	after, is := l.today(who, group)
	counted := strings.Contains(out, "✅")
	switch {
	case !is:
		l.t.Errorf("%s is not checked in: %q", who, out)
	case counted == was:
		l.t.Errorf("%s: checked in before: %v, yet answered %q", who, was, out)
	case was && before != after:
		l.t.Errorf("%s: a second check-in changed %+v to %+v", who, before, after)
	}
}

// today is what is stored of somebody's chat day in the community of a group.
func (l *lives) today(who, group string) (c storage.Checkin, ok bool) {
	l.t.Helper()
	l.s.View(func(ctx context.Context, r *storage.Reader) error {
		domain, title := "telegram", group
		if t, second := strings.CutPrefix(group, "wecom/"); second {
			domain, title = "wecom", t
		}
		if title == "" {
			title = "Product"
		}
		h, err := r.ChatByRef(ctx, domain, "group:"+title)
		if err != nil {
			return err
		}
		a, err := r.AccountByRef(ctx, domain, who)
		if err != nil {
			return err
		}
		m, err := r.Member(ctx, h.CommunityID, a.PersonID)
		if err != nil {
			return nil //nolint:nilerr // no member yet: not checked in
		}
		now := l.s.Now()
		day := chatday.New(chatday.Version{Zone: now.Location(), Start: 4 * 60}).Day(now)
		c, err = r.Checkin(ctx, m.ID, day)
		ok = err == nil
		return nil
	})
	return c, ok
}

var (
	undoNumber = regexp.MustCompile(`/undo (\d+) \(7 days\)`)
	joinCode   = regexp.MustCompile(`Join code (\w+)`)
)

// bind binds two, sometimes for a moment only: then nothing may have changed.
func (l *lives) bind() {
	l.t.Helper()
	a, b := pickOne(l.r, telegrams), pickOne(l.r, slices.Concat(wecoms, wechats))
	if l.r.IntN(2) == 0 {
		a, b = b, a
	}
	l.say(a, private(a), "/bind")
	before := l.picture()
	if out := l.say(b, private(b), "/bind {code}"); !strings.Contains(out, "one person") {
		return
	}
	if l.r.IntN(6) == 0 {
		l.say(b, private(b), "/cancel")
		l.same(before, "a bind that was cancelled")
		return
	}
	out := l.say(b, private(b), "/confirm")
	n := undoNumber.FindStringSubmatch(out)
	if n == nil {
		l.t.Errorf("bound, but answered %q", out)
		return
	}
	l.binds++
	if l.r.IntN(3) > 0 {
		l.undo = append(l.undo, n[1])
		return
	}
	one := pickOne(l.r, []string{a, b})
	if out := l.say(one, private(one), "/undo "+n[1]); !strings.Contains(out, "Undone:") {
		l.t.Errorf("not undone: %q", out)
	}
	l.parts++
	l.same(before, "a bind that was undone at once")
}

// picture is all that members have, and all rankings that can be looked at.
func (l *lives) picture() string {
	l.t.Helper()
	var b strings.Builder
	l.s.View(func(ctx context.Context, r *storage.Reader) error {
		now := l.s.Now()
		today := chatday.New(chatday.Version{Zone: now.Location(), Start: 4 * 60}).Day(now)
		for community := int64(1); community <= 4; community++ {
			all, err := r.MembersOf(ctx, community)
			if err != nil {
				return err
			}
			for _, m := range all {
				if m.Balance != 0 || m.Cards != 0 || m.LastDay != "" {
					fmt.Fprintf(&b, "%d/%d: %d %d %d, %d %d %s %v\n", community, m.ID, m.Balance, m.Pending, m.Cards, m.Streak, m.BestStreak, m.LastDay, m.Hidden)
				}
			}
			for _, period := range []string{"", today, "w" + chatday.Week(today), chatday.Month(today)} {
				top, err := r.Top(ctx, storage.Ranking{Community: community, Kind: storage.ScorePoints, Period: period}, 10)
				if err != nil {
					return err
				}
				fmt.Fprintf(&b, "%d %s: %+v\n", community, period, top)
			}
		}
		return nil
	})
	return b.String()
}

func (l *lives) same(before, after string) {
	l.t.Helper()
	if now := l.picture(); now != before {
		l.t.Errorf("%s changed\n%s\ninto\n%s", after, before, now)
	}
}

// join brings a group of one platform into the community of another one.
func (l *lives) join() {
	l.t.Helper()
	groups := []struct{ admin, group string }{{"Admin", ""}, {"Admin", "Readers"}, {"Root", "wecom/Office"}, {"Root", "wecom/Lab"}}
	from, to := pickOne(l.r, groups), pickOne(l.r, groups)
	if strings.HasPrefix(to.group, "wecom/") {
		return // its code is told in private only
	}
	if code := joinCode.FindStringSubmatch(l.say(to.admin, to.group, "/community create Union")); code != nil {
		l.codes[to.group] = code[1]
	}
	if code := l.codes[to.group]; code != "" && from != to {
		l.say(from.admin, from.group, "/community join "+code)
		if out := l.say(from.admin, from.group, "/confirm"); strings.Contains(out, "audit #") {
			l.joins++
		}
	}
}

// sums holds every balance against its entries, and against zero.
func (l *lives) sums() {
	l.t.Helper()
	l.s.View(func(ctx context.Context, r *storage.Reader) error {
		for community := int64(1); community <= 4; community++ {
			all, err := r.MembersOf(ctx, community)
			if err != nil {
				return err
			}
			for _, m := range all {
				for unit, have := range map[storage.Unit]int64{storage.Points: m.Balance, storage.Pending: m.Pending, storage.Card: m.Cards} {
					entries, err := r.Entries(ctx, m.ID, unit, 0, 10_000)
					if err != nil {
						return err
					}
					sum := int64(0)
					for _, e := range entries {
						sum += e.Amount
					}
					if sum != have || have < 0 {
						l.t.Errorf("member %d has %d %s, entries give %d", m.ID, have, unit, sum)
					}
				}
			}
		}
		return nil
	})
}
