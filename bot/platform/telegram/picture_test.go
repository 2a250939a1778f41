package telegram

import (
	"context"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/telegram/tgtest"
)

// A photo that somebody sent can be sent on: its handle comes with the event,
// in the largest size, from the message itself or from the one it replies to.
func TestAPictureCanBeSentOn(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		k := newSink()
		r.start(k.deliver)
		r.s.Say(group, aning, "/announce here look", r.s.Photo("pic-1"))
		r.s.Say(group, aning, "/announce here look again", func(m map[string]any) {
			quoted := map[string]any{"message_id": 1, "date": 1, "chat": m["chat"], "from": m["from"]}
			r.s.PhotoOf(quoted, "pic-2")
			m["reply_to_message"] = quoted
		})
		r.s.Say(group, aning, "/announce here nothing to see")
		evs := k.wait(r.t, 3)
		if p := evs[0].Picture; p == nil || p.Ref.ID != "pic-1" || evs[0].Text != "/announce here look" {
			r.t.Fatalf("%+v of %+v", p, evs[0])
		}
		if p := evs[1].Picture; p == nil || p.Ref.ID != "pic-2" {
			r.t.Errorf("of the message that was replied to: %+v", p)
		}
		if evs[2].Picture != nil {
			r.t.Errorf("out of nothing: %+v", evs[2].Picture)
		}
		l := letter("<b>look</b>")
		l.Content.Picture = evs[0].Picture
		l.Content.Choices = []chat.Choice{{Label: "Site", URL: "https://example.org/"}}
		sent, err := r.Send(r.t.Context(), l)
		if err != nil {
			r.t.Fatal(err)
		}
		m := r.s.Sent()[0]
		if m.Photo != "pic-1" || m.Text != "look" || len(m.Buttons) != 1 {
			r.t.Errorf("%+v", m)
		}
		l.Content.Text = strings.Repeat("word ", 300) // too long for a caption
		if _, err := r.Send(r.t.Context(), l); err != nil {
			r.t.Fatal(err)
		}
		if all := r.s.Sent(); len(all) != 3 || all[1].Photo != "" || all[2].Photo != "pic-1" || all[2].Text != "" {
			r.t.Errorf("%+v", all[1:])
		}
		l.Content.Picture = &chat.Picture{Data: []byte("png")}
		if _, err := r.Send(r.t.Context(), l); err != nil {
			r.t.Errorf("new bytes: %v", err)
		}
		l.Content.Picture = &chat.Picture{Ref: chat.Ref{Domain: "wecom", ID: "media"}}
		if _, err := r.Send(r.t.Context(), l); err != nil {
			r.t.Errorf("another platform's handle is left out: %v", err)
		}
		time.Sleep(48 * time.Hour)
		err = r.Delete(context.Background(), l.Chat, sent.ID)
		if err == nil || fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("taking back after two days: %v", err)
		}
	})
}
