package wecombot

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// pictures are of every length of padding, and one that needs several chunks.
func pictures() [][]byte {
	out := [][]byte{bytes.Repeat(chattest.Photo("large"), 90_000)}
	for n := range 33 {
		out = append(out, chattest.Photo(strings.Repeat("x", n)))
	}
	return out
}

// A picture that somebody sends, or answers to, can be read with the key that
// came with it, or in callback mode with the bot's own, for five minutes.
func TestAPictureIsFetchedAndDecrypted(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){"long connection": nil, "callbacks": callbackMode} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, wecomtest.Options{}, change, func(r *rig) {
				k := newSink()
				var stop func() error
				if change == nil {
					stop = r.up(k.deliver)
				} else {
					stop = r.start(k.deliver)
					r.s.CallBack(r)
				}
				lilei := wecomtest.Private("lilei")
				var ev chat.Event
				for i, data := range pictures() {
					r.s.Picture(group, "lilei", "/announce here look", data)
					ev = k.wait(r.t, i+1)[i]
					if ev.Text != "/announce here look" || ev.Picture == nil || !ev.Picture.Fleeting || !ev.ToBot {
						r.t.Fatalf("%+v", ev)
					}
					got, err := r.Fetch(r.t.Context(), ev.Picture.Ref, len(data))
					if err != nil || !bytes.Equal(got, data) {
						r.t.Fatalf("%d bytes instead of %d: %v", len(got), len(data), err)
					}
				}
				n := len(pictures())
				r.s.Picture(lilei, "lilei", "", chattest.Photo("alone"))
				k.wait(r.t, n+1)
				r.s.Quote(group, "lilei", "/announce here that", chattest.Photo("quoted"))
				k.wait(r.t, n+2)
				r.s.Tell(group, "lilei", "no picture")
				evs := k.wait(r.t, n+3)[n:]
				for i, want := range []string{"alone", "quoted"} {
					got, err := r.Fetch(r.t.Context(), evs[i].Picture.Ref, 1000)
					if err != nil || !bytes.Equal(got, chattest.Photo(want)) {
						r.t.Errorf("%s: %q %v", want, got, err)
					}
				}
				if evs[0].Text != "" || evs[2].Picture != nil {
					r.t.Errorf("%+v", evs)
				}
				ref := evs[0].Picture.Ref
				key, address, _ := strings.Cut(ref.ID, keyMark)
				for what, id := range map[string]string{
					"another key": strings.Repeat("A", 43) + keyMark + address, "no address": key + keyMark, "another host": key + keyMark + "http://elsewhere.test/x",
					"a file": key + keyMark + "file:///etc/passwd", "no mark": address, "a number": key + keyMark + "https://127.0.0.1/x", "nothing there": ref.ID + "0",
				} {
					if _, err := r.Fetch(r.t.Context(), chat.Ref{Domain: Domain, ID: id}, 1000); err == nil || fault(r.t, err).Fault != chat.Rejected {
						r.t.Errorf("%s: %v", what, err)
					}
				}
				if _, err := r.Fetch(r.t.Context(), ref, 5); err == nil {
					r.t.Error("it is larger than wanted")
				}
				waitFor(r.t, 6*time.Minute)
				_, err := r.Fetch(r.t.Context(), ref, 1000)
				wantFault(r.t, err, chat.Rejected)
				if err := stop(); err != nil && !errors.Is(err, errStopping) {
					r.t.Error(err)
				}
			})
		})
	}
}

// A file is sent in private, where it is said nothing of: it is read like a
// picture.
func TestAFileIsFetchedAndDecrypted(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		data := []byte("code\nAAA\nBBB\n")
		r.s.Upload("lilei", data)
		ev := k.wait(r.t, 1)[0]
		if ev.Text != "" || ev.Picture != nil || ev.File == nil || ev.Chat.Type != chat.Private || !r.Caps(ev.Chat).Uploads || r.Caps(chatOfTest(group)).Uploads {
			r.t.Fatalf("%+v", ev)
		}
		got, err := r.Fetch(r.t.Context(), ev.File.Ref, 1000)
		if err != nil || !bytes.Equal(got, data) {
			r.t.Errorf("%q %v", got, err)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}

// What WeCom was handed once is sent by its media_id, for nearly three days; the
// text goes first.
func TestAPictureIsUploadedOnceInThreeDays(t *testing.T) {
	t.Parallel()
	bubble(t, wecomtest.Options{}, nil, func(r *rig) {
		k := newSink()
		stop := r.up(k.deliver)
		r.heard(k, group, "lilei", "hello")
		l := post(group, "look")
		l.Content.Picture = &chat.Picture{MIME: "image/jpeg", Data: chattest.Photo("a")}
		for range 3 {
			if sent := r.mustSend(l); sent.Lost != "" {
				r.t.Error(sent.Lost)
			}
		}
		all := r.s.SentTo(group.ID)
		if len(all) != 6 || all[0].Text != "look" || all[1].File == nil || all[1].File.Name != "picture.jpg" || all[1].ReqID == all[0].ReqID {
			r.t.Errorf("%+v", all)
		}
		if n := r.s.Calls(wecomtest.CmdInit); n != 1 {
			r.t.Errorf("uploaded %d times", n)
		}
		waitFor(r.t, mediaFor)
		r.heard(k, group, "lilei", "hello again")
		r.mustSend(l)
		if n := r.s.Calls(wecomtest.CmdInit); n != 2 {
			r.t.Errorf("uploaded %d times after three days", n)
		}
		if err := stop(); err != nil {
			r.t.Error(err)
		}
	})
}
