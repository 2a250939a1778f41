package telegram

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func pollLetter(r *rig) chat.Letter {
	l := letter("🗳 #9 Saturday?")
	l.To = chat.User{}
	l.Content.Choices = []chat.Choice{{Label: "yes", Command: "/vote 9 A"}, {Label: "no", Command: "/vote 9 B"}}
	l.Content.Poll = &chat.Poll{
		Question: "#9 Saturday?", Command: "/vote 9", Native: true, Ends: r.opts.Now().Add(time.Hour),
		Options: []chat.PollOption{{Key: "A", Text: "yes"}, {Key: "B", Text: "no"}},
	}
	return l
}

func TestAPollOfTelegramsOwnTellsItsVotes(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.AddChat(group)
		k := newSink()
		stop := r.start(k.deliver)
		l := pollLetter(r)
		sent, err := r.Send(r.t.Context(), l)
		if err != nil || sent.Poll == "" || sent.ID != "p:1" {
			r.t.Fatalf("%+v %v", sent, err)
		}
		p := r.s.Polls(group.ID)[0]
		if p.Question != "#9 Saturday?" || !p.Revote || !p.Protected || p.Multi || p.ID != sent.Poll || p.Closes.Sub(r.opts.Now()) != time.Hour {
			r.t.Errorf("%+v", p)
		}
		r.s.Vote(aning, p.ID, 1)
		r.s.Vote(aning, p.ID)
		events := k.wait(r.t, 4)
		told, _ := events[0].Detail.(chat.PollState)
		if events[0].Kind != chat.PollTold || told.Poll != p.ID || told.Question != "#9 Saturday?" {
			r.t.Errorf("%+v", events[0])
		}
		for i, want := range [][]int{{1}, nil} {
			ev := events[1+2*i]
			b, _ := ev.Detail.(chat.Ballot)
			if ev.Kind != chat.Vote || b.Poll != p.ID || !slices.Equal(b.Options, want) || ev.Sender.Ref.ID != "5123456789" || !ev.Chat.Ref.IsZero() {
				r.t.Errorf("%+v", ev)
			}
		}
		// It counts by itself: nothing is edited before its end.
		l.Edit = sent.ID
		if again, err := r.Send(r.t.Context(), l); err != nil || again.ID != sent.ID || r.s.Polls(group.ID)[0].Closed {
			r.t.Errorf("%+v %v", again, err)
		}
		l.Content.Poll = &chat.Poll{Closed: true}
		for range 2 { // twice is no error
			if _, err := r.Send(r.t.Context(), l); err != nil || !r.s.Polls(group.ID)[0].Closed {
				r.t.Errorf("not closed: %v", err)
			}
		}
		if r.s.Vote(bob, p.ID, 0) {
			r.t.Error("a closed poll takes votes")
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

func TestAPollThatTheServerWillNotHaveIsShownWithButtons(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.AddChat(group)
		for _, f := range []tgtest.Fault{{Method: "sendPoll", Status: 400}, {Method: "sendPoll", Status: 404}} {
			r.s.Fail(f)
			sent, err := r.Send(r.t.Context(), pollLetter(r))
			if err != nil || sent.Poll != "" {
				r.t.Fatalf("%+v %v", sent, err)
			}
		}
		for _, m := range r.s.Sent() {
			if m.Text != "🗳 #9 Saturday?" || len(m.Buttons) != 1 || m.Buttons[0][0].Data != "/vote 9 A" {
				r.t.Errorf("%+v", m)
			}
		}
		// What failed otherwise is not tried in another form: it may stand already.
		r.s.Fail(tgtest.Fault{Method: "sendPoll", Drop: tgtest.AfterEffect})
		if _, err := r.Send(r.t.Context(), pollLetter(r)); fault(r.t, err).Fault != chat.Unknown {
			r.t.Error(err)
		}
		r.s.Fail(tgtest.Fault{Method: "sendPoll", Status: 429, RetryAfter: 7})
		if _, err := r.Send(r.t.Context(), pollLetter(r)); fault(r.t, err).Fault != chat.Throttled {
			r.t.Error(err)
		}
		// What Telegram's own form has no room for.
		for _, change := range []func(*chat.Poll){
			func(p *chat.Poll) { p.Native = false },
			func(p *chat.Poll) { p.Question = string(make([]rune, 301)) },
			func(p *chat.Poll) { p.Options[0].Text = string(make([]rune, 101)) },
			func(p *chat.Poll) { p.Options = p.Options[:1] },
		} {
			l := pollLetter(r)
			change(l.Content.Poll)
			before := r.s.Calls("sendPoll")
			if _, err := r.Send(r.t.Context(), l); err != nil || r.s.Calls("sendPoll") != before {
				r.t.Error(err)
			}
		}
	})
}

func TestAQuizOfTelegramsOwnHasOneRightAnswerThatStays(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.AddChat(group)
		l := pollLetter(r)
		l.Content.Poll.Right, l.Content.Poll.Explain = 2, "no points"
		sent, err := r.Send(r.t.Context(), l)
		if err != nil || sent.Poll == "" {
			r.t.Fatalf("%+v %v", sent, err)
		}
		p := r.s.Polls(group.ID)[0]
		if !p.Quiz || p.Right != 1 || p.Explain != "no points" || p.Revote || p.Multi || !p.Protected {
			r.t.Errorf("%+v", p)
		}
		if !r.s.Vote(aning, p.ID, 0) || r.s.Vote(aning, p.ID, 1) || r.s.Vote(aning, p.ID) {
			r.t.Error("an answer in a quiz can be given once and stays")
		}
		// What Telegram would not take goes out with buttons, which do not tell.
		l.Content.Poll.Explain = strings.Repeat("x", 201)
		if sent, err = r.Send(r.t.Context(), l); err != nil || sent.Poll != "" {
			r.t.Errorf("%+v %v", sent, err)
		}
	})
}
