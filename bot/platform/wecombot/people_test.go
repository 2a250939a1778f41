package wecombot

import (
	"context"
	"errors"
	"sync"
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// directory knows members: names by plain id, plain ids by encrypted ones.
type directory struct {
	mu    sync.Mutex
	names map[string]string
	plain map[string]string
	down  int // how many questions are not answered
	asked int
}

func (d *directory) NameOf(_ context.Context, user string) (string, error) {
	if name, ok := d.names[user]; ok {
		return name, nil
	}
	return "", errors.New("nobody answers")
}

func (d *directory) UserIDs(_ context.Context, open ...string) (map[string]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.down > 0 {
		d.down--
		return nil, errors.New("nobody answers")
	}
	out := map[string]string{}
	for _, id := range open {
		if plain := d.plain[id]; plain != "" {
			out[id] = plain
		}
	}
	return out, nil
}

func TestPeopleAreWhoTheCorporationSaysTheyAre(t *testing.T) {
	t.Parallel()
	const open = "woAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for name, mode := range map[string]func(*Options){"long connection": nil, "callback": callbackMode} {
		people := &directory{names: map[string]string{"lilei": "李雷", "hanmm": "韩梅梅"}, plain: map[string]string{open: "lilei"}}
		change := func(o *Options) {
			if mode != nil {
				mode(o)
			}
			o.People = people
		}
		bubble(t, wecomtest.Options{}, change, func(r *rig) {
			k := newSink()
			stop := r.up
			if mode != nil {
				stop = r.start
			}
			end := stop(k.deliver)
			ev := r.heard(k, group, open, "/me")
			if ev.Sender.Ref.String() != "wecom:lilei" || ev.Sender.Name != "李雷" || ev.Chat.Ref.ID != group.ID {
				r.t.Errorf("%s: %+v", name, ev)
			}
			if ev := r.heard(k, group, "hanmm", "/me"); ev.Sender.Ref.String() != "wecom:hanmm" || ev.Sender.Name != "韩梅梅" {
				r.t.Errorf("%s: %+v", name, ev)
			}
			if ev := r.heard(k, group, "stranger", "/me"); ev.Sender.Ref.String() != "wecom:stranger" || ev.Sender.Name != "" {
				r.t.Errorf("%s: %+v", name, ev)
			}
			// Until it is known who he is, nothing is taken in: he would be two people.
			people.mu.Lock()
			people.down = 2
			people.mu.Unlock()
			if ev := r.heard(k, group, open, "/checkin"); ev.Sender.Ref.ID != "lilei" || people.asked < 6 {
				r.t.Errorf("%s: %+v after %d questions", name, ev, people.asked)
			}
			if err := end(); err != nil {
				r.t.Error(err)
			}
		})
	}
}

func TestThePrivateChatOfAnEncryptedIDIsAnsweredUnderIt(t *testing.T) {
	t.Parallel()
	const open = "woAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	people := &directory{names: map[string]string{"lilei": "李雷"}, plain: map[string]string{open: "lilei"}}
	bubble(t, wecomtest.Options{}, func(o *Options) { o.People = people }, func(r *rig) {
		k := newSink()
		end := r.up(k.deliver)
		ev := r.heard(k, wecomtest.Private(open), open, "/me")
		if ev.Chat.Ref.String() != "wecom:lilei" || ev.Chat.Type != chat.Private {
			r.t.Errorf("%+v", ev)
		}
		r.mustSend(letter(ev, "hello"))
		// A push names the chat as the server does.
		r.mustSend(chat.Letter{Chat: ev.Chat, Content: chat.Content{Text: "later"}})
		if n := len(r.s.SentTo(open)); n != 2 || !r.Caps(ev.Chat).Push {
			r.t.Errorf("%d messages", n)
		}
		if err := end(); err != nil {
			r.t.Error(err)
		}
	})
}
