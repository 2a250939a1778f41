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

const (
	ann = "wmann_AAAAxyz"
	bob = "wmbob_AAAAxyz"
	eve = "wmeve_AAAAxyz"
)

// Whoever is there at the beginning was there already; from then on everybody
// comes with what the platform tells of his way.
func TestComingAndGoingIsToldWithItsSource(t *testing.T) {
	t.Parallel()
	for name, so := range map[string]contacttest.Options{
		"with items": {}, "with commas": {OldShape: true}, "without versions": {NoVersions: true}, "with lagging lists": {Lag: 9 * time.Second},
		"lagging without versions": {Lag: 9 * time.Second, NoVersions: true}, "from a large corporation": {Broad: true, PageSize: 1, Strangers: []string{"lisi"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, so, nil, func(t *testing.T, r *rig) {
				ctx := t.Context()
				other := r.s.AddGroup("别的群", "lisi")
				g := r.s.AddGroup("读书会", "zhangsan")
				r.s.Come(g, ann, "阿宁", contacttest.Arrival{State: "K7Q2"})
				r.pass(time.Minute)
				r.start()
				r.pass(time.Minute)
				got := r.news()
				slices.Sort(got)
				if want := []string{"added 别的群", "added 读书会", "join lisi already", "join " + ann + " already", "join zhangsan already"}; !slices.Equal(got, want) {
					t.Errorf("first: %q, want %q", got, want)
				}
				r.s.Join(ctx, g, bob, "Bob <b>", contacttest.Arrival{State: "K7Q2"})
				r.pass(time.Minute)
				r.heard("join " + bob + " from K7Q2")
				r.s.Join(ctx, g, eve, "Eve", contacttest.Arrival{By: "zhangsan"})
				r.pass(time.Minute)
				r.heard("join " + eve + " by zhangsan")
				r.s.Join(ctx, g, "wangwu", "王五", contacttest.Arrival{Staff: true, State: "K7Q2", By: "zhangsan"})
				r.pass(time.Minute)
				r.heard("join wangwu")
				r.s.Leave(ctx, g, bob, false)
				r.pass(time.Minute)
				r.heard("leave " + bob)
				r.s.Leave(ctx, g, eve, true)
				r.pass(time.Minute)
				if so.NoVersions { // then nobody is named
					r.heard("leave " + eve)
				} else {
					r.heard("leave " + eve + " by somebody")
				}
				r.s.Join(ctx, g, bob, "Bob", contacttest.Arrival{By: ann})
				r.pass(time.Minute)
				r.heard("join " + bob) // brought by a friend: nobody is told
				r.s.Rename(ctx, g, "读书会2")
				r.pass(time.Minute)
				r.heard("updated 读书会2")
				r.s.Dissolve(ctx, g)
				r.pass(time.Minute)
				r.heard("removed 读书会2")
				r.s.Join(ctx, other, ann, "阿宁", contacttest.Arrival{})
				r.pass(time.Minute)
				r.heard("join " + ann)
				r.pass(24 * time.Hour)
				r.heard()
			})
		})
	}
}

// What happens between two readings is one leave and one join, or what the
// callbacks told.
func TestWhoComesAndGoesBetweenTwoReadings(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		ctx := t.Context()
		g := r.s.AddGroup("读书会", "zhangsan")
		r.s.Come(g, ann, "阿宁", contacttest.Arrival{})
		r.start()
		r.pass(time.Minute)
		r.news()
		r.s.Leave(ctx, g, ann, false)
		r.pass(time.Second)
		r.s.Join(ctx, g, ann, "阿宁", contacttest.Arrival{State: "S"})
		r.s.Join(ctx, g, bob, "Bob", contacttest.Arrival{State: "S"})
		r.s.Leave(ctx, g, bob, true)
		r.pass(time.Minute)
		r.heard("leave "+ann, "join "+ann+" from S", "join "+bob, "leave "+bob+" by somebody")
		r.pass(time.Minute)
		r.heard()
	})
}

