package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"qunmate/bot/chat"
)

// restart throws the process away, as kill -9 does, and starts another one
// on the same store.
func restart(t *testing.T, store Store) *rig {
	t.Helper()
	return newRig(t, func(o *Options) { o.Store = store })
}

func TestRestartShowsTheSameConversation(t *testing.T) {
	t.Parallel()
	store := newMemory()
	r := restart(t, store)
	r.speak(t, "ann", "product", "hello")
	asked := r.engine.last(t)
	l := whisper("product", "ann", "secret")
	l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}}
	l.Content.File = &chat.File{Name: "a.csv", MIME: "text/csv", Data: []byte("a,b")}
	l.Reply = asked.Reply
	r.send(t, l)
	digest := r.send(t, letter("product", "1 today"))
	l = letter("product", "2 today")
	l.Edit = digest.ID
	r.send(t, l)
	gone := r.send(t, letter("product", "gone"))
	if err := r.Delete(t.Context(), l.Chat, gone.ID); err != nil {
		t.Fatal(err)
	}
	r.post(t, "/api/member", changeRequest{ID: newID(), Chat: "books", As: "chen", Action: "join"}, 200)
	r.post(t, "/api/bot", changeRequest{ID: newID(), Chat: "zhou", As: "zhou", Action: "remove"}, 200)
	r.post(t, "/api/mute", changeRequest{ID: newID(), Chat: "books", As: "chen", Action: "mute"}, 200)
	before := r.state(t, "")

	// The first process is not stopped: nothing may depend on an orderly end.
	again := restart(t, store)
	after := again.state(t, "")
	before.Cursor, after.Cursor = "", ""
	if !reflect.DeepEqual(before, after) {
		t.Errorf("after the restart:\n%+v\nwant\n%+v", after, before)
	}
	if w := again.request("GET", after.Messages[1].File.URL, ""); w.Body.String() != "a,b" {
		t.Errorf("file: %d %s", w.Code, w.Body)
	}
	again.speak(t, "ann", "product", "back")
	if len(again.engine.events) != 1 {
		t.Errorf("introduced again: %+v", again.engine.events)
	}
	if n := again.engine.last(t).Reply; n == gone.ID || n == digest.ID {
		t.Error("a message id was used again:", n)
	}
	// A request repeated over the restart is still the same event, and the
	// same line.
	again.post(t, "/api/say", sayRequest{ID: asked.ID.ID, Chat: "product", As: "ann", Text: "hello"}, 200)
	if ev := again.engine.last(t); ev.ID != asked.ID || ev.Reply != asked.Reply || !ev.At.Equal(asked.At) {
		t.Errorf("repeated: %+v, want %+v", ev, asked)
	}
	again.post(t, "/api/say", sayRequest{ID: asked.ID.ID, Chat: "product", As: "ann", Text: "other"}, 409)
	if got := again.state(t, "").in("product"); !slices.Equal(got, []string{"hello", "secret", "2 today", "back"}) {
		t.Errorf("shown: %q", got)
	}
	// Nor is a number used again that was told after the restart and is gone.
	gone = again.send(t, letter("product", "gone, too"))
	if err := again.Delete(t.Context(), l.Chat, gone.ID); err != nil {
		t.Fatal(err)
	}
	third := restart(t, store)
	for range 3 {
		if n := third.send(t, letter("product", "new")).ID; n == gone.ID {
			t.Error("a message id was used again:", n)
		}
	}
}

func TestIntroduction(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.speak(t, "ann", "product", "hi") // waits until the engine is ready
	events := r.engine.events
	if events[0].Kind != chat.ChatChanged || events[0].ID != ref("start:product:added") || events[0].Chat.Ref != ref("product") {
		t.Errorf("first: %+v", events[0])
	}
	if c, ok := events[0].Detail.(chat.ChatChange); !ok || c.Standing != chat.Added {
		t.Errorf("detail: %+v", events[0].Detail)
	}
	var joins []string
	for _, ev := range events {
		if ev.Kind == chat.Join {
			joins = append(joins, ev.ID.ID)
		}
	}
	if len(joins) != 10 || joins[0] != "start:product:join:ann" || joins[9] != "start:books:join:admin" {
		t.Errorf("joins: %v", joins)
	}
}

