package wecomcontact

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecomcontact/contacttest"
)

// withGroup is a group that we have read.
func withGroup(r *rig) string {
	r.t.Helper()
	g := r.s.AddGroup("读书会", "zhangsan")
	r.start()
	r.pass(time.Minute)
	r.news()
	return g
}

// A broadcast is seen when its owner has tapped it, and then it is told.
func TestABroadcastWaitsForItsOwner(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		if err := r.post(g, `明晚 <b>8</b> 点 &lt;直播&gt; <a href="https://example.org/?a=1&amp;b=2">看</a>`); err != nil {
			t.Fatal(err)
		}
		r.pass(3 * time.Hour)
		r.heard()
		if got, want := r.s.Waiting("zhangsan"), []string{"明晚 8 点 <直播> 看 (https://example.org/?a=1&b=2)"}; !slices.Equal(got, want) {
			t.Errorf("waiting: %q, want %q", got, want)
		}
		r.restart()
		r.s.Tap("zhangsan")
		r.pass(10 * time.Minute)
		r.heard("confirmed")
		if got := r.s.Shown(g); len(got) != 1 {
			t.Errorf("shown: %q", got)
		}
		// A second one on that day does not get through, and that is told too.
		if err := r.post(g, "again"); err != nil {
			t.Fatal(err)
		}
		r.s.Tap("zhangsan")
		r.pass(10 * time.Minute)
		r.heard("failed the group has had its broadcasts of the day")
		n := r.s.Calls(contacttest.PathResult)
		r.pass(24 * time.Hour)
		if m := r.s.Calls(contacttest.PathResult); m != n {
			t.Errorf("%d questions about what has ended", m-n)
		}
	})
}

// One owner taps once for all his groups; other texts and other owners have
// tasks of their own; what is taken back is taken back everywhere.
func TestWhatGoesToSeveralGroupsOfOneOwnerIsOneTask(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		var groups []string
		for _, owner := range []string{"zhangsan", "zhangsan", "zhangsan", "lisi"} {
			groups = append(groups, r.s.AddGroup("g", owner))
		}
		r.s.RefuseTasks(groups[2])
		r.start()
		r.pass(time.Minute)
		r.news()
		errs := make([]error, len(groups))
		var all sync.WaitGroup
		for i, g := range groups {
			all.Go(func() { errs[i] = r.post(g, "hello") })
		}
		all.Wait()
		if errs[0] != nil || errs[1] != nil || errs[3] != nil || fault(t, errs[2]).Fault != chat.Rejected {
			t.Errorf("%v", errs)
		}
		if n := r.s.Calls(contacttest.PathAddTask); n != 2 {
			t.Errorf("%d tasks", n)
		}
		if n := r.s.Tap("zhangsan"); n != 2 {
			t.Errorf("one tap reaches %d groups", n)
		}
		r.pass(10 * time.Minute)
		r.heard("confirmed", "confirmed")
		// The same text to the same group again is another broadcast.
		for range 2 {
			all.Go(func() {
				if err := r.post(groups[0], "hello"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := r.s.Calls(contacttest.PathAddTask); n != 4 {
			t.Errorf("%d tasks", n)
		}
	})
}

func TestATaskIsTakenBackFromAllItsGroups(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		first, second := r.s.AddGroup("a", "zhangsan"), r.s.AddGroup("b", "zhangsan")
		r.start()
		r.pass(time.Minute)
		r.news()
		var all sync.WaitGroup
		for _, g := range []string{first, second} {
			all.Go(func() {
				if err := r.post(g, "a mistake"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		// The engine settles the letter that it took back.
		i := slices.IndexFunc(r.shelf.waiting, func(w Task) bool { return w.Chat == first })
		id := r.shelf.waiting[i].ID
		if err := r.Delete(t.Context(), place(first), id); err != nil {
			t.Fatal(err)
		}
		r.shelf.mu.Lock()
		r.shelf.waiting = slices.Delete(r.shelf.waiting, i, i+1)
		r.shelf.mu.Unlock()
		if n := r.s.Tap("zhangsan"); n != 0 {
			t.Errorf("%d groups got it", n)
		}
		r.pass(10 * time.Minute)
		r.heard("failed taken back")
		if err := r.Delete(t.Context(), place(second), id); err != nil {
			t.Error(err)
		}
	})
}

// A letter that is stopped while it waits for others was not sent, and holds up
// nobody.
func TestAStoppedBroadcastWasNotSent(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		_, err := r.Send(ctx, chat.Letter{Chat: place(g), Content: chat.Content{Text: "too late"}})
		if se := fault(t, err); se.Fault != chat.Retry {
			t.Errorf("%v", se)
		}
		r.pass(time.Minute)
		if got := r.s.Waiting("zhangsan"); len(got) != 0 {
			t.Errorf("waiting: %q", got)
		}
		r.s.Fail(contacttest.Fault{Path: contacttest.PathAddTask, Delay: 5 * time.Second})
		ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err = r.Send(ctx, chat.Letter{Chat: place(g), Content: chat.Content{Text: "under way"}})
		if se := fault(t, err); se.Fault != chat.Unknown {
			t.Errorf("%v", se)
		}
		r.pass(time.Minute)
	})
}

// Nobody taps: one reminder by day, then it is withdrawn and called expired.
func TestABroadcastThatNobodyConfirmsExpires(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		if err := r.post(g, "hello"); err != nil {
			t.Fatal(err)
		}
		r.pass(71 * time.Hour)
		r.heard()
		if n := r.s.Reminders(); n != 1 {
			t.Errorf("%d reminders", n)
		}
		r.restart()
		r.s.Fail(contacttest.Fault{Path: contacttest.PathCancel, Code: -1, Times: 2})
		r.pass(3 * time.Hour)
		r.heard("expired")
		if got := r.s.Waiting("zhangsan"); len(got) != 0 || r.s.Tap("zhangsan") != 0 {
			t.Errorf("can still be tapped: %q", got)
		}
		if n := r.s.Reminders(); n != 1 {
			t.Errorf("%d reminders", n)
		}
	})
}