// A list between two changes is believed for what it says, and not for what it
// does not say yet.
func TestAListBetweenTwoChangesIsNoLeave(t *testing.T) {
	t.Parallel()
	for name, so := range map[string]contacttest.Options{"with versions": {Lag: 10 * time.Second}, "without": {Lag: 10 * time.Second, NoVersions: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, so, func(o *Options) { o.Times.RetryMax = 2 * time.Second }, func(t *testing.T, r *rig) {
				g := withGroup(r)
				r.s.Join(t.Context(), g, ann, "阿宁", contacttest.Arrival{State: "A"})
				r.pass(8 * time.Second)
				r.s.Join(t.Context(), g, bob, "Bob", contacttest.Arrival{State: "B"})
				r.pass(5 * time.Minute)
				r.heard("join "+ann+" from A", "join "+bob+" from B")
			})
		})
	}
}

func TestAGroupThatIsMadeWhileWeRunIsFound(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		r.start()
		r.pass(time.Minute)
		r.heard()
		g := r.s.Create(t.Context(), "新群", "zhangsan")
		r.pass(time.Minute)
		r.heard("added 新群", "join zhangsan already")
		if !r.Serves(place(g)) || r.Serves(place("wrOther")) {
			t.Error("does not know its own groups")
		}
	})
}

// Callbacks that come again, that are lost, and that come while nobody runs.
func TestCallbacksMayBeRepeatedLostAndEarly(t *testing.T) {
	t.Parallel()
	for name, so := range map[string]contacttest.Options{"with versions": {}, "without": {NoVersions: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, so, nil, func(t *testing.T, r *rig) {
				ctx := t.Context()
				g := r.s.AddGroup("读书会", "zhangsan")
				r.start()
				r.pass(time.Minute)
				r.news()
				r.s.Join(ctx, g, ann, "阿宁", contacttest.Arrival{State: "S"})
				r.s.Again(ctx)
				r.pass(time.Minute)
				r.heard("join " + ann + " from S")
				r.s.Again(ctx)
				r.pass(time.Minute)
				r.s.Leave(ctx, g, ann, false)
				r.pass(time.Minute)
				r.s.Again(ctx)
				r.pass(time.Hour)
				r.heard("leave " + ann)
				// A lost one is found with the next, or by the survey.
				r.s.Mute(true)
				r.s.Join(ctx, g, bob, "Bob", contacttest.Arrival{State: "S"})
				r.s.Mute(false)
				r.s.Join(ctx, g, eve, "Eve", contacttest.Arrival{State: "S"})
				r.pass(time.Minute)
				got := r.news()
				slices.Sort(got)
				if want := []string{"join " + bob + " from S", "join " + eve + " from S"}; !slices.Equal(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
				r.s.Mute(true)
				r.s.Leave(ctx, g, bob, false)
				r.s.Dissolve(ctx, r.s.AddGroup("nobody saw it", "lisi"))
				r.s.Mute(false)
				r.pass(time.Hour)
				r.heard()
				r.pass(6 * time.Hour)
				r.heard("leave " + bob)
				// While we are down a callback is not answered; it comes again, or the
				// start finds it.
				if err := r.stop(); err != nil {
					t.Error(err)
				}
				r.s.Join(ctx, g, bob, "Bob", contacttest.Arrival{State: "S"})
				r.open()
				r.start()
				r.pass(time.Minute)
				r.heard("join " + bob + " from S")
			})
		})
	}
}

// A callback is answered only after it is on disk, and events wait for the
// engine: over a restart, once.
func TestNothingIsLostWhileTheDatabaseTakesNothing(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		ctx := t.Context()
		g := r.s.AddGroup("读书会", "zhangsan")
		r.start()
		r.pass(time.Minute)
		r.news()
		full := errors.New("the disk is full")
		r.shelf.setFail(full)
		r.s.Join(ctx, g, ann, "阿宁", contacttest.Arrival{State: "S"})
		if _, err := r.HandleEvent(ctx, r.s.Newest()); !errors.Is(err, full) {
			t.Errorf("answered: %v", err)
		}
		r.pass(time.Hour)
		r.shelf.setFail(nil)
		r.s.Again(ctx)
		r.setCommit(func() error { return full })
		r.pass(time.Hour)
		r.heard()
		r.restart()
		r.pass(time.Minute)
		r.setCommit(nil)
		r.pass(10 * time.Minute)
		r.heard("join " + ann + " from S")
	})
}

