package wxfake

import (
	"bytes"
	"context"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
)

// Pictures is a platform whose pictures are media, with one person who writes to
// it. The test of it runs in a bubble.
type Pictures struct {
	Platform interface {
		chat.Fetcher
		Send(context.Context, chat.Letter) (chat.Sent, error)
	}
	Post func(data []byte) chat.Event // the person sends a picture
	// Greet lets the person be written to, where that ends after a while.
	Greet   func()
	Uploads func() int      // calls so far
	Forget  func()          // the platform knows none of its media any more
	Seen    func() [][]byte // by the person
	Mark    string          // how the handle of a picture begins
}

// ComeAndGo checks that what a person sends is read by its media_id for three
// days, however large it is; and that what was handed over once is sent by its
// media_id, until the platform forgets it.
func (p Pictures) ComeAndGo(t *testing.T) {
	t.Helper()
	data := append(chattest.Photo("large"), bytes.Repeat([]byte("x"), 6<<20)...)
	ev := p.Post(data)
	if ev.Text != "" || ev.Picture == nil || !ev.Picture.Fleeting {
		t.Fatalf("%+v", ev)
	}
	ref := ev.Picture.Ref
	if got, err := p.Platform.Fetch(t.Context(), ref, len(data)); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes: %v", len(got), err)
	}
	for what, wrong := range map[string]chat.Ref{
		"nothing": {Domain: ref.Domain, ID: p.Mark + "none"}, "no mark": {Domain: ref.Domain, ID: "sent1"}, "elsewhere": {Domain: "telegram", ID: ref.ID},
		"an address": {Domain: ref.Domain, ID: p.Mark + "x&access_token=1"},
	} {
		if _, err := p.Platform.Fetch(t.Context(), wrong, 1000); err == nil || chat.AsSendError(err).Fault != chat.Rejected {
			t.Errorf("%s: %v", what, err)
		}
	}
	l := chat.Letter{Chat: ev.Chat, Content: chat.Content{Text: "look", Picture: &chat.Picture{MIME: "image/png", Data: chattest.Photo("a")}}}
	for i, uploads := range []int{1, 1, 2} {
		if i == 2 {
			p.Forget()
		}
		pass(t, time.Minute)
		p.Greet()
		if sent, err := p.Platform.Send(t.Context(), l); err != nil || sent.Lost != "" {
			t.Fatal(sent, err)
		}
		if n := p.Uploads(); n != uploads {
			t.Errorf("uploaded %d times, want %d", n, uploads)
		}
	}
	seen := 0
	for _, picture := range p.Seen() {
		if bytes.Equal(picture, chattest.Photo("a")) {
			seen++
		}
	}
	if seen != 3 {
		t.Errorf("%d pictures are seen", seen)
	}
	// Three days after it came it cannot be had any more.
	pass(t, MediaFor)
	if _, err := p.Platform.Fetch(t.Context(), ref, len(data)); err == nil || chat.AsSendError(err).Fault != chat.Rejected {
		t.Errorf("after three days: %v", err)
	}
}

// pass lets the bubble's clock run.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
}
