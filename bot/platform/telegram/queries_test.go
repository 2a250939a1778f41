package telegram

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestWithoutThemAPressIsAnsweredByAPopUp(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{Old: true}, nil, func(r *rig) {
		r.s.Say(group, aning, "/me")
		k := newSink()
		stop := r.start(k.deliver)
		k.wait(r.t, 1)

		query, token := r.press(k)
		sent, err := r.Send(r.t.Context(), private("Balance <b>10</b> &lt;3", token))
		if err != nil || sent != (chat.Sent{}) {
			r.t.Errorf("%+v %v", sent, err)
		}
		if p := r.s.PressOf(query); p.Answered != 1 || p.Text != "Balance 10 <3" || !p.Alert {
			r.t.Errorf("%+v", p)
		}
		if r.s.Total() != 0 {
			r.t.Error("sent a message too")
		}
		// A second letter for the same press has no pop-up left.
		if sent, err := r.Send(r.t.Context(), private("And more", token)); err != nil || !sent.Shown {
			r.t.Errorf("%+v %v", sent, err)
		}

		// What does not fit a pop-up is a short reply, and the press is ended.
		for _, change := range []func(*chat.Letter){
			func(l *chat.Letter) { l.Content.Text = strings.Repeat("x", 201) },
			func(l *chat.Letter) { l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}} },
		} {
			query, token := r.press(k)
			l := private("short", token)
			change(&l)
			if sent, err := r.Send(r.t.Context(), l); err != nil || !sent.Shown {
				r.t.Errorf("%+v %v", sent, err)
			}
			synctest.Wait()
			if p := r.s.PressOf(query); p.Answered != 1 || p.Text != "" {
				r.t.Errorf("%+v", p)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestEveryPressIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{Old: true}, nil, func(r *rig) {
		r.s.Say(group, aning, "/me")
		k := newSink()
		stop := r.start(k.deliver)
		k.wait(r.t, 1)

		silent, _ := r.press(k)
		inline := r.s.Press(group, aning, 1, "")
		waitFor(r.t, time.Second)
		if r.s.PressOf(silent).Answered != 0 {
			r.t.Error("answered before a letter could come")
		}
		waitFor(r.t, time.Second)
		for _, id := range []string{silent, inline} {
			if p := r.s.PressOf(id); p.Answered != 1 || p.Text != "" {
				r.t.Errorf("%+v", p)
			}
		}

		// Public answers and edits end the progress bar at once.
		public, token := r.press(k)
		l := letter("to all")
		l.Reply = token
		if _, err := r.Send(r.t.Context(), l); err != nil {
			r.t.Fatal(err)
		}
		synctest.Wait()
		if p := r.s.PressOf(public); p.Answered != 1 {
			r.t.Errorf("%+v", p)
		}

		// A pop-up that was throttled is tried again by the engine.
		again, token := r.press(k)
		r.s.Fail(tgtest.Fault{Method: "answerCallbackQuery", Status: 429, RetryAfter: 1})
		if _, err := r.Send(r.t.Context(), private("short", token)); fault(r.t, err).Fault != chat.Throttled {
			r.t.Error(err)
		}
		waitFor(r.t, time.Second)
		if _, err := r.Send(r.t.Context(), private("short", token)); err != nil {
			r.t.Error(err)
		}
		if p := r.s.PressOf(again); p.Answered != 1 || p.Text != "short" {
			r.t.Errorf("%+v", p)
		}

		// One that may have arrived is not tried again.
		lost, token := r.press(k)
		r.s.Fail(tgtest.Fault{Method: "answerCallbackQuery", Drop: tgtest.AfterEffect})
		if _, err := r.Send(r.t.Context(), private("short", token)); fault(r.t, err).Fault != chat.Unknown {
			r.t.Error(err)
		}
		waitFor(r.t, time.Minute)
		if p := r.s.PressOf(lost); p.Answered != 1 {
			r.t.Errorf("%+v", p)
		}

		// The empty answer outlives a short trouble.
		r.s.Fail(tgtest.Fault{Method: "answerCallbackQuery", Status: 500, Times: 2})
		tough, _ := r.press(k)
		waitFor(r.t, 10*time.Second)
		if p := r.s.PressOf(tough); p.Answered != 1 {
			r.t.Errorf("%+v", p)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAPressDeliveredTwiceIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{WebhookByHand: true, Old: true}, webhookMode, func(r *rig) {
		k := newSink()
		fails := true
		k.fail = func(int) error {
			if fails {
				return errNotNow
			}
			return nil
		}
		stop := r.start(k.deliver)
		waitFor(r.t, time.Second)
		query := r.s.Press(group, aning, 1, "/why")
		body := `{"update_id":5,"callback_query":{"id":"` + query + `","from":{"id":5123456789,"first_name":"A"},"data":"/why",
			"message":{"message_id":1,"date":1,"chat":{"id":-1001234567890,"type":"supergroup"}}}}`
		for range 3 {
			if code := r.call(http.MethodPost, testSecret, body); code != http.StatusServiceUnavailable {
				r.t.Errorf("status %d", code)
			}
			waitFor(r.t, 10*time.Second)
		}
		if p := r.s.PressOf(query); p.Answered != 0 {
			r.t.Error("answered before it was taken in")
		}
		fails = false
		for range 3 {
			if code := r.call(http.MethodPost, testSecret, body); code != http.StatusOK {
				r.t.Errorf("status %d", code)
			}
			waitFor(r.t, 10*time.Second)
		}
		if p := r.s.PressOf(query); p.Answered != 1 {
			r.t.Errorf("%+v", p)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAnOldPressGetsAShortReply(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{Old: true}, nil, func(r *rig) {
		r.s.Say(group, aning, "/me")
		k := newSink()
		stop := r.start(k.deliver)
		k.wait(r.t, 1)
		_, token := r.press(k)
		r.s.Fail(tgtest.Fault{Method: "answerCallbackQuery", Status: 400, Description: "Bad Request: query is too old and response timeout expired or query ID is invalid"})
		if sent, err := r.Send(r.t.Context(), private("short", token)); err != nil || !sent.Shown {
			r.t.Errorf("%+v %v", sent, err)
		}
		// From before a restart: nobody knows whether it was answered.
		restarted := connect(r.t, r.s, func(o *Options) { o.Transport = r.s.Transport() })
		if sent, err := restarted.Send(r.t.Context(), private("short", token)); err != nil || !sent.Shown {
			r.t.Errorf("%+v %v", sent, err)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