// A group that nobody names any more and that cannot be read is gone; it comes
// back with its owner.
func TestAGroupOutOfSightIsGoneUntilItIsBack(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		ctx := t.Context()
		g := r.s.AddGroup("读书会", "zhangsan")
		r.start()
		r.pass(time.Minute)
		r.news()
		r.s.Hide(g, true)
		r.s.Join(ctx, g, ann, "阿宁", contacttest.Arrival{State: "S"})
		r.pass(time.Hour)
		r.heard() // the survey has the last word
		r.pass(6 * time.Hour)
		r.heard("removed 读书会")
		if se := fault(t, r.post(g, "hello")); se.Fault != chat.Gone {
			t.Errorf("a broadcast: %v", se)
		}
		r.s.Hide(g, false)
		r.pass(7 * time.Hour)
		r.heard("added 读书会", "join "+ann+" from S")
	})
}

// Troubles of the platform are waited out, and said once.
func TestTroublesAreWaitedOut(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]contacttest.Fault{
		"busy": {Code: -1, Times: 5}, "too many calls": {Code: 45009, Times: 5}, "an expired token": {Code: 42001, Times: 5}, "a lost answer": {Drop: contacttest.AfterEffect, Times: 5},
		"no connection": {Drop: contacttest.BeforeEffect, Times: 5}, "a page of a proxy": {Status: 502, Times: 5}, "half an answer": {Garble: true, Times: 5}, "a foreign address": {Code: 60020, Times: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
				g := r.s.AddGroup("读书会", "zhangsan")
				r.s.Fail(f)
				r.start()
				r.pass(10 * time.Minute)
				r.heard("added 读书会", "join zhangsan already")
				f.Path = contacttest.PathGet
				r.s.Fail(f)
				r.s.Join(t.Context(), g, ann, "阿宁", contacttest.Arrival{State: "S"})
				r.pass(10 * time.Minute)
				r.heard("join " + ann + " from S")
				r.s.RevokeTokens()
				r.s.Leave(t.Context(), g, ann, false)
				r.pass(time.Minute)
				r.heard("leave " + ann)
				if n := strings.Count(r.logs.String(), "level=WARN") + strings.Count(r.logs.String(), "level=ERROR"); n > 3 {
					t.Errorf("%d warnings:\n%s", n, r.logs)
				}
			})
		})
	}
}

// What only the operator can mend is told to him once, and that it is mended.
func TestTheOperatorIsToldOnceWhatHeHasToMend(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]string{48002: "wecomcontact.right_bad", 60020: "wecomcontact.address_bad"} {
		var told []string
		alarm := func(o *Options) { o.Alarm = func(f chat.Finding) { told = append(told, f.Code) } }
		bubble(t, contacttest.Options{}, alarm, func(t *testing.T, r *rig) {
			r.s.AddGroup("读书会", "zhangsan")
			r.s.Fail(contacttest.Fault{Path: contacttest.PathList, Code: code, Times: 12})
			r.start()
			r.pass(time.Hour)
			r.s.Fail(contacttest.Fault{Path: contacttest.PathList, Code: -1, Times: 3})
			r.pass(24 * time.Hour)
		})
		if got := strings.Join(told, " "); got != want+" wecomcontact.again" {
			t.Errorf("%d: told %q", code, got)
		}
	}
}

// Too many calls: nothing is read until the platform may be asked again, and
// that is said once for all groups.
func TestTooManyCallsStopTheReading(t *testing.T) {
	t.Parallel()
	bubble(t, contacttest.Options{}, nil, func(t *testing.T, r *rig) {
		for range 50 {
			r.s.AddGroup("g", "zhangsan")
		}
		r.s.Fail(contacttest.Fault{Path: contacttest.PathGet, Code: 45009, Times: 3})
		r.start()
		r.pass(30 * time.Second)
		if n := r.s.Calls(contacttest.PathGet); n != 1 {
			t.Errorf("%d calls after the first was refused", n)
		}
		r.pass(10 * time.Minute)
		if n := len(r.news()); n != 100 {
			t.Errorf("%d events of 50 groups", n)
		}
		if n := strings.Count(r.logs.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings:\n%s", n, r.logs)
		}
	})
}

func TestAWrongSecretEndsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, contacttest.Options{}, func(o *Options) { o.Secret = "wrong-must-never-be-logged" })
		if err := r.Run(t.Context(), r.deliver); !errors.Is(err, ErrCredentials) || strings.Contains(err.Error(), "must-never") {
			t.Errorf("%v", err)
		}
		r.clean()
	})
}