// A tap in the last moment, while the broadcast is being withdrawn, counts.
func TestATapInTheLastMomentCounts(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		if err := r.post(g, "hello"); err != nil {
			t.Fatal(err)
		}
		r.s.Fail(contacttest.Fault{Path: contacttest.PathCancel, Delay: 5 * time.Second})
		for r.s.Calls(contacttest.PathCancel) == 0 {
			r.pass(time.Second)
		}
		r.s.Tap("zhangsan")
		r.pass(time.Minute)
		r.heard("confirmed")
	})
}

func TestAnOwnerWhoHasGivenHisGroupAwayCannotConfirm(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		if err := r.post(g, "hello"); err != nil {
			t.Fatal(err)
		}
		r.s.GiveTo(t.Context(), g, "lisi")
		r.s.Tap("zhangsan")
		r.pass(10 * time.Minute)
		r.heard("failed the group is not the sender's any more")
		if err := r.post(g, "from the new owner"); err != nil {
			t.Fatal(err)
		}
		if got := r.s.Waiting("lisi"); len(got) != 1 {
			t.Errorf("waiting for the new owner: %q", got)
		}
	})
}

// What waits can be taken back; what was seen cannot.
func TestABroadcastCanBeTakenBackUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{Unlimited: true}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		for _, text := range []string{"a mistake", "fine"} {
			if err := r.post(g, text); err != nil {
				t.Fatal(err)
			}
		}
		ids := []string{r.shelf.waiting[0].ID, r.shelf.waiting[1].ID}
		for range 2 {
			if err := r.Delete(t.Context(), place(g), ids[0]); err != nil {
				t.Error(err)
			}
		}
		if err := r.Remind(t.Context(), place(g), ids[1]); err != nil {
			t.Error(err)
		}
		r.s.Tap("zhangsan")
		if got := r.s.Shown(g); !slices.Equal(got, []string{"fine"}) {
			t.Errorf("shown: %q", got)
		}
		for _, id := range []string{ids[1], "", "x", "a|", "|b", "no such|zhangsan", "msgGCAAAXtWyujaWJHDDGi0mAC99999|zhangsan"} {
			if se := fault(t, r.Delete(t.Context(), place(g), id)); se.Fault != chat.Rejected {
				t.Errorf("%q: %v", id, se)
			}
		}
		if se := fault(t, r.Remind(t.Context(), place(g), "x")); se.Fault != chat.Rejected {
			t.Errorf("%v", se)
		}
	})
}

