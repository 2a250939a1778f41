package bot

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

// showing is a command that keeps the picture that came with it and shows it in
// its own chat and in every other one.
func showing() Command {
	return Command{Name: "echo", Place: Anywhere, Run: func(ctx context.Context, req *Request) (Reply, error) {
		p, err := req.KeepPicture(ctx, req.Event.Picture)
		if err != nil {
			return Reply{}, err
		}
		chats, err := req.Tx.Chats(ctx, "")
		if err != nil {
			return Reply{}, err
		}
		for _, c := range chats {
			if err := req.Post(ctx, c, Reply{Template: "common.test_echo", Data: "look", Picture: p, Once: true}); err != nil {
				return Reply{}, err
			}
		}
		return Reply{}, nil
	}}
}

// abroad is a group of another network.
var abroad = chat.Chat{Ref: chat.Ref{Domain: "other", ID: "g:abroad"}, Type: chat.Group, Title: "abroad"}

// twoNetworks begins a world whose second connection has a chat of its own.
func twoNetworks(t *testing.T, settings ...setting) (*world, *line) {
	t.Helper()
	first, second := newLine("main"), newLine("second")
	second.Of("other")
	w := begin(t, append([]setting{with(first, second), commands(showing())}, settings...)...)
	w.say(club, "阿宁", "hello")
	ev := w.message(abroad, "阿宁", "hello")
	ev.ID.Domain, ev.Sender.Ref.Domain = "other", "other"
	if err := second.Deliver(context.Background(), ev); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return w, second
}

// show says the command with a picture.
func (w *world) show(id string) {
	w.t.Helper()
	ev := w.message(club, "阿宁", "/echo")
	ev.Picture = &chat.Picture{Ref: chat.Ref{Domain: chattest.Domain, ID: id}}
	w.deliver(ev)
}

// pictured counts what was shown with and without these bytes.
func pictured(l *line, data []byte) (with, without int) {
	for _, s := range l.All() {
		switch p := s.Content.Picture; {
		case p != nil && bytes.Equal(p.Data, data):
			with++
		case p == nil:
			without++
		}
	}
	return with, without
}

func TestAPictureCrossesNetworks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, second := twoNetworks(t)
		w.show("a")
		if with, without := pictured(second, chattest.Photo("a")); with != 1 || without != 0 {
			t.Errorf("%d with the picture, %d without", with, without)
		}
		own := w.net.All()
		if p := own[len(own)-1].Content.Picture; p == nil || p.Ref.ID != "a" || len(p.Data) > 0 {
			t.Errorf("its own network has it already: %+v", p)
		}
		for _, l := range w.letters() {
			if strings.Contains(l.Content, "\"data\"") || l.Error != "" {
				t.Errorf("the bytes are in the outbox, or something is wrong: %+v", l)
			}
		}
	})
}

// A picture that cannot be had does not cost the text, nor keep it for long; the
// letter says so.
func TestATextGoesWithoutAPictureThatCannotBeFetched(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		down time.Duration // how long the network of the picture is away
		most time.Duration // how long the text may wait
		lost bool
	}{
		"gone for ever":            {id: chattest.GonePhoto, most: time.Second, lost: true},
		"away for a moment":        {id: "a", down: 5 * time.Second, most: 10 * time.Second},
		"away for a long time":     {id: "a", down: time.Hour, most: pictureWait + time.Second, lost: true},
		"neither PNG nor anything": {id: "text", most: time.Second, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w, second := twoNetworks(t)
				if c.down > 0 {
					w.net.SetDown(true)
				}
				if c.id == "text" {
					w.net.fetched = []byte("just words")
				}
				w.show(c.id)
				if c.down > 0 {
					time.AfterFunc(c.down, func() { w.net.SetDown(false) })
				}
				time.Sleep(c.most)
				synctest.Wait()
				with, without := pictured(second, chattest.Photo(c.id))
				if with+without != 1 || (without == 1) != c.lost {
					t.Fatalf("%d with the picture, %d without", with, without)
				}
				var l storage.Letter
				for _, one := range w.letters() {
					if one.Connection == "second" {
						l = one
					}
				}
				if l.State != storage.LetterSent || strings.HasPrefix(l.Error, PictureLost) != c.lost {
					t.Errorf("%+v", l)
				}
			})
		})
	}
}

// What is wanted when the program stops is fetched when it runs again.
func TestAPictureIsFetchedAfterARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, _ := twoNetworks(t)
		w.net.SetDown(true)
		w.write(func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.WantPicture(ctx, "main", chattest.Domain, "a")
			return err
		})
		w.net.SetDown(false)
		w.restart()
		time.Sleep(10 * time.Second)
		w.view(func(ctx context.Context, r *storage.Reader) error {
			p, err := r.Picture(ctx, 1)
			if p.State != storage.PictureKept || p.SHA256 != storage.PictureSum(chattest.Photo("a")) {
				t.Errorf("%+v", p)
			}
			return err
		})
	})
}

var errPen = errors.New("the pen is broken")

// A poster that cannot be drawn costs only itself.
func TestThePosterNeverCostsTheLink(t *testing.T) {
	for name, draw := range map[string]func(chat.Poster) (chat.Picture, error){
		"nothing to draw with": nil,
		"a broken pen":         func(chat.Poster) (chat.Picture, error) { return chat.Picture{}, errPen },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := begin(t, commands(Command{Name: "echo", Place: Anywhere, Run: func(context.Context, *Request) (Reply, error) {
					return Reply{Template: "common.test_echo", Data: "look", Poster: &chat.Poster{Title: "a", Link: "b", How: "c"}}, nil
				}}), func(w *world) { w.options.DrawPoster = draw })
				w.say(club, "阿宁", "/echo")
				all := w.net.All()
				if len(all) != 1 || all[0].Content.Picture != nil {
					t.Fatalf("%+v", all)
				}
				if l := w.letters()[0]; l.State != storage.LetterSent || !strings.HasPrefix(l.Error, PictureLost) {
					t.Errorf("%+v", l)
				}
			})
		})
	}
}
