package wecombot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// answering is an engine that answers each event with a letter, after a pause.
func (r *rig) answering(k *sink, pause time.Duration, content chat.Content, errs chan<- error) chat.Deliver {
	return func(ctx context.Context, events []chat.Event) error {
		if err := k.deliver(ctx, events); err != nil {
			return err
		}
		for _, ev := range events {
			go func() {
				if pause > 0 {
					<-time.After(pause)
				}
				l := letter(ev, "")
				l.Content = content
				_, err := r.Send(context.WithoutCancel(ctx), l)
				errs <- err
			}()
		}
		return nil
	}
}

func TestTheAnswerIsInTheResponse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(strings.Repeat("\u7b7e", 33)+"<br>", 300)
	for name, c := range map[string]struct {
		content chat.Content
		want    []string // "command msgtype"
	}{
		"text":           {chat.Content{Text: "done", Private: true}, []string{"passive stream"}},
		"a card":         {chat.Content{Text: "Party?", Choices: votes(2)}, []string{"passive template_card"}},
		"text and card":  {chat.Content{Text: "Party?", Choices: votes(9)}, []string{"passive stream_with_template_card"}},
		"a long text":    {chat.Content{Text: long}, []string{"passive stream", "response_url markdown"}},
		"a longer text":  {chat.Content{Text: long + long}, []string{"passive stream", "response_url markdown"}},
		"a picture":      {chat.Content{Text: "look", File: &chat.File{Name: "a.png", MIME: "image/png", Data: []byte("png")}}, []string{"passive stream"}},
		"only a picture": {chat.Content{File: &chat.File{Name: "a.png", MIME: "image/png", Data: []byte("png")}}, []string{"passive stream"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
				k, errs := newSink(), make(chan error, 10)
				stop := r.start(r.answering(k, 0, c.content, errs))
				r.s.Tell(group, "lilei", "/x")
				if err := <-errs; err != nil {
					r.t.Fatal(err)
				}
				synctest.Wait()
				var got []string
				for _, m := range r.s.Sent() {
					got = append(got, m.Cmd+" "+m.MsgType)
				}
				if !slices.Equal(got, c.want) {
					r.t.Errorf("%v", got)
				}
				// What has no room is not lost without a sign of it.
				if cut := strings.HasSuffix(r.last().Text, thinking); cut != (name == "a longer text") || cut != (r.logs.Count("was cut") == 1) {
					r.t.Errorf("ends with %q", r.last().Text[len(r.last().Text)-9:])
				}
				if m := r.s.Sent()[0]; c.content.Private && m.Text != "@lilei done" {
					r.t.Errorf("%q", m.Text)
				}
				if m := r.s.Sent()[0]; c.content.File != nil && (len(m.Stream.Items) != 1 || string(m.Stream.Items[0].Image.Base64) != "png") {
					r.t.Errorf("%+v", m.Stream)
				}
				if err := stop(); err != nil {
					r.t.Error(err)
				}
			})
		})
	}
}

func TestAnEntryAndAClickAreAnsweredInTheirOwnWays(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k, errs := newSink(), make(chan error, 10)
		content := chat.Content{Text: "<b>Hello</b>", Choices: votes(2)}
		stop := r.start(func(ctx context.Context, events []chat.Event) error {
			return r.answering(k, 0, content, errs)(ctx, events)
		})
		r.s.Enter("lilei")
		if err := <-errs; err != nil {
			r.t.Fatal(err)
		}
		synctest.Wait()
		if m := r.last(); m.MsgType != "template_card" || m.Chat != "lilei" {
			r.t.Errorf("%+v", m)
		}
		// A click in a private chat, a click in a group for the clicker alone.
		content = chat.Content{Text: "voted", Private: true}
		for _, place := range []wecomtest.Chat{lilei, group} {
			if place.Group {
				content = chat.Content{Text: "Party?", Choices: votes(2)}
				r.s.Tell(group, "lilei", "/poll")
				if err := <-errs; err != nil {
					r.t.Fatal(err)
				}
				synctest.Wait()
				content = chat.Content{Text: "voted", Private: true}
			}
			if _, ok := r.s.Press(place, "lilei", "Option 2"); !ok {
				r.t.Fatal("no such button")
			}
			if err := <-errs; err != nil {
				r.t.Fatal(err)
			}
			synctest.Wait()
			if m := r.last(); m.MsgType != "update_template_card" || m.Card.SubTitleText != "voted" || !slices.Equal(m.UserIDs, []string{"lilei"}) {
				r.t.Errorf("%+v", m)
			}
		}
		// What is for everybody, and what no card holds, goes to response_url.
		for _, c := range []chat.Content{{Text: "closed"}, {Text: strings.Repeat("x", 300), Private: true}} {
			content = c
			r.s.Press(group, "hanmei", "Option 2")
			if err := <-errs; err != nil {
				r.t.Fatal(err)
			}
			synctest.Wait()
			if m := r.last(); m.Cmd != "response_url" || m.MsgType != "markdown" || m.Chat != group.ID {
				r.t.Errorf("%+v", m)
			}
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestNothingToSayIsAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
		k := newSink()
		stop := r.start(k.deliver)
		for _, send := range []func() string{
			func() string { return r.s.Tell(group, "lilei", "/x") },
			func() string { return r.s.Enter("lilei") },
			func() string { return r.s.Click(group, "lilei", "foreign", "/x") },
			func() string { return r.s.Feedback(group, "lilei") },
			func() string { return r.s.Event(group, "lilei", map[string]any{"eventtype": "from_the_future"}) },
			func() string { return r.s.Say(group, "sys", "hello") },
		} {
			send()
			waitFor(r.t, 10*time.Second)
		}
		if n := r.s.Calls("callback"); n != 6 || len(r.s.Sent()) != 0 || len(k.all()) != 3 {
			r.t.Errorf("%d callbacks, %d messages, %d events", n, len(r.s.Sent()), len(k.all()))
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestACallbackEndsWithRun(t *testing.T) {
	t.Parallel()
	for name, deliver := range map[string]chat.Deliver{
		"waiting for the answer": newSink().deliver,
		"a commit that fails":    func(context.Context, []chat.Event) error { return errNotNow },
		"a commit that hangs":    func(ctx context.Context, _ []chat.Event) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, callbackMode, func(r *rig) {
				stop := r.start(deliver)
				r.s.Tell(group, "lilei", "/x")
				synctest.Wait()
				begin := time.Now()
				if err := stop(); err != nil {
					r.t.Error(err)
				}
				if d := time.Since(begin); d > time.Second {
					r.t.Errorf("Run ended after %s", d)
				}
			})
		})
	}
}
