package wecomapp

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

func (r *rig) request(method string, query url.Values, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), method, "/wecom/staff?"+query.Encode(), strings.NewReader(body)))
	return w
}

func TestTheAddressIsVerified(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.start()
		status, body, err := r.s.Verify(r.t.Context(), "1616140317555161061")
		if err != nil || status != http.StatusOK || body != "1616140317555161061" {
			r.t.Errorf("%d %q %v", status, body, err)
		}
		// A sealed message must not be opened for whoever sends it as an echo.
		p := r.s.Seal(r.s.Message(aning, "text", map[string]string{"Content": "secret"}))
		q := p.Query
		_, sealed, _ := strings.Cut(p.Body, "<Encrypt><![CDATA[")
		sealed, _, _ = strings.Cut(sealed, "]]>")
		q.Set("echostr", sealed)
		if w := r.request(http.MethodGet, q, ""); w.Code != http.StatusForbidden || w.Body.Len() > 0 {
			r.t.Errorf("%d %q", w.Code, w.Body)
		}
	})
}

func TestStrangersAreRefusedWithoutDetail(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.start()
		message := func() string { return r.s.Message(aning, "text", map[string]string{"Content": "/checkin"}) }
		good := r.s.Seal(message())
		with := func(p qyapitest.Push, name, value string) qyapitest.Push {
			q := maps.Clone(p.Query)
			q.Set(name, value)
			return qyapitest.Push{Query: q, Body: p.Body}
		}
		for name, c := range map[string]struct {
			push   qyapitest.Push
			status int
		}{
			"no signature":        {with(good, "msg_signature", ""), http.StatusForbidden},
			"wrong signature":     {with(good, "msg_signature", strings.Repeat("0", 40)), http.StatusForbidden},
			"another time":        {with(good, "timestamp", "1700000000"), http.StatusForbidden},
			"another nonce":       {with(good, "nonce", "2"), http.StatusForbidden},
			"plain":               {qyapitest.Push{Query: good.Query, Body: message()}, http.StatusForbidden},
			"no XML":              {qyapitest.Push{Query: good.Query, Body: `{"encrypt":"x"}`}, http.StatusForbidden},
			"too long":            {qyapitest.Push{Query: good.Query, Body: strings.Repeat("x", maxBody+1)}, http.StatusRequestEntityTooLarge},
			"another corporation": {r.s.SealFor(message(), "wwother"), http.StatusForbidden},
			"no receiver":         {r.s.SealFor(message(), ""), http.StatusForbidden},
			"forwarded":           {r.s.Seal(strings.ReplaceAll(message(), r.s.CorpID(), "wwother")), http.StatusForbidden},
			"another app":         {r.s.Seal(strings.ReplaceAll(message(), "<AgentID>1000002<", "<AgentID>1000003<")), http.StatusForbidden},
			"nonsense":            {r.s.Seal("<xml><MsgType>text</MsgType></xml>"), http.StatusBadRequest},
			"no XML inside":       {r.s.Seal("hello"), http.StatusBadRequest},
		} {
			if w := r.request(http.MethodPost, c.push.Query, c.push.Body); w.Code != c.status || w.Body.Len() > 0 {
				r.t.Errorf("%s: %d %q", name, w.Code, w.Body)
			}
		}
		if w := r.request(http.MethodPut, good.Query, good.Body); w.Code != http.StatusMethodNotAllowed {
			r.t.Error(w.Code)
		}
		time.Sleep(6 * time.Minute)
		if w := r.request(http.MethodPost, good.Query, good.Body); w.Code != http.StatusForbidden {
			r.t.Errorf("stale: %d", w.Code)
		}
		if n := len(r.all()); n != 0 {
			r.t.Errorf("%d events", n)
		}
		for what, n := range map[string]int{"wrong signature": 1, "five minutes": 1, "cannot be opened": 1, "another corporation or app": 1} {
			if r.logs.Count(what) != n {
				r.t.Errorf("%q was said %d times", what, r.logs.Count(what))
			}
		}
	})
}

func TestAnAppThatOnlySendsHasNoDoor(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, func(o *Options) { o.Token, o.EncodingAESKey = "", "" }, func(r *rig) {
		r.start()
		if r.Path() != "" {
			r.t.Error(r.Path())
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if w := r.request(method, nil, ""); w.Code != http.StatusNotFound || w.Body.Len() > 0 {
				r.t.Errorf("%d %q", w.Code, w.Body)
			}
		}
		if c := r.Caps(place(aning)); c.Hears || c.Choices || !c.Push {
			r.t.Errorf("%+v", c)
		}
		if err := r.post(aning, chat.Content{Text: "hello", Choices: []chat.Choice{{Label: "Why", Command: "/why"}}}); err != nil {
			r.t.Error(err)
		}
		r.reads(aning, "+hello\nWhy: /why")
	})
}

func TestAReplayedPushHappensOnce(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = echo
		r.start()
		p := r.s.Seal(r.s.Message(aning, "text", map[string]string{"Content": "/checkin"}))
		first := r.s.Post(r.t.Context(), aning, p)
		again := r.s.Post(r.t.Context(), aning, p) // the answer was lost on the way
		if first.Text != "you said /checkin" || again.Text != first.Text || len(r.all()) != 1 {
			r.t.Errorf("%+v %+v", first, again)
		}
		time.Sleep(time.Minute)
		if late := r.s.Post(r.t.Context(), aning, p); late.Status != http.StatusForbidden || len(r.all()) != 1 {
			r.t.Errorf("%+v", late)
		}
	})
}

