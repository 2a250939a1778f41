package wecomcontact

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecomcontact/contacttest"
)

// A QR code per inviter: the same for the same state, closed for good, and its
// state comes back with whoever scans it.
func TestJoinWaysCarryTheirState(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		ctx := t.Context()
		g := withGroup(r)
		ask := chat.Inviting{Chat: place(g), State: "inv-K7Q2", Name: strings.Repeat("名", 40)}
		r.s.Fail(contacttest.Fault{Path: contacttest.PathAddWay, Drop: contacttest.AfterEffect})
		if _, err := r.Invite(ctx, ask); fault(t, err).Fault != chat.Unknown {
			t.Errorf("a lost answer: %v", err)
		}
		r.s.Fail(contacttest.Fault{Path: contacttest.PathGetWay, Code: -1})
		if _, err := r.Invite(ctx, ask); fault(t, err).Fault != chat.Retry {
			t.Errorf("no picture: %v", err)
		}
		first, err := r.Invite(ctx, ask)
		if err != nil || first.Link != "" || first.ID == "" {
			t.Fatalf("%+v, %v", first, err)
		}
		if state, ok := r.s.StateOf(first.QRImageURL); !ok || state != ask.State {
			t.Errorf("the picture %q leads to %q", first.QRImageURL, state)
		}
		made := r.s.Calls(contacttest.PathAddWay)
		r.restart()
		if again, err := r.Invite(ctx, ask); err != nil || again != first || r.s.Calls(contacttest.PathAddWay) != made {
			t.Errorf("again: %+v, %v", again, err)
		}
		other, err := r.Invite(ctx, chat.Inviting{Chat: place(g), State: strings.Repeat("x", chat.MaxState)})
		if err != nil || other.ID == first.ID {
			t.Errorf("%+v, %v", other, err)
		}
		for range 2 {
			if err := r.Revoke(ctx, place(g), first.ID); err != nil {
				t.Error(err)
			}
		}
		if fresh, err := r.Invite(ctx, ask); err != nil || fresh.ID == first.ID {
			t.Errorf("after the revocation: %+v, %v", fresh, err)
		}
		for _, bad := range []chat.Inviting{
			{Chat: place(g)}, {Chat: place(g), State: strings.Repeat("x", 31)}, {Chat: place(g), State: "a b"}, {Chat: place(g), State: "\u5f20"}, {Chat: place("wrOther"), State: "x"},
		} {
			if _, err := r.Invite(ctx, bad); fault(t, err).Fault != chat.Rejected {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		r.s.Fail(contacttest.Fault{Path: contacttest.PathDelWay, Code: 48002})
		if err := r.Revoke(ctx, place(g), other.ID); fault(t, err).Fault != chat.Rejected {
			t.Errorf("%v", err)
		}
		if err := r.Revoke(ctx, place(g), "../x"); fault(t, err).Fault != chat.Rejected {
			t.Errorf("%v", err)
		}
	})
}

// The welcome template follows the text, and comes back when somebody deletes
// it and the text changes.
func TestTheWelcomeTemplateFollowsItsText(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, func(o *Options) { o.Welcome = "欢迎 %NICKNAME%" }, func(t *testing.T, r *rig) {
		templates := func(want ...string) {
			t.Helper()
			r.pass(time.Minute)
			if got := r.s.Templates(); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		r.s.Fail(contacttest.Fault{Path: contacttest.PathAddHello, Code: -1})
		r.start()
		templates()
		r.restart()
		templates("欢迎 %NICKNAME%")
		r.restart()
		templates("欢迎 %NICKNAME%")
		r.opts.Welcome = "hello"
		r.restart()
		templates("hello")
		r.s.DropTemplates()
		r.opts.Welcome = "hello again"
		r.restart()
		templates("hello again")
		r.opts.Welcome = ""
		r.restart()
		templates()
		if n := r.s.Calls(contacttest.PathAddHello); n != 3 {
			t.Errorf("%d templates were made", n)
		}
	})
}

