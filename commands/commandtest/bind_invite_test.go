package commandtest_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/bot/chat"
	"qunmate/commands/commandtest"
	"qunmate/storage"
)

var (
	linkCode   = regexp.MustCompile(`\+(\w{4})`)
	spokenCode = regexp.MustCompile(`code:? (\w{4})`)
)

// union is a community with a group on each of two platforms, whose invites
// count after a day and bring a milestone with the first.
type union struct {
	*lives

	ann, lee string // their codes
}

func openUnion(t *testing.T) *union {
	t.Helper()
	root := []chat.Ref{{Domain: "telegram", ID: "Admin"}, {Domain: "wecom", ID: "Root"}}
	u := &union{lives: &lives{t: t, codes: map[string]string{}}}
	u.s = commandtest.Open(t, everything(), commandtest.Scene{Language: "en", Start: "2026-10-28 09:00", Several: true, Operators: root})
	u.say("Ann", "", "good morning")
	u.say("Lee", "wecom/Office", "good morning")
	code := joinCode.FindStringSubmatch(u.say("Admin", "", "/community create Union"))
	if code == nil {
		t.Fatal("no join code")
	}
	u.say("Root", "wecom/Office", "/community join "+code[1])
	u.say("Root", "wecom/Office", "/confirm")
	u.say("Admin", "", "/invites set days 1 actions 0 keep 30 milestones 1:100")
	u.say("Admin", "", "/confirm")
	u.ann = u.find(linkCode, u.say("Ann", "", "/invite"))
	u.lee = u.find(spokenCode, u.say("Lee", "wecom/Office", "/invite"))
	return u
}

func (u *union) find(re *regexp.Regexp, text string) string {
	u.t.Helper()
	m := re.FindStringSubmatch(text)
	if m == nil {
		u.t.Fatalf("no code in %q", text)
	}
	return m[1]
}

func (u *union) line(text string) {
	u.t.Helper()
	u.done = append(u.done, text)
	u.answer(text, u.s.Line(text))
}

// invites is all that is stored of invites.
func (u *union) invites() string {
	u.t.Helper()
	var b strings.Builder
	u.s.View(func(ctx context.Context, r *storage.Reader) error {
		for id := int64(1); id < 20; id++ {
			i, err := r.Invite(ctx, id)
			if err != nil {
				break
			}
			fmt.Fprintf(&b, "%d: %d brought %d, %s %q %d\n", i.ID, i.InviterID, i.InvitedID, i.State, i.Reason, i.SettledAt.UnixMilli())
		}
		for community := int64(1); community <= 4; community++ {
			all, err := r.MembersOf(ctx, community)
			if err != nil {
				return err
			}
			for _, m := range all {
				rows, err := r.InviteMilestones(ctx, community, m.PersonID)
				if err != nil {
					return err
				}
				for _, row := range rows {
					fmt.Fprintf(&b, "milestone %+v\n", row)
				}
				scores, err := r.ScoresOf(ctx, m.ID, storage.ScoreInvite)
				if err != nil {
					return err
				}
				if len(scores) > 0 {
					fmt.Fprintf(&b, "%d: %v\n", m.ID, scores)
				}
				if m.Balance != 0 || m.Pending != 0 {
					fmt.Fprintf(&b, "%d: %d %d\n", m.ID, m.Balance, m.Pending)
				}
			}
		}
		joins, err := r.InviteJoins(ctx, 1, u.s.Now().AddDate(-1, 0, 0))
		fmt.Fprintf(&b, "%+v\n", joins)
		return err
	})
	return b.String()
}

// A bind makes the invites of two people those of one: what a case brings
// counts as the table says, and an undo leaves no trace.
func TestABindMakesInvitesThoseOfOnePerson(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		play func(u *union)
		// bound is what must stand in the invites while the two are one.
		bound []string
		gone  []string
	}{
		{
			name:  "an invite of oneself that is pending",
			play:  func(u *union) { u.say("Lee", "wecom/Office", "/code "+u.ann) },
			bound: []string{`reversed "self"`},
			gone:  []string{"pending"},
		},
		{
			name: "an invite of oneself that has stayed",
			play: func(u *union) {
				u.say("Lee", "wecom/Office", "/code "+u.ann)
				u.line("@ 25h")
			},
			bound: []string{`reversed "self"`, "State:back"},
			gone:  []string{"vested", "State:given"},
		},
		{
			name: "one invite of oneself of two",
			play: func(u *union) {
				u.say("Lee", "wecom/Office", "/code "+u.ann)
				u.line("! join Cat by " + u.ann)
				u.line("@ 25h")
			},
			bound: []string{`reversed "self"`, "vested", "State:given"},
		},
		{
			name: "two who were invited by others",
			play: func(u *union) {
				u.line("! join Cat by " + u.ann)
				u.say("May", "wecom/Office", "/code "+u.lee)
				u.line("@ 25h")
			},
			bound: []string{"vested", "State:given"},
		},
		{
			name: "one person who was invited twice",
			play: func(u *union) {
				u.line("! join Cat")
				cat := u.find(linkCode, u.say("Cat", "", "/invite"))
				u.line("! join Dan by " + cat)
				u.line("@ 1h")
				u.say("Lee", "wecom/Office", "/code "+cat)
				u.say("Ann", "", "/code "+cat)
				u.line("@ 25h")
			},
			bound: []string{`reversed "same"`},
		},
		{
			name: "both have a milestone",
			play: func(u *union) {
				u.line("! join Cat by " + u.ann)
				u.say("May", "wecom/Office", "/code "+u.lee)
				u.line("@ 25h")
			},
			bound: []string{"vested"},
		},
		{name: "nothing", play: func(*union) {}},
	} {
		for _, side := range [][2]string{{"Ann", "Lee"}, {"Lee", "Ann"}} {
			t.Run(tt.name+", "+side[1]+" confirms", func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					u := openUnion(t)
					defer u.s.Close()
					defer func() {
						if t.Failed() {
							t.Logf("what was done:\n%s", strings.Join(u.done, "\n"))
						}
					}()
					tt.play(u)
					before := u.invites()
					giver, taker := side[0], side[1]
					u.say(giver, private(giver), "/bind")
					u.say(taker, private(taker), "/bind {code}")
					n := undoNumber.FindStringSubmatch(u.say(taker, private(taker), "/confirm"))
					if n == nil {
						t.Fatal("not bound")
					}
					u.s.Verify()
					bound := u.invites()
					for _, want := range tt.bound {
						if !strings.Contains(bound, want) {
							t.Errorf("bound, %q is missing in\n%s", want, bound)
						}
					}
					for _, not := range tt.gone {
						if strings.Contains(bound, not) {
							t.Errorf("bound, yet %q in\n%s", not, bound)
						}
					}
					if tt.name == "both have a milestone" && strings.Count(bound, "State:given") > 1 {
						t.Errorf("one person has a milestone twice:\n%s", bound)
					}
					if out := u.say(giver, private(giver), "/undo "+n[1]); !strings.Contains(out, "Undone:") {
						t.Errorf("not undone: %q", out)
					}
					u.s.Verify()
					if after := u.invites(); after != before {
						t.Errorf("bound and undone, there is\n%s\ninstead of\n%s", after, before)
					}
					u.line("@ 49h") // deadlines that were lost would show now
					u.s.Verify()
				})
			})
		}
	}
}
