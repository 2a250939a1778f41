package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"qunmate/bot/chat"
)

func TestParallelDuplicatesAreOneEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.Store = newMemory() })
	sent := r.send(t, func() chat.Letter {
		l := letter("product", "press me")
		l.Content.Choices = []chat.Choice{{Label: "Check in", Command: "/checkin"}}
		return l
	}())
	for _, tt := range []struct {
		path string
		id   string
		body any
		kind chat.Kind
	}{
		{"/api/say", "dup-say-1", sayRequest{ID: "dup-say-1", Chat: "product", As: "ann", Text: "/checkin"}, chat.Message},
		{"/api/press", "dup-press-1", pressRequest{ID: "dup-press-1", Chat: "product", As: "ann", Message: sent.ID, Choice: "/checkin"}, chat.Press},
	} {
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if w := r.request(http.MethodPost, tt.path, string(encode(tt.body))); w.Code != 200 {
					t.Errorf("%s = %d %s", tt.path, w.Code, w.Body)
				}
			})
		}
		wg.Wait()
		r.engine.mu.Lock()
		if got := r.engine.calls[tt.id]; got != 100 {
			t.Errorf("%s: delivered %d times under its id, want 100", tt.path, got)
		}
		r.engine.mu.Unlock()
		if ev := r.engine.last(t); ev.ID != ref(tt.id) || ev.Text != "/checkin" || ev.Kind != tt.kind {
			t.Errorf("%s: event %+v", tt.path, ev)
		}
	}
	if got := r.state(t, "").in("product"); !slices.Equal(got, []string{"press me", "/checkin"}) {
		t.Errorf("the chat shows %q", got)
	}
}

func TestRepeatedRequestIsTheSameEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var got []chat.Event
	r.engine.answer = func(ev chat.Event) { got = append(got, ev) }
	q := sayRequest{ID: "repeated-1", Chat: "product", As: "ann", Text: "hello"}
	r.engine.set(errDown)
	r.post(t, "/api/say", q, 503)
	if texts := r.state(t, "").in("product"); len(texts) != 0 {
		t.Errorf("an event that was not taken is shown: %q", texts)
	}
	r.engine.set(nil)
	r.post(t, "/api/say", q, 200)
	r.clock.now = r.clock.now.Add(time.Hour)
	r.post(t, "/api/say", q, 200)
	if texts := r.state(t, "").in("product"); !slices.Equal(texts, []string{"hello"}) {
		t.Errorf("shown: %q", texts)
	}
	q.Text = "something else"
	r.post(t, "/api/say", q, 409)
	r.post(t, "/api/press", pressRequest{ID: q.ID, Chat: "product", As: "ann", Message: "1", Choice: "/x"}, 409)
	if r.engine.calls["repeated-1"] != 3 {
		t.Error("calls:", r.engine.calls)
	}
}

func TestAnswerComesAfterTheQuestion(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	// The engine commits and its answer is out before deliver has returned.
	r.engine.answer = func(ev chat.Event) {
		if ev.Kind == chat.Message {
			if got := r.state(t, "ann").in("product"); len(got) != 0 {
				t.Errorf("shown before it is committed: %q", got)
			}
			l := whisper(ev.Chat.Ref.ID, ev.Sender.Ref.ID, "answer")
			l.Reply = ev.Reply
			r.send(t, l)
		}
	}
	r.speak(t, "ann", "product", "question")
	v := r.state(t, "ann")
	if got := v.in("product"); !slices.Equal(got, []string{"question", "answer"}) {
		t.Fatalf("order: %q", got)
	}
	if v.Messages[1].ReplyTo != v.Messages[0].ID {
		t.Error("the answer does not know its question")
	}
}

func TestEventsOfAMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	zh, en := r.texts.byLang["zh-CN"], r.texts.byLang["en"]
	bot := r.send(t, letter("product", "from the bot"))
	r.speak(t, "man", "product", "from a member")
	member := r.engine.last(t).Reply
	tests := []struct {
		name, text, reply    string
		want                 string
		toBot, other, quoted bool
		mentions             []string
	}{
		{name: "plain talk", text: " good morning ", want: "good morning"},
		{name: "mention with a blank", text: "@" + zh["bot.name"] + " /checkin", want: "/checkin", toBot: true},
		{name: "mention without a blank", text: "@" + zh["bot.name"] + zh["quick.1"], want: zh["quick.1"], toBot: true},
		{name: "full-width mention and comma", text: "\uff20" + zh["bot.name"] + "\uff0c hi", want: "hi", toBot: true},
		{name: "mention in any case", text: "@" + "qUNMATE rank", want: "rank", toBot: true},
		{name: "mention by username", text: "@qunmate_bot", want: "", toBot: true},
		{name: "the general name", text: "@bot help", want: "help", toBot: true},
		{name: "a longer word is another name", text: "@botany is fun", want: "@botany is fun"},
		{name: "mention in the middle", text: "hey @" + zh["bot.name"] + " there", want: "hey @" + zh["bot.name"] + " there", toBot: true},
		{name: "mention at the end", text: zh["quick.1"] + "  @" + zh["bot.name"], want: zh["quick.1"], toBot: true},
		{name: "command and mention at the end", text: "/checkin @qunmate_bot", want: "/checkin", toBot: true},
		{name: "command for the bot", text: "/checkin@qunmate_bot now", want: "/checkin now", toBot: true},
		{name: "Chinese command for the bot", text: "/" + zh["quick.1"] + "@" + zh["bot.name"], want: "/" + zh["quick.1"], toBot: true},
		{name: "command for another bot", text: "/checkin@other_bot", want: "/checkin@other_bot", other: true},
		{name: "a mail address is no mention", text: "/feedback a@example.org", want: "/feedback a@example.org"},
		{name: "a person", text: "/points @" + zh["persona.ann"] + " +20 x", want: "/points @" + zh["persona.ann"] + " +20 x", mentions: []string{"ann"}},
		{name: "people in both languages, once each", text: "@" + en["persona.zhou"] + " @" + zh["persona.chen"] + " @zhou", want: "@" + en["persona.zhou"] + " @" + zh["persona.chen"] + " @zhou", mentions: []string{"zhou", "chen"}},
		{name: "a person without a blank", text: "/points@" + zh["persona.ann"] + " +1", want: "/points@" + zh["persona.ann"] + " +1", mentions: []string{"ann"}},
		{name: "bot and person", text: "@bot @ann", want: "@ann", toBot: true, mentions: []string{"ann"}},
		{name: "reply to the bot", text: "thanks", reply: bot.ID, want: "thanks", toBot: true, quoted: true},
		{name: "reply to a member", text: "thanks", reply: member, want: "thanks", quoted: true},
		{name: "only an @", text: "@", want: "@"},
		{name: "a lonely slash", text: "/@", want: "/@"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.post(t, "/api/say", sayRequest{ID: newID(), Chat: "product", As: "ann", Text: tt.text, ReplyTo: tt.reply}, 200)
			ev := r.engine.last(t)
			var mentions []string
			for _, u := range ev.Mentions {
				mentions = append(mentions, u.Ref.ID)
			}
			if ev.Text != tt.want || ev.ToBot != tt.toBot || ev.ForOther != tt.other ||
				ev.Quoted.Ref.IsZero() == tt.quoted || !slices.Equal(mentions, tt.mentions) {
				t.Errorf("event %+v", ev)
			}
		})
	}
}

func TestEventWords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.post(t, "/api/say", sayRequest{ID: newID(), Chat: "product", As: "admin", Text: "hi", Lang: "en"}, 200)
	ev := r.engine.last(t)
	want := chat.User{Ref: ref("admin"), Name: "Admin", Username: "admin", Language: "en"}
	if ev.Sender != want || ev.Chat.Title != "Product group" || ev.Chat.Type != chat.Group || !ev.At.Equal(r.clock.now) || ev.At.Location() != time.UTC {
		t.Errorf("event %+v", ev)
	}
	r.speak(t, "admin", "admin", "hi")
	ev = r.engine.last(t)
	if ev.Chat.Type != chat.Private || ev.Chat.Ref != ref("admin") || ev.Sender.Name != r.texts.byLang["zh-CN"]["persona.admin"] {
		t.Errorf("event %+v", ev)
	}
}

func TestPressIsTheCommandOfTheButton(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := whisper("product", "ann", "answer")
	l.Content.Choices = []chat.Choice{{Label: "Why", Command: "/why"}}
	sent := r.send(t, l)
	q := pressRequest{ID: newID(), Chat: "product", As: "ann", Message: sent.ID, Choice: "/why"}
	r.post(t, "/api/press", q, 200)
	ev := r.engine.last(t)
	if ev.Kind != chat.Press || ev.Text != "/why" || ev.Reply != sent.ID || !ev.ToBot {
		t.Errorf("event %+v", ev)
	}
	// The effect edited the button away; a repeated click is still that click.
	l.Edit, l.Content.Choices = sent.ID, nil
	r.send(t, l)
	r.post(t, "/api/press", q, 200)
	q.ID = newID()
	r.post(t, "/api/press", q, 409)
}

