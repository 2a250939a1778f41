package wechatmp

import (
	"bytes"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wechatmp/wechattest"
)

// What a person sends is read by its media_id for three days, however large it
// is; and what was handed over once is sent by its media_id, until the platform
// forgets it.
func TestPicturesComeAndGo(t *testing.T) {
	t.Parallel()
	bubble(t, wechattest.Options{}, nil, func(r *rig) {
		stop := r.start()
		data := append(chattest.Photo("large"), bytes.Repeat([]byte("x"), 6<<20)...)
		r.s.Follow(r.t.Context(), aning, "")
		r.s.Post(r.t.Context(), aning, r.s.Frame(aning, "image", r.s.Picture(data)))
		evs := r.all()
		ev := evs[len(evs)-1]
		if ev.Text != "" || ev.Picture == nil || !ev.Picture.Fleeting {
			r.t.Fatalf("%+v", ev)
		}
		got, err := r.Fetch(r.t.Context(), ev.Picture.Ref, len(data))
		if err != nil || !bytes.Equal(got, data) {
			r.t.Fatalf("%d bytes: %v", len(got), err)
		}
		domain := ev.Picture.Ref.Domain
		for what, ref := range map[string]chat.Ref{
			"nothing": {Domain: domain, ID: mediaMark + "none"}, "no mark": {Domain: domain, ID: "sent1"}, "elsewhere": {Domain: "telegram", ID: ev.Picture.Ref.ID},
			"an address": {Domain: domain, ID: mediaMark + "x&access_token=1"},
		} {
			if _, err := r.Fetch(r.t.Context(), ref, 1000); err == nil || chat.AsSendError(err).Fault != chat.Rejected {
				r.t.Errorf("%s: %v", what, err)
			}
		}
		r.s.Say(r.t.Context(), aning, "hello") // which lets him be written to
		l := chat.Letter{Chat: ev.Chat, Content: chat.Content{Text: "look", Picture: &chat.Picture{MIME: "image/png", Data: chattest.Photo("a")}}}
		send := func() {
			r.t.Helper()
			time.Sleep(time.Minute)
			r.s.Say(r.t.Context(), aning, "hello") // which lets him be written to
			if sent, err := r.Send(r.t.Context(), l); err != nil || sent.Lost != "" {
				r.t.Fatal(sent, err)
			}
		}
		send()
		send()
		if n := r.s.Calls(wechattest.PathUpload); n != 1 {
			r.t.Errorf("uploaded %d times", n)
		}
		r.s.ForgetMedia()
		send()
		if n := r.s.Calls(wechattest.PathUpload); n != 2 {
			r.t.Errorf("uploaded %d times", n)
		}
		pictures := 0
		for _, m := range r.s.Shown(aning) {
			if bytes.Equal(m.Picture, chattest.Photo("a")) {
				pictures++
			}
		}
		if pictures != 3 {
			r.t.Errorf("%d pictures are seen", pictures)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
