package telegram

import (
	"testing"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

func TestAMessageGoesToTheTopAndAwayFromThere(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.AddChat(group)
		r.s.MakeAdmin(group)
		k := newSink()
		stop := r.start(k.deliver)
		l := letter("❓#45")
		l.To, l.Content.Pin = chat.User{}, chat.Pin
		sent, err := r.Send(r.t.Context(), l)
		if err != nil || len(r.s.Pinned(group.ID)) != 1 {
			r.t.Fatalf("%v %v", err, r.s.Pinned(group.ID))
		}
		// An edit that says nothing leaves it there; one that says so takes it away.
		for i, pin := range []chat.Pinning{"", chat.Pin, chat.Unpin, chat.Unpin} {
			l.Edit, l.Content.Pin, l.Content.Text = sent.ID, pin, l.Content.Text+"."
			if _, err := r.Send(r.t.Context(), l); err != nil {
				r.t.Fatal(err)
			}
			if n, want := len(r.s.Pinned(group.ID)), 1-i/2; n != want {
				r.t.Errorf("%d: %d pinned, want %d", i, n, want)
			}
		}
		// Telegram tells of it with a message of the chat, which nobody said.
		r.s.Say(group, aning, "hello")
		if events := k.wait(r.t, 1); events[0].Text != "hello" {
			r.t.Errorf("%+v", events)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

// The message is what counts: without the right it is sent all the same, once.
func TestAMessageIsSentWhereItCannotBePinned(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.s.AddChat(group)
		l := letter("❓#45")
		l.To, l.Content.Pin = chat.User{}, chat.Pin
		if _, err := r.Send(r.t.Context(), l); err != nil || len(r.s.Sent()) != 1 || len(r.s.Pinned(group.ID)) != 0 {
			r.t.Errorf("%v %v", err, r.s.Sent())
		}
	})
}