func TestOnlyTheLastMessagesAreKept(t *testing.T) {
	t.Parallel()
	store := newMemory()
	r := restart(t, store)
	for i := range keepMessages + 25 {
		l := letter("product", fmt.Sprint("message ", i))
		if i == 0 {
			l.Content.File = &chat.File{Name: "x", Data: []byte("x")}
		}
		r.send(t, l)
	}
	if got := r.state(t, "").in("product"); len(got) != keepMessages || got[0] != "message 25" {
		t.Error("shown:", len(got), got[0])
	}
	kept := 0
	for key := range store.m {
		if strings.HasPrefix(key, keyLog) {
			kept++
		}
		if strings.HasPrefix(key, keyFile) {
			t.Error("the file of a forgotten message is kept")
		}
	}
	if kept != keepMessages {
		t.Error("kept:", kept)
	}
}

func TestBrokenStoreValuesAreSkipped(t *testing.T) {
	t.Parallel()
	store := newMemory()
	r := restart(t, store)
	r.send(t, letter("product", "good"))
	store.m["log/product/000000000099"] = []byte("{")
	store.m["log/nowhere/000000000098"] = []byte(`{"n":98,"chat":"nowhere"}`)
	store.m["log/product/000000000097"] = []byte(`{"n":96,"chat":"product"}`)
	store.m["file/000000000055"] = []byte("orphan")
	store.m[keyWorld] = []byte(`{"members":{"product":{"ann":false,"eve":true},"cinema":{"ann":true}}}`)
	store.m["other"] = []byte("not ours to judge")
	again := restart(t, store)
	v := again.state(t, "")
	if got := v.in("product"); !slices.Equal(got, []string{"good"}) {
		t.Errorf("shown: %q", got)
	}
	if got := v.Chats[0].Members; slices.Contains(got, "ann") || slices.Contains(got, "eve") || len(got) != 5 {
		t.Errorf("members: %q", got)
	}
	if _, ok := store.m["file/000000000055"]; ok {
		t.Error("an orphaned file stays")
	}
	store.m[keyNext] = bytes.Repeat([]byte("9"), 40)
	restart(t, store).send(t, letter("product", "still works"))

	store.breakdown(errors.New("unreadable"))
	if _, err := New(Options{Assets: again.opts.Assets, Store: store}); err == nil {
		t.Error("an unreadable store is no error")
	}
}

func TestStoreFailures(t *testing.T) {
	t.Parallel()
	store := newMemory()
	r := restart(t, store)
	sent := r.send(t, letter("product", "one"))
	r.speak(t, "ann", "product", "two")
	store.breakdown(errors.New("disk full"))
	_, err := r.Send(t.Context(), letter("product", "three"))
	wantFault(t, err, chat.Retry)
	l := letter("product", "one!")
	l.Edit = sent.ID
	_, err = r.Send(t.Context(), l)
	wantFault(t, err, chat.Retry)
	wantFault(t, r.Delete(t.Context(), l.Chat, sent.ID), chat.Retry)
	// The engine has committed it, so it counts, kept or not.
	r.speak(t, "ann", "product", "four")
	if got := r.state(t, "").in("product"); !slices.Equal(got, []string{"one", "two", "four"}) {
		t.Errorf("shown: %q", got)
	}
	store.breakdown(nil)
	if err := r.Delete(t.Context(), l.Chat, sent.ID); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesABrokenPage(t *testing.T) {
	t.Parallel()
	good := newRig(t)
	for name, opts := range map[string]Options{
		"no assets":        {},
		"an empty folder":  {Assets: brokenPage{good.opts.Assets, ".", ""}},
		"no script":        {Assets: brokenPage{good.opts.Assets, "app.js", ""}},
		"no strings":       {Assets: brokenPage{good.opts.Assets, "strings.en.json", ""}},
		"broken strings":   {Assets: brokenPage{good.opts.Assets, "strings.en.json", "{"}},
		"a name less":      {Assets: brokenPage{good.opts.Assets, "strings.en.json", `{"bot.name":" "}`}},
		"unknown language": {Assets: good.opts.Assets, Language: "fr"},
	} {
		if _, err := New(opts); err == nil || !strings.HasPrefix(err.Error(), "sandbox: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	sb, err := New(Options{Assets: good.opts.Assets})
	if err != nil {
		t.Fatal(err)
	}
	if sb.Name() != "sandbox" || sb.Domain() != Domain || sb.Caps(chat.Chat{}).MaxText != MaxText || !sb.Caps(chat.Chat{}).Whispers {
		t.Error("defaults:", sb.Name(), sb.Caps(chat.Chat{}))
	}
}
