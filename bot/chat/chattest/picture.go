package chattest

import (
	"bytes"
	"fmt"

	"qunmate/bot/chat"
)

// pictures counts how many of these bytes a person sees.
func (b *bench) pictures(c chat.Chat, who chat.User, data []byte) int {
	n := 0
	for _, s := range b.Seen(c, who) {
		if bytes.Equal(s.Picture, data) {
			n++
		}
	}
	return n
}

// picture: what Caps promise arrives, byte for byte, again and again, and with
// a text too long for a caption.
func (b *bench) picture() {
	b.t.Helper()
	did := false
	for _, c := range b.somewhere() {
		if !b.Platform.Caps(c).Pictures {
			continue
		}
		did = true
		long := "a long text "
		for len(long) < 1500 {
			long += "and so on "
		}
		for i, text := range []string{"look", "look again", long + "end"} {
			data := Photo(fmt.Sprintf("%s %d", c.Type, i/2)) // the second one is the first once more
			content := chat.Content{Text: text, Picture: &chat.Picture{MIME: "image/png", Data: data}}
			if sent := b.send(c, b.Ann, content); sent.Lost != "" {
				b.t.Errorf("in a %s chat the picture is lost: %s", c.Type, sent.Lost)
			}
			want := 1 + i%2
			if n := b.pictures(c, b.Ann, data); n != want || !b.has(c, b.Ann, text) {
				b.t.Errorf("in a %s chat the picture is seen %d times, want %d; its text is there: %v", c.Type, n, want, b.has(c, b.Ann, text))
			}
		}
	}
	b.skipUnless(did, "no pictures can be shown")
}

func (b *bench) refusedPicture() {
	b.t.Helper()
	b.skipUnless(b.RefusePicture != nil, "no picture is refused")
	did := false
	for _, c := range b.somewhere() {
		if !b.Platform.Caps(c).Pictures {
			continue
		}
		data := Photo("refused in " + string(c.Type))
		l := b.letter(c, b.Ann, chat.Content{Text: "the text stays", Picture: &chat.Picture{MIME: "image/png", Data: data}})
		if !b.RefusePicture() {
			continue
		}
		did = true
		sent, err := b.try(b.t.Context(), l)
		if err != nil || sent.Lost == "" {
			b.t.Errorf("in a %s chat: %+v, %v", c.Type, sent, err)
		}
		if !b.has(c, b.Ann, "the text stays") || b.pictures(c, b.Ann, data) != 0 {
			b.t.Errorf("in a %s chat one reads %q and sees %d pictures", c.Type, b.texts(c, b.Ann), b.pictures(c, b.Ann, data))
		}
	}
	b.skipUnless(did, "the network refuses none")
}
