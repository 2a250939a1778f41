package wechatmp

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wechatmp/wechattest"
)

// Both modes differ only in the wrapping; what is about time is tested in the
// sealed one.
func modes(t *testing.T, test func(*rig)) {
	t.Helper()
	for name, o := range map[string]wechattest.Options{"plain": {}, "sealed": sealedMode} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, o, nil, test)
		})
	}
}

func TestAMessageIsAnsweredInItsOwnRequest(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		r.answer = echo
		stop := r.start()
		begin := time.Now()
		a := r.s.Say(r.t.Context(), aning, "\u7b7e\u5230 <&>]]> \U0001f389")
		if a.Attempts != 1 || a.Text != "you said \u7b7e\u5230 <&>]]> \U0001f389" || a.Err != nil || time.Since(begin) != 0 {
			r.t.Errorf("%+v after %s", a, time.Since(begin))
		}
		if n := r.s.Calls(wechattest.PathCustomSend); n != 0 {
			r.t.Errorf("%d customer service messages", n)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestNothingToSayIsSuccessInTime(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		r.start()
		begin := time.Now()
		a := r.s.Say(r.t.Context(), aning, "hello")
		if took := time.Since(begin); a.Attempts != 1 || a.Status != http.StatusOK || a.Text != "" || a.Err != nil || took != 4200*time.Millisecond {
			r.t.Errorf("%+v after %s", a, took)
		}
		// What cannot be answered is not waited for.
		begin = time.Now()
		for _, a := range []wechattest.Answer{
			r.s.Unfollow(r.t.Context(), aning),
			r.s.Event(r.t.Context(), bob, "VIEW", map[string]string{"EventKey": "https://example.org"}),
			r.s.Event(r.t.Context(), bob, "LOCATION", map[string]string{"Latitude": "23.1"}),
			r.s.Event(r.t.Context(), bob, "TEMPLATESENDJOBFINISH", nil),
		} {
			if a.Status != http.StatusOK || a.Text != "" || a.Err != nil {
				r.t.Errorf("%+v", a)
			}
		}
		if took := time.Since(begin); took != 0 {
			r.t.Errorf("waited %s", took)
		}
		r.reads(aning, "")
		r.reads(bob, "")
	})
}

func TestAnAnswerThatComesTooLateIsACustomerServiceMessage(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.answer, r.delay = echo, 4300*time.Millisecond
		r.start()
		if a := r.s.Say(r.t.Context(), aning, "slow"); a.Attempts != 1 || a.Text != "" {
			r.t.Errorf("%+v", a)
		}
		time.Sleep(time.Second)
		r.reads(aning, "+you said slow")
		// At the last moment it still is the answer.
		r.delay = 4100 * time.Millisecond
		r.s.Say(r.t.Context(), aning, "just")
		r.reads(aning, "+you said slow <you said just")
	})
}

func TestSeveralLettersKeepTheirOrder(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.answer = func(chat.Event) []string { return []string{"one", "two", "three"} }
		r.start()
		r.s.Say(r.t.Context(), aning, "tell")
		time.Sleep(time.Second)
		r.reads(aning, "<one +two +three")
		// A text that is too long goes on as the next message.
		r.answer = func(chat.Event) []string {
			return []string{strings.Repeat("a", 2000) + " " + strings.Repeat("\u597d", 100)}
		}
		r.s.Say(r.t.Context(), bob, "tell")
		time.Sleep(time.Second)
		r.reads(bob, "<"+strings.Repeat("a", 2000)+" +"+strings.Repeat("\u597d", 100))
		for _, err := range r.outcomes() {
			if err != nil {
				r.t.Error(err)
			}
		}
	})
}

// The engine takes longer than the platform waits: the commit of the first
// push comes while the second is already there.
func TestARepetitionTakesThePlaceOfTheRequestItRepeats(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{false, true} {
		so := sealedMode
		so.FreshRetries = fresh
		bubble(t, so, nil, func(r *rig) {
			var calls atomic.Int32
			r.answer = echo
			r.commit = func(context.Context) error {
				if calls.Add(1) == 1 {
					time.Sleep(6 * time.Second)
				}
				return nil
			}
			r.start()
			a := r.s.Say(r.t.Context(), aning, "hello")
			if a.Attempts != 2 || a.Text != "you said hello" {
				r.t.Errorf("%+v", a)
			}
			time.Sleep(10 * time.Second)
			r.reads(aning, "<you said hello")
			if n := len(r.all()); n != 1 {
				r.t.Errorf("%d events", n)
			}
		})
	}
}