// Thirty days at a time, a hundred owners at a time, without today.
func TestStatisticsKeepTheLimitsOfThePlatform(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		r.pass(1000 * time.Hour)
		for i := range 130 {
			r.s.AddGroup("g", "owner"+strings.Repeat("x", i))
		}
		r.start()
		r.pass(time.Minute)
		zone := time.FixedZone("UTC+8", 8*3600)
		now := time.Now().In(zone)
		for _, c := range []struct{ back, want int }{{1, 1}, {7, 7}, {30, 30}, {31, 31}, {65, 65}, {400, 180}, {0, 0}} {
			days, err := r.Statistics(t.Context(), now.AddDate(0, 0, -c.back), now.Add(time.Hour))
			if err != nil || len(days) != c.want {
				t.Errorf("%d days back: %d days, %v", c.back, len(days), err)
			}
			for i, d := range days {
				if d.Members != 1300 || d.Messages != 100 || d.Begin.Hour() != 0 || i > 0 && !days[i-1].Begin.Before(d.Begin) {
					t.Errorf("%+v", d)
				}
			}
		}
		counts, err := r.Counts(t.Context(), 30)
		yesterday := chat.DayCount{Day: now.AddDate(0, 0, -1).Format(time.DateOnly), Groups: 4, Members: 1300, NewMembers: 6, Talkers: 8, Messages: 100}
		if err != nil || len(counts) != 30 || counts[29] != yesterday {
			t.Errorf("%d days, the last %+v, %v", len(counts), counts, err)
		}
		r.s.Fail(contacttest.Fault{Path: contacttest.PathDays, Code: -1})
		if _, err := r.Statistics(t.Context(), now.AddDate(0, 0, -7), now); err == nil {
			t.Error("no error")
		}
	})
}

// A customer group never hears, answers, edits or shows a button, whatever is
// built for it: no interface does.
func TestCapsAreTheTruth(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		want := chat.Caps{Joins: true, Push: true, Confirm: true, Delete: true, PerDay: 1, MaxText: 4000, Pictures: true, MaxPicture: 10 << 20}
		if got := r.Caps(place(withGroup(r))); got != want {
			t.Errorf("%+v", got)
		}
	})
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	codes := func(all []chat.Finding) string {
		var out []string
		for _, f := range all {
			mark := "-"
			if f.OK {
				mark = "+"
			}
			out = append(out, mark+strings.TrimPrefix(f.Code, "wecomcontact."))
		}
		return strings.Join(out, " ")
	}
	for name, c := range map[string]struct {
		so     contacttest.Options
		groups int
		fault  contacttest.Fault
		change func(*Options)
		want   string
	}{
		"good":          {groups: 2, want: "+ready +never +no_welcome +chat_ok -chat_lost"},
		"no callbacks":  {groups: 1, change: func(o *Options) { o.Callbacks = false }, want: "+ready +never +no_callback +no_welcome +chat_ok -chat_lost"},
		"a welcome":     {groups: 1, change: func(o *Options) { o.Welcome = strings.Repeat("\u6b22", 99) }, want: "+ready +never +welcome +chat_ok -chat_lost"},
		"not listed":    {so: contacttest.Options{Unlisted: true}, groups: 1, want: "-right_bad"},
		"nobody":        {want: "-no_staff"},
		"no groups":     {so: contacttest.Options{Strangers: []string{"lisi"}}, want: "-no_groups"},
		"wrong secret":  {change: func(o *Options) { o.Secret = "x" }, want: "-secret_bad"},
		"wrong address": {fault: contacttest.Fault{Path: contacttest.PathStaff, Code: 60020, Msg: "not allow to access from your ip, from ip: 9.95.1.184"}, want: "-address_bad"},
		"unreachable":   {fault: contacttest.Fault{Status: 502, Times: -1}, want: "-unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, c.so, c.change)
				chats := []chat.Chat{place("wrGone")}
				for range c.groups {
					chats = append([]chat.Chat{place(r.s.AddGroup("g", "zhangsan"))}, chats...)
				}
				if c.fault != (contacttest.Fault{}) {
					r.s.Fail(c.fault)
				}
				got := r.Check(t.Context(), chats[max(0, len(chats)-2):])
				if codes(got) != c.want {
					t.Errorf("%s, want %s\n%+v", codes(got), c.want, got)
				}
				for _, f := range got {
					for _, v := range f.Args {
						if strings.Contains(v, "must-never-be-logged") {
							t.Errorf("a secret in %+v", f)
						}
					}
				}
				r.clean()
			})
		})
	}
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := Options{Name: "staff", CorpID: "ww1", AgentID: 1, Secret: "s", Store: newShelf()}
	if _, err := New(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	bad := errors.New("no disk")
	for name, change := range map[string]func(*Options){
		"name": func(o *Options) { o.Name = "a b" }, "corp": func(o *Options) { o.CorpID = "" }, "agent": func(o *Options) { o.AgentID = 0 },
		"secret": func(o *Options) { o.Secret = " " }, "store": func(o *Options) { o.Store = nil }, "welcome": func(o *Options) { o.Welcome = strings.Repeat("x", 3001) },
		"address": func(o *Options) { o.BaseURL = "ftp://x" }, "disk": func(o *Options) { s := newShelf(); s.fail = bad; o.Store = s },
	} {
		o := good
		change(&o)
		if _, err := New(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
