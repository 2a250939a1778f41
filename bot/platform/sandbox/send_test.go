package sandbox

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot/chat"
)

func letter(chatID, text string) chat.Letter {
	kind := chat.Private
	if isGroup(chatID) {
		kind = chat.Group
	}
	return chat.Letter{Chat: chat.Chat{Ref: ref(chatID), Type: kind}, Content: chat.Content{Text: text}}
}

func whisper(chatID, to, text string) chat.Letter {
	l := letter(chatID, text)
	l.To = chat.User{Ref: ref(to)}
	l.Content.Private = true
	return l
}

func wantFault(t *testing.T, err error, want chat.Fault) {
	t.Helper()
	se, ok := errors.AsType[*chat.SendError](err)
	if !ok || se.Fault != want {
		t.Fatalf("error %v, want a SendError %q", err, want)
	}
}

func TestSendEditDelete(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := letter("product", `<b>Bold</b> <i>it</i> <code>x</code><br><a href="https://example.org/?a=1&amp;b=2">link</a> <at id="sandbox:ann">Ann</at> &lt;b&gt;`)
	l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}}
	sent := r.send(t, l)
	m := r.state(t, "").Messages[0]
	want := []span{
		{Text: "Bold", Bold: true},
		{Text: " "},
		{Text: "it", Italic: true},
		{Text: " "},
		{Text: "x", Code: true},
		{Text: "\n"},
		{Text: "link", Link: "https://example.org/?a=1&b=2"},
		{Text: " "},
		{Text: "Ann", At: "sandbox:ann"},
		{Text: " <b>"},
	}
	if !slices.Equal(m.Spans, want) || m.ID != sent.ID || m.From != botID || m.Edited || len(m.Choices) != 1 {
		t.Errorf("shown: %+v", m)
	}
	if m.At != "2026-11-20T08:02:11.000+08:00" {
		t.Error("time:", m.At)
	}
	l = letter("product", "changed")
	l.Edit = sent.ID
	if again := r.send(t, l); again.ID != sent.ID {
		t.Error("an edit has another id:", again.ID)
	}
	m = r.state(t, "").Messages[0]
	if !m.Edited || m.Choices != nil || m.Spans[0].Text != "changed" {
		t.Errorf("after the edit: %+v", m)
	}
	for range 2 {
		if err := r.Delete(t.Context(), l.Chat, sent.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.state(t, "").Messages; len(got) != 0 {
		t.Errorf("after the delete: %+v", got)
	}
	_, err := r.Send(t.Context(), l)
	wantFault(t, err, chat.Rejected)
}

// What is pinned says so until it is taken down; a text that needs two messages
// has its buttons under the last one.
func TestPinsAndButtonsOfALetter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := letter("product", "1 today")
	l.Content.Pin = chat.Pin
	l.Edit = r.send(t, l).ID
	pinned := func() bool { return r.state(t, "").Messages[0].Pinned }
	if !pinned() {
		t.Error("what is pinned does not say so")
	}
	l.Content = chat.Content{Text: "2 today"}
	if r.send(t, l); !pinned() {
		t.Error("a change takes the pin away")
	}
	l.Content.Pin = chat.Unpin
	if r.send(t, l); pinned() {
		t.Error("the pin stays")
	}

	l = letter("product", strings.Repeat("long ", 1200))
	l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}}
	r.send(t, l)
	parts := r.state(t, "").Messages[1:]
	if len(parts) != 2 || len(parts[0].Choices) != 0 || len(parts[1].Choices) != 1 {
		t.Errorf("a long text: %d messages, %+v", len(parts), parts)
	}
}

func TestSendRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.speak(t, "ann", "product", "mine")
	mine := r.engine.last(t).Reply
	edit := letter("product", "x")
	edit.Edit = mine
	tooLong := letter("product", strings.Repeat("x", MaxText+1))
	tooLong.Edit = "1"
	foreign := letter("product", "x")
	foreign.Chat.Ref.Domain = "telegram"
	for name, tt := range map[string]struct {
		l    chat.Letter
		want chat.Fault
	}{
		"no such chat":                  {letter("nowhere", "x"), chat.Gone},
		"another network":               {foreign, chat.Gone},
		"empty":                         {letter("product", " <b></b> "), chat.Rejected},
		"an edit that is too long":      {tooLong, chat.Rejected},
		"private for nobody":            {whisper("product", "", "x"), chat.Rejected},
		"private for a stranger":        {whisper("product", "eve", "x"), chat.Rejected},
		"editing a member's message":    {edit, chat.Rejected},
		"editing what never was":        {func() chat.Letter { l := letter("product", "x"); l.Edit = "7"; return l }(), chat.Rejected},
		"editing by an id of elsewhere": {func() chat.Letter { l := letter("product", "x"); l.Edit = "msg:7"; return l }(), chat.Rejected},
	} {
		_, err := r.Send(t.Context(), tt.l)
		if se, ok := errors.AsType[*chat.SendError](err); !ok || se.Fault != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Send(ctx, letter("product", "x"))
	wantFault(t, err, chat.Retry)
	r.send(t, letter("product", strings.Repeat("x", MaxText)))
	wantFault(t, r.Delete(t.Context(), letter("nowhere", "").Chat, "1"), chat.Gone)
	if _, err := r.Facts(t.Context(), letter("nowhere", "").Chat); err == nil {
		t.Error("facts of nowhere")
	}
}

func TestPrivateLettersAreSeenByOneOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.send(t, letter("product", "for all"))
	for _, id := range personaIDs {
		r.send(t, whisper("product", id, "group secret of "+id))
		r.send(t, letter(id, "private chat of "+id))
	}
	for _, id := range personaIDs {
		var got []string
		for _, m := range r.state(t, id).Messages {
			e := entry{Spans: m.Spans}
			got = append(got, e.text())
		}
		want := []string{"for all", "group secret of " + id, "private chat of " + id}
		if !slices.Equal(got, want) {
			t.Errorf("%s sees %q, want %q", id, got, want)
		}
	}
	for _, m := range r.state(t, "").Messages {
		if m.Chat == "product" && (m.To == "") != (m.N == 1) {
			t.Errorf("the whole state does not say for whom: %+v", m)
		}
	}
	// An edit stays as private as the message was, whatever the letter says.
	sent := r.send(t, whisper("product", "ann", "secret"))
	l := letter("product", "edited secret")
	l.Edit = sent.ID
	r.send(t, l)
	if got := r.state(t, "man").in("product"); slices.Contains(got, "edited secret") {
		t.Error("an edit made a private message public")
	}
}

func TestFilesAreDownloads(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	get := func(path string) (int, http.Header) {
		w := r.request(http.MethodGet, path, "")
		return w.Code, w.Header()
	}
	l := whisper("product", "ann", "your data")
	l.Content.File = &chat.File{Name: `..\..\a"b` + "\r\n\u6570.html", MIME: "text/html", Data: []byte("<script>alert(1)</script>")}
	sent := r.send(t, l)
	url := r.state(t, "ann").Messages[0].File.URL
	if url != "/api/file/product/"+sent.ID {
		t.Error("address:", url)
	}
	_, header := get(url)
	if got := header.Get("Content-Type"); got != "application/octet-stream" {
		t.Error("type:", got)
	}
	if got := header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") || !strings.HasSuffix(got, "%E6%95%B0.html") || strings.Contains(got, "..") || strings.Contains(got, "\n") {
		t.Error("disposition:", got)
	}
	if got := header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "sandbox;") {
		t.Error("policy:", got)
	}
	if code, _ := get(url + "?as=man"); code != http.StatusNotFound {
		t.Error("somebody else's file:", code)
	}
	l = letter("product", "")
	l.Content.File = &chat.File{Name: "code.png", MIME: "image/png", Data: []byte("png")}
	sent = r.send(t, l)
	if _, header := get("/api/file/product/" + sent.ID); header.Get("Content-Type") != "image/png" || header.Get("Content-Disposition") != "attachment; filename=code.png" {
		t.Error("picture:", header)
	}
	if err := r.Delete(t.Context(), l.Chat, sent.ID); err != nil {
		t.Fatal(err)
	}
	if code, _ := get("/api/file/product/" + sent.ID); code != http.StatusNotFound {
		t.Error("a deleted file is still there:", code)
	}
}

func TestFailSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	throttled := &chat.SendError{Fault: chat.Throttled, After: 3 * time.Second, Err: errors.New("slow down")}
	unknown := &chat.SendError{Fault: chat.Unknown, Err: errors.New("dropped")}
	r.FailSend(ref("product"), Failure{Err: throttled, Times: 2})
	for range 2 {
		if _, err := r.Send(t.Context(), letter("product", "x")); !errors.Is(err, throttled) {
			t.Fatal(err)
		}
	}
	r.send(t, letter("product", "one"))
	r.FailSend(ref("product"), Failure{Err: unknown, Times: 1, After: true})
	if _, err := r.Send(t.Context(), letter("product", "two")); !errors.Is(err, unknown) {
		t.Fatal(err)
	}
	if got := r.state(t, "").in("product"); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("shown: %q", got)
	}
	r.FailSend(chat.Ref{}, Failure{Err: throttled, Times: -1})
	for range 3 {
		_, err := r.Send(t.Context(), letter("books", "x"))
		wantFault(t, err, chat.Throttled)
	}
	r.FailSend(chat.Ref{}, Failure{})
	r.send(t, letter("books", "x"))
}

func TestTheBotTakesBackACommandBeforeItIsShown(t *testing.T) {
	t.Parallel()
	store := newMemory()
	r := newRig(t, func(o *Options) { o.Store = store })
	r.engine.answer = func(ev chat.Event) {
		if ev.Text == "/checkin" {
			if err := r.Delete(t.Context(), ev.Chat, ev.Reply); err != nil {
				t.Error(err)
			}
		}
	}
	r.speak(t, "ann", "product", "/checkin")
	r.speak(t, "ann", "product", "hello")
	if got := r.state(t, "").in("product"); !slices.Equal(got, []string{"hello"}) {
		t.Errorf("shown: %q", got)
	}
	for key := range store.m {
		if strings.HasPrefix(key, keyLog) && !strings.Contains(string(store.m[key]), "hello") {
			t.Error("kept:", key)
		}
	}
}

func TestManySendersAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Store = newMemory() })
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 60 {
				sent := r.send(t, letter("product", "x"))
				l := letter("product", "y")
				l.Edit = sent.ID
				if _, err := r.Send(t.Context(), l); err != nil && i == 0 {
					wantFault(t, err, chat.Rejected) // too old already
				}
				r.speak(t, personaIDs[i%6], "product", "talk")
				r.request(http.MethodGet, "/api/state", "")
			}
		})
	}
	wg.Wait()
	v := r.state(t, "").Messages
	if len(v) != keepMessages {
		t.Error("kept", len(v))
	}
	if !slices.IsSortedFunc(v, func(a, b messageView) int { return int(a.N - b.N) }) {
		t.Error("out of order")
	}
}

// A group where the bot is muted refuses what it sends, as a real network does,
// until that is ended; the others go on.
func TestAMutedGroupRefusesWhatIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	mute := func(chatID, action string, want int) {
		t.Helper()
		r.post(t, "/api/mute", changeRequest{ID: newID(), Chat: chatID, As: adminID, Action: action}, want)
	}
	first := r.send(t, letter("books", "before"))
	mute("books", actionMute, http.StatusOK)
	mute("ann", actionMute, http.StatusNotFound)
	mute("books", "whisper", http.StatusBadRequest)
	_, err := r.Send(t.Context(), letter("books", "now"))
	wantFault(t, err, chat.Rejected)
	edit := letter("books", "edited")
	edit.Edit = first.ID
	_, err = r.Send(t.Context(), edit)
	wantFault(t, err, chat.Rejected)
	r.send(t, letter("product", "elsewhere"))
	v := r.state(t, "")
	for _, c := range v.Chats {
		if c.Mute != (c.ID == "books") {
			t.Errorf("%s is muted: %t", c.ID, c.Mute)
		}
	}
	if got := v.in("books"); !slices.Equal(got, []string{"before"}) {
		t.Errorf("in the muted group: %q", got)
	}
	mute("books", actionUnmute, http.StatusOK)
	r.send(t, letter("books", "after"))
}
