package telegram

import (
	"context"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
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
		l.Content.Picture = &chat.Picture{Data: chattest.Photo("new")}
		if _, err := r.Send(r.t.Context(), l); err != nil {
			r.t.Errorf("new bytes: %v", err)
		}
		if all := r.s.Sent(); !all[4].Uploaded || string(all[4].Picture) != string(chattest.Photo("new")) || len(all[3].Buttons) != 1 || all[4].Buttons != nil {
			r.t.Errorf("%+v", all[3:])
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

// What Telegram was handed once has a file_id: the next chat gets that. When
// the server does not know it any more the bytes go again.
func TestAPictureIsUploadedOnce(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		k := newSink()
		r.start(k.deliver)
		r.s.Say(group, aning, "hello")
		k.wait(r.t, 1)
		l := letter("look")
		l.Content.Picture = &chat.Picture{MIME: "image/png", Data: chattest.Photo("new")}
		for range 3 {
			if sent, err := r.Send(r.t.Context(), l); err != nil || sent.Lost != "" {
				r.t.Fatal(sent, err)
			}
		}
		all := r.s.Sent()
		if !all[0].Uploaded || all[1].Uploaded || all[1].Photo != all[0].Photo || string(all[2].Picture) != string(l.Content.Picture.Data) {
			r.t.Errorf("%+v", all)
		}
		r.s.SetPhoto(all[0].Photo, nil)
		if sent, err := r.Send(r.t.Context(), l); err != nil || sent.Lost != "" || !r.s.Sent()[3].Uploaded {
			r.t.Error(sent, err)
		}
	})
}

// The text is never lost with the picture: where the server does not take one
// the text goes alone, with its buttons, and it is told.
func TestATextGoesWithoutAPictureThatIsRefused(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		k := newSink()
		r.start(k.deliver)
		r.s.Say(group, aning, "hello")
		k.wait(r.t, 1)
		r.s.ForbidPhotos(group)
		for _, text := range []string{"look", strings.Repeat("word ", 300)} {
			for name, p := range map[string]*chat.Picture{
				"bytes": {Data: chattest.Photo("new")}, "handle": {Ref: chat.Ref{Domain: Domain, ID: "never heard of"}}, "no picture": {Data: []byte("text")},
			} {
				before := len(r.s.Sent())
				l := letter(text)
				l.Content.Picture = p
				l.Content.Choices = []chat.Choice{{Label: "Site", URL: "https://example.org/"}}
				sent, err := r.Send(r.t.Context(), l)
				if err != nil || sent.Lost == "" || sent.ID == "" {
					r.t.Fatalf("%s: %+v %v", name, sent, err)
				}
				if all := r.s.Sent()[before:]; len(all) != 1 || all[0].Photo != "" || len(all[0].Buttons) != 1 || all[0].Text != strings.TrimSpace(text) {
					r.t.Errorf("%s: %+v", name, all)
				}
			}
		}
		// Trouble of the whole chat is told for what it is, and nothing is lost by it.
		r.s.Fail(tgtest.Fault{Method: "sendPhoto", Status: 429, RetryAfter: 3})
		l := letter("look")
		l.Content.Picture = &chat.Picture{Data: chattest.Photo("new")}
		if _, err := r.Send(r.t.Context(), l); err == nil || fault(r.t, err).Fault != chat.Throttled {
			r.t.Error(err)
		}
	})
}

func TestAPhotoIsFetched(t *testing.T) {
	t.Parallel()
	bubble(t, tgtest.Options{}, nil, func(r *rig) {
		r.start(newSink().deliver)
		r.s.SetPhoto("pic", []byte("\xff\xd8\xff-bytes"))
		ref := chat.Ref{Domain: Domain, ID: "pic"}
		if data, err := r.Fetch(r.t.Context(), ref, 1000); err != nil || string(data) != "\xff\xd8\xff-bytes" {
			r.t.Fatalf("%q %v", data, err)
		}
		if _, err := r.Fetch(r.t.Context(), ref, 5); err == nil || fault(r.t, err).Fault != chat.Rejected {
			r.t.Errorf("too large: %v", err)
		}
		for _, none := range []chat.Ref{{Domain: Domain, ID: "none"}, {Domain: "wecom", ID: "pic"}, {}} {
			if _, err := r.Fetch(r.t.Context(), none, 1000); err == nil || fault(r.t, err).Fault != chat.Rejected {
				r.t.Errorf("%s: %v", none, err)
			}
		}
		for _, f := range []tgtest.Fault{{Method: "file", Status: 502, Proxy: true}, {Method: "file", Drop: tgtest.BeforeEffect}, {Method: "getFile", Drop: tgtest.BeforeEffect}} {
			r.s.Fail(f)
			_, err := r.Fetch(r.t.Context(), ref, 1000)
			if err == nil || fault(r.t, err).Fault == chat.Rejected || strings.Contains(err.Error(), r.s.Token()) {
				r.t.Errorf("%+v: %v", f, err)
			}
		}
	})
}