func TestJoinLeaveAndTheBot(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	do := func(path, chatID, as, action string, want int) {
		t.Helper()
		r.post(t, path, changeRequest{ID: newID(), Chat: chatID, As: as, Action: action}, want)
	}
	do("/api/member", "books", "chen", "join", 200)
	ev := r.engine.last(t)
	if m, ok := ev.Detail.(chat.Membership); !ok || ev.Kind != chat.Join || m.User.Ref != ref("chen") || ev.Chat.Ref != ref("books") {
		t.Errorf("event %+v", ev)
	}
	r.speak(t, "chen", "books", "here I am")
	events := len(r.engine.events)
	do("/api/member", "books", "chen", "join", 200)
	if len(r.engine.events) != events {
		t.Error("joining twice is an event")
	}
	do("/api/member", "books", "chen", "leave", 200)
	if ev := r.engine.last(t); ev.Kind != chat.Leave {
		t.Errorf("event %+v", ev)
	}
	do("/api/say", "books", "chen", "", 400)
	if f, err := r.Facts(t.Context(), letter("books", "").Chat); err != nil || f.Members != 4 || len(f.Admins) != 1 || f.Owner != ref("admin") {
		t.Errorf("facts %+v %v", f, err)
	}
	do("/api/member", "books", "admin", "leave", 200)
	if f, err := r.Facts(t.Context(), letter("books", "").Chat); err != nil || len(f.Admins) != 0 {
		t.Errorf("facts %+v %v", f, err)
	}

	do("/api/bot", "product", "admin", "remove", 200)
	ev = r.engine.last(t)
	if c, ok := ev.Detail.(chat.ChatChange); !ok || ev.Kind != chat.ChatChanged || c.Standing != chat.Removed || ev.Sender.Ref != ref("admin") {
		t.Errorf("event %+v", ev)
	}
	_, err := r.Send(t.Context(), letter("product", "hello?"))
	wantFault(t, err, chat.Gone)
	wantFault(t, r.Delete(t.Context(), letter("product", "").Chat, "1"), chat.Gone)
	_, err = r.Facts(t.Context(), letter("product", "").Chat)
	wantFault(t, err, chat.Gone)
	events = len(r.engine.events)
	r.speak(t, "ann", "product", "is it gone?")
	do("/api/member", "product", "qiang", "leave", 200)
	if len(r.engine.events) != events {
		t.Error("the bot heard what it was not there for")
	}
	// Added again, it can write at once: the greeting comes before deliver returns.
	r.engine.answer = func(ev chat.Event) {
		if ev.Kind == chat.ChatChanged {
			r.send(t, letter("product", "hello again"))
		}
	}
	do("/api/bot", "product", "ann", "add", 200)
	want := []string{"bot_removed", "is it gone?", "left", "bot_added", "hello again"}
	if got := r.state(t, "").in("product"); !slices.Equal(got, want) {
		t.Errorf("shown: %q, want %q", got, want)
	}

	do("/api/bot", "ann", "ann", "remove", 200)
	_, err = r.Send(t.Context(), letter("ann", "a word in private"))
	wantFault(t, err, chat.Gone)
}

func TestAChangeThatIsNotTakenIsUndone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.speak(t, "ann", "product", "ready")
	r.engine.set(errDown)
	for _, tt := range []struct{ path, as, action string }{
		{"/api/member", "chen", "join"}, {"/api/member", "ann", "leave"}, {"/api/bot", "ann", "remove"},
	} {
		before := fmt.Sprint(r.state(t, "").Chats)
		r.post(t, tt.path, changeRequest{ID: newID(), Chat: "books", As: tt.as, Action: tt.action}, 503)
		if after := fmt.Sprint(r.state(t, "").Chats); after != before {
			t.Errorf("%s %s: %s, want %s", tt.path, tt.action, after, before)
		}
	}
	if got := r.state(t, "").in("books"); len(got) != 0 {
		t.Errorf("shown: %q", got)
	}
}

func TestIntakesAreForgottenInTime(t *testing.T) {
	t.Parallel()
	k := newIntakes()
	stuck := &intake{}
	for i := range keepIntakes {
		k.add(fmt.Sprint("old", i), &intake{done: true})
	}
	k.add("stuck", stuck)
	for i := range 2 * keepIntakes {
		k.add(fmt.Sprint("new", i), &intake{done: true})
	}
	if k.byID["stuck"] != stuck || k.byID["old0"] != nil {
		t.Error("forgot the wrong one")
	}
	stuck.done = true
	k.add("last", &intake{done: true})
	if len(k.byID) != keepIntakes {
		t.Error("remembers", len(k.byID))
	}
}