func TestWhatIsNoBroadcastIsRefused(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		for name, l := range map[string]chat.Letter{
			"another group":  {Chat: place("wrOther"), Content: chat.Content{Text: "x"}},
			"another domain": {Chat: chat.Chat{Ref: chat.Ref{Domain: "telegram", ID: g}}, Content: chat.Content{Text: "x"}},
			"an edit":        {Chat: place(g), Edit: "a|b", Content: chat.Content{Text: "x"}},
			"an answer":      {Chat: place(g), Content: chat.Content{Text: "x", Private: true}},
			"a file":         {Chat: place(g), Content: chat.Content{Text: "x", File: &chat.File{Name: "a"}}},
			"nothing":        {Chat: place(g), Content: chat.Content{Text: " <br> "}},
			"too much":       {Chat: place(g), Content: chat.Content{Text: strings.Repeat("长", 1334)}},
		} {
			_, err := r.Send(t.Context(), l)
			if se := fault(t, err); se.Fault != chat.Rejected {
				t.Errorf("%s: %v", name, se)
			}
		}
		if err := r.post(g, strings.Repeat("长", 1333)); err != nil {
			t.Errorf("4000 bytes: %v", err)
		}
		l := chat.Letter{Chat: place(g), Content: chat.Content{Text: "x", Choices: []chat.Choice{{Label: "报名", URL: "https://example.org/"}, {Label: "参加", Command: "/join 3"}}}}
		if _, err := r.Send(t.Context(), l); err != nil {
			t.Error(err)
		}
		if got := r.s.Waiting("zhangsan"); !slices.Contains(got, "x\n报名 https://example.org/") {
			t.Errorf("%q", got)
		}
		r.s.RefuseTasks(g)
		if se := fault(t, r.post(g, "x")); se.Fault != chat.Rejected {
			t.Errorf("fail_list: %v", se)
		}
	})
}

// A lost answer is uncertain, whatever became of the task.
func TestFaultsOfASendAreToldForWhatTheyAre(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{Unlimited: true}, nil, func(t *testing.T, r *rig) {
		g := withGroup(r)
		for _, c := range []struct {
			f    contacttest.Fault
			want chat.Fault
		}{
			{contacttest.Fault{Drop: contacttest.AfterEffect}, chat.Unknown},
			{contacttest.Fault{Drop: contacttest.BeforeEffect}, chat.Unknown}, // the whole request was written
			{contacttest.Fault{Garble: true}, chat.Unknown},
			{contacttest.Fault{Status: 502}, chat.Unknown},
			{contacttest.Fault{Code: -1}, chat.Retry},
			{contacttest.Fault{Code: 45009}, chat.Throttled},
			{contacttest.Fault{Code: 42001, Times: 2}, chat.Retry},
			{contacttest.Fault{Code: 60020}, chat.Retry},
			{contacttest.Fault{Code: 48002}, chat.Rejected},
			{contacttest.Fault{Code: 40058}, chat.Rejected},
		} {
			c.f.Path = contacttest.PathAddTask
			r.s.Fail(c.f)
			if se := fault(t, r.post(g, "x")); se.Fault != c.want || strings.Contains(se.Error(), "must-never-be-logged") {
				t.Errorf("%+v: %v, want %s", c.f, se, c.want)
			}
		}
		before := r.s.Calls(contacttest.PathToken)
		r.s.RevokeTokens()
		if err := r.post(g, "with a new token"); err != nil || r.s.Calls(contacttest.PathToken) != before+1 {
			t.Errorf("an expired token: %v", err)
		}
	})
}