func TestWhatIsNotTakenComesAgain(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{false, true} {
		bubble(t, qyapitest.Options{FreshRetries: fresh}, nil, func(r *rig) {
			r.answer = echo
			tries := 0
			r.commit = func(context.Context) error {
				if tries++; tries < 3 {
					return errors.New("the disk is full")
				}
				return nil
			}
			r.start()
			if a := r.s.Say(r.t.Context(), aning, "hi"); a.Attempts != 3 || a.Text != "you said hi" {
				r.t.Errorf("%+v", a)
			}
		})
	}
}

func TestALateAnswerGoesOutByItself(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer, r.delay = echo, 6*time.Second
		r.start()
		if a := r.s.Say(r.t.Context(), aning, "hi"); a.Text != "" || a.Status != http.StatusOK || a.Attempts != 1 {
			r.t.Errorf("%+v", a)
		}
		time.Sleep(10 * time.Second)
		r.reads(aning, "+you said hi")
	})
}

func TestASlowCommitIsAnsweredToTheRepetition(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = echo
		slow := true
		r.commit = func(ctx context.Context) error {
			if slow {
				slow = false
				return sleepFor(ctx, 7*time.Second)
			}
			return nil
		}
		r.start()
		a := r.s.Say(r.t.Context(), aning, "hi")
		synctest.Wait()
		if a.Status != http.StatusOK || len(r.all()) != 1 {
			r.t.Errorf("%+v %v", a, r.all())
		}
		r.reads(aning, "<you said hi")
	})
}

func sleepFor(ctx context.Context, d time.Duration) error {
	if !sleep(ctx, d) {
		return ctx.Err()
	}
	return nil
}

func TestMoreThanFitsIntoTheAnswerFollowsIt(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = func(chat.Event) []chat.Content {
			return []chat.Content{{Text: strings.Repeat("签到<br>", 500)}, {Text: "second"}}
		}
		r.start()
		a := r.s.Say(r.t.Context(), aning, "hi")
		time.Sleep(10 * time.Second)
		shown := r.s.Shown(aning)
		if a.Text == "" || len(shown) != 3 || !shown[0].Passive || shown[1].Passive || shown[2].Text != "second" {
			r.t.Errorf("%d messages, %d bytes in the answer", len(shown), len(a.Text))
		}
		for i := 1; i < len(shown); i++ {
			if shown[i].At.Before(shown[i-1].At) {
				r.t.Error("the order was lost")
			}
		}
		for _, err := range r.outcomes() {
			if err != nil {
				r.t.Error(err)
			}
		}
	})
}

func TestOpeningTheAppGreetsOnceADay(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = func(ev chat.Event) []chat.Content {
			if c, ok := ev.Detail.(chat.ChatChange); ok && c.Entered {
				return []chat.Content{{Text: "welcome"}}
			}
			return nil
		}
		r.start()
		enter := func() qyapitest.Answer {
			return r.s.Event(r.t.Context(), aning, "enter_agent", map[string]string{"EventKey": ""})
		}
		begin := time.Now()
		if a := enter(); a.Text != "welcome" {
			r.t.Errorf("%+v", a)
		}
		for range 3 {
			if a := enter(); a.Text != "" || a.Status != http.StatusOK {
				r.t.Errorf("%+v", a)
			}
		}
		if time.Since(begin) > time.Second {
			r.t.Errorf("took %s", time.Since(begin))
		}
		time.Sleep(25 * time.Hour)
		if a := enter(); a.Text != "welcome" {
			r.t.Errorf("%+v", a)
		}
	})
}

func TestTheVisibleRangeComesAndGoes(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.start()
		for _, name := range []string{"subscribe", "unsubscribe", "location_select", "view"} {
			if a := r.s.Event(r.t.Context(), bob, name, nil); a.Status != http.StatusOK {
				r.t.Errorf("%s: %+v", name, a)
			}
		}
		var got []chat.Standing
		for _, ev := range r.all() {
			if c, ok := ev.Detail.(chat.ChatChange); ok {
				got = append(got, c.Standing)
			}
		}
		if !slices.Equal(got, []chat.Standing{chat.Added, chat.Removed}) {
			r.t.Errorf("%v", got)
		}
	})
}

func TestTheMenuIsAPress(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = echo
		r.start()
		if a := r.s.Event(r.t.Context(), aning, "click", map[string]string{"EventKey": "/me"}); a.Text != "you said /me" {
			r.t.Errorf("%+v", a)
		}
		if ev := r.all()[0]; ev.Kind != chat.Press || ev.Text != "/me" {
			r.t.Errorf("%+v", ev)
		}
	})
}

func TestOtherMessagesSayNothing(t *testing.T) {
	t.Parallel()
	bubble(t, qyapitest.Options{}, nil, func(r *rig) {
		r.answer = func(chat.Event) []chat.Content { return []chat.Content{{Text: "?"}} }
		r.start()
		for _, kind := range []string{"image", "voice", "video", "location", "link"} {
			r.s.Deliver(r.t.Context(), aning, r.s.Message(aning, kind, map[string]string{"MediaId": "m", "Title": "t"}))
		}
		for _, ev := range r.all() {
			if ev.Kind != chat.Message || ev.Text != "" {
				r.t.Errorf("%+v", ev)
			}
		}
		if len(r.all()) != 5 {
			r.t.Errorf("%d events", len(r.all()))
		}
	})
}