func TestWhatIsNotCommittedIsRepeatedByThePlatform(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		var calls atomic.Int32
		r.answer = echo
		r.commit = func(context.Context) error {
			if calls.Add(1) < 3 {
				return errors.New("the disk is full")
			}
			return nil
		}
		if a := r.s.Post(r.t.Context(), aning, r.s.Frame(aning, "text", map[string]string{"Content": "x"})); a.Status != http.StatusServiceUnavailable {
			r.t.Errorf("before Run: %+v", a)
		}
		stop := r.start()
		if a := r.s.Say(r.t.Context(), aning, "hello"); a.Attempts != 3 || a.Text != "you said hello" {
			r.t.Errorf("%+v", a)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if a := r.s.Say(r.t.Context(), aning, "hello"); a.Attempts != 4 || a.Status != http.StatusServiceUnavailable {
			r.t.Errorf("after Run: %+v", a)
		}
		r.reads(aning, "<you said hello !")
	})
}

func TestTheSameRequestTwiceGetsOneAnswerTwice(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		r.answer = echo
		r.start()
		p := r.s.Frame(aning, "text", map[string]string{"Content": "hello"})
		for range 3 { // the answer got lost on its way
			if a := r.s.Post(r.t.Context(), aning, p); a.Text != "you said hello" {
				r.t.Errorf("%+v", a)
			}
		}
		if n := len(r.outcomes()); n != 1 {
			r.t.Errorf("%d letters", n)
		}
		// Half a minute later it is no repetition but a replay.
		time.Sleep(31 * time.Second)
		if a := r.s.Post(r.t.Context(), aning, p); a.Status != http.StatusForbidden {
			r.t.Errorf("%+v", a)
		}
	})
}

// Two pushes of one message wait at the same time; only the younger has
// somebody at its other end.
func TestOfTwoOpenRequestsTheYoungerIsAnswered(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		r.answer, r.delay = echo, time.Second
		r.start()
		p := r.s.Frame(aning, "text", map[string]string{"Content": "hello"})
		older := make(chan wechattest.Answer, 1)
		go func() { older <- r.s.Post(r.t.Context(), aning, p) }()
		time.Sleep(500 * time.Millisecond)
		if a := r.s.Post(r.t.Context(), aning, p); a.Text != "you said hello" {
			r.t.Errorf("%+v", a)
		}
		if a := <-older; a.Text != "" || a.Err != nil {
			r.t.Errorf("%+v", a)
		}
	})
}

func TestABrokenConnectionIsAnsweredInAnotherWay(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		r.answer, r.delay = echo, 2*time.Second
		r.start()
		// The person is known to the platform, so that it takes messages to him.
		r.s.Event(r.t.Context(), aning, "VIEW", nil)
		ctx, cancel := context.WithTimeout(r.t.Context(), time.Second)
		defer cancel()
		if a := r.s.Say(ctx, aning, "hello"); a.Status != 0 {
			r.t.Errorf("%+v", a)
		}
		time.Sleep(3 * time.Second)
		if got := r.screen(aning); !strings.HasSuffix(got, "+you said hello") {
			r.t.Errorf("%q", got)
		}
	})
}

func TestSomebodyElsesTokenOpensNoRequest(t *testing.T) {
	t.Parallel()
	bubble(t, sealedMode, nil, func(r *rig) {
		r.start()
		go func() {
			time.Sleep(time.Second)
			ev := r.all()[0]
			_, err := r.Send(r.t.Context(), chat.Letter{Chat: r.chat(bob), Reply: ev.Reply, Content: chat.Content{Text: "for bob"}})
			if fault(r.t, err).Fault != chat.Rejected {
				r.t.Error(err)
			}
		}()
		if a := r.s.Say(r.t.Context(), aning, "hello"); a.Text != "" {
			r.t.Errorf("%+v", a)
		}
		r.reads(aning, "")
	})
}

func TestStoppingEndsOpenRequestsAtOnce(t *testing.T) {
	t.Parallel()
	modes(t, func(r *rig) {
		stop := r.start()
		answered := make(chan wechattest.Answer, 1)
		go func() {
			answered <- r.s.Post(r.t.Context(), aning, r.s.Frame(aning, "text", map[string]string{"Content": "x"}))
		}()
		synctest.Wait()
		begin := time.Now()
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if a := <-answered; a.Status != http.StatusOK || time.Since(begin) > time.Second {
			r.t.Errorf("%+v after %s", a, time.Since(begin))
		}
		// A delivery under way ends with Run, too.
		r.commit = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		stop = r.start()
		go func() {
			answered <- r.s.Post(r.t.Context(), aning, r.s.Frame(aning, "text", map[string]string{"Content": "y"}))
		}()
		synctest.Wait()
		begin = time.Now()
		if err := stop(); err != nil {
			r.t.Error(err)
		}
		if a := <-answered; a.Status != http.StatusServiceUnavailable || time.Since(begin) > time.Second {
			r.t.Errorf("%+v after %s", a, time.Since(begin))
		}
	})
}
