package chattest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"qunmate/bot/chat"
)

// identity: what the engine asks before anything has happened.
func (b *bench) identity() {
	b.t.Helper()
	p := b.Platform
	if p.Name() == "" || p.Domain() == "" {
		b.t.Errorf("name %q, domain %q", p.Name(), p.Domain())
	}
	for _, c := range []chat.Chat{b.Group, b.Private} {
		if c.Ref.IsZero() {
			continue
		}
		if c.Ref.Domain != p.Domain() {
			b.t.Errorf("chat %s is not of the domain %s", c.Ref, p.Domain())
		}
		caps := p.Caps(c)
		if caps.MaxText < 1 {
			b.t.Errorf("a %s chat takes texts of %d characters", c.Type, caps.MaxText)
		}
		if _, can := p.(chat.Deleter); caps.Delete && !can {
			b.t.Errorf("a %s chat is said to allow deletions, but there is no chat.Deleter", c.Type)
		}
		if _, can := p.(chat.FactFinder); caps.AdminList && !can {
			b.t.Errorf("a %s chat is said to have administrators, but there is no chat.FactFinder", c.Type)
		}
	}
	p.Caps(chat.Chat{}) // about a chat it does not know it must not panic
}

func (b *bench) skipUnless(ok bool, what string) {
	b.t.Helper()
	if !ok {
		b.t.Skip(what)
	}
}

// speak says a text where the bot hears it, addressed if need be, and waits for
// the event.
func (b *bench) speak(c chat.Chat, who chat.User, text string) chat.Event {
	b.t.Helper()
	said := text
	if c.Type == chat.Group && !b.Platform.Caps(c).Hears {
		said = b.Mention + text
	}
	before := len(b.sink.taken())
	b.Say(c, who, said)
	return b.await("the message "+text, func() []chat.Event { return b.sink.taken()[before:] }, func(ev chat.Event) bool {
		return ev.Kind == chat.Message && ev.Text == text && ev.Sender.Ref == who.Ref
	})
}

// hears reports whether anything at all can be said to the bot in a chat.
func (b *bench) hears(c chat.Chat) bool {
	return b.Say != nil && !c.Ref.IsZero() && (c.Type != chat.Group || b.Mention != "" || b.Platform.Caps(c).Hears)
}

func (b *bench) groupMessage() {
	b.t.Helper()
	b.skipUnless(b.hears(b.Group), "no groups are heard")
	b.message(b.Group, b.Ann)
	b.message(b.Group, b.Bob)
}

func (b *bench) privateMessage() {
	b.t.Helper()
	b.skipUnless(b.hears(b.Private), "no private chats are heard")
	b.message(b.Private, b.Ann)
}

func (b *bench) message(c chat.Chat, who chat.User) {
	b.t.Helper()
	began := time.Now()
	first := b.speak(c, who, "/checkin")
	second := b.speak(c, who, "/checkin")
	if first.ID == second.ID {
		b.t.Errorf("two messages have one id, %s", first.ID)
	}
	for _, ev := range []chat.Event{first, second} {
		if ev.ID.Domain == "" || ev.ID.ID == "" {
			b.t.Errorf("the id is %s", ev.ID)
		}
		if ev.Chat.Ref != c.Ref || ev.Chat.Type != c.Type {
			b.t.Errorf("chat %+v, want %+v", ev.Chat, c)
		}
		if who.Name != "" && ev.Sender.Name != who.Name {
			b.t.Errorf("the sender's name is %q, want %q", ev.Sender.Name, who.Name)
		}
		if ev.Sender.Bot || ev.Sender.Anonymous || ev.ForOther {
			b.t.Errorf("a member's message: %+v", ev)
		}
		if ev.Detail != nil {
			b.t.Errorf("a message has the detail %+v", ev.Detail)
		}
		// Networks tell whole seconds; fake servers run on the same clock.
		if ev.At.Before(began.Add(-time.Minute)) || ev.At.After(time.Now().Add(time.Minute)) || ev.At.Location() != time.UTC {
			b.t.Errorf("it happened at %s, now it is %s UTC", ev.At, time.Now().UTC())
		}
		b.keeps(ev)
	}
}

// keeps checks that an event can wait in the database.
func (b *bench) keeps(ev chat.Event) {
	b.t.Helper()
	text, err := json.Marshal(ev)
	if err != nil {
		b.t.Fatalf("the event cannot be kept: %v", err)
	}
	var back chat.Event
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back.Detail, ev.Detail) || back.Reply != ev.Reply || back.ID != ev.ID {
		b.t.Errorf("the event came back changed (%v):\n got %+v\nwant %+v", err, back, ev)
	}
}

func (b *bench) mention() {
	b.t.Helper()
	b.skipUnless(b.Say != nil && b.Mention != "" && !b.Group.Ref.IsZero(), "nobody can be mentioned")
	b.Say(b.Group, b.Ann, b.Mention+"/me")
	b.await("the mention", b.sink.taken, func(ev chat.Event) bool { return ev.Kind == chat.Message && ev.ToBot && ev.Text == "/me" })
	b.Say(b.Group, b.Ann, strings.TrimSpace(b.Mention))
	b.await("the mention alone", b.sink.taken, func(ev chat.Event) bool {
		return ev.Kind == chat.Message && ev.ToBot && !ev.ByReply && ev.Text == ""
	})
	if !b.Platform.Caps(b.Group).Hears {
		return
	}
	if ev := b.speak(b.Group, b.Ann, "just talk"); ev.ToBot {
		b.t.Error("talk that names nobody is said to address the bot")
	}
}

func (b *bench) strangeTexts() {
	b.t.Helper()
	c := b.Private
	if !b.hears(c) {
		c = b.Group
	}
	b.skipUnless(b.hears(c), "nobody is heard")
	for _, text := range []string{
		"签到", "／签到 昨天", "a <b>&amp;</b> b", "👨‍👩‍👧 ok", "one\ntwo\nthree", `"quotes" 'and' \back\slashes`, "*_~`[x](y)", "{{.}}", "%s %d", "\u061cעברית", strings.Repeat("长", 500),
	} {
		b.speak(c, b.Ann, text)
	}
}

// anywhere is a chat in which the bot hears people.
func (b *bench) anywhere() chat.Chat {
	b.t.Helper()
	for _, c := range []chat.Chat{b.Group, b.Private} {
		if b.hears(c) {
			return c
		}
	}
	b.t.Skip("nobody is heard")
	return chat.Chat{}
}

// redelivery: what the engine did not take must not be acknowledged. It comes
// again, with the same id and in its place.
func (b *bench) redelivery() {
	b.t.Helper()
	c := b.anywhere()
	b.speak(c, b.Ann, "before")
	b.sink.setRefuse(true)
	said := "first"
	if c.Type == chat.Group && !b.Platform.Caps(c).Hears {
		said = b.Mention + said
	}
	b.Say(c, b.Ann, said)
	is := func(ev chat.Event) bool { return ev.Kind == chat.Message && ev.Text == "first" }
	refused := b.await("the message", b.sink.seen, is)
	b.sink.setRefuse(false)
	again := b.await("the message that was refused", b.sink.taken, is)
	if again.ID != refused.ID {
		b.t.Errorf("it came again with the id %s, before it had %s", again.ID, refused.ID)
	}
	b.speak(c, b.Ann, "after")
	want := []string{"before", "first", "after"}
	var order []string
	for _, ev := range b.sink.taken() {
		if slices.Contains(want, ev.Text) && (len(order) == 0 || order[len(order)-1] != ev.Text) {
			order = append(order, ev.Text)
		}
	}
	if !slices.Equal(order, want) {
		b.t.Errorf("taken in the order %q, want %q", order, want)
	}
}

func (b *bench) duplicates() {
	b.t.Helper()
	b.skipUnless(b.Again != nil, "nothing comes twice")
	c := b.anywhere()
	first := b.speak(c, b.Ann, "twice")
	before := len(b.sink.taken())
	b.Again()
	b.speak(c, b.other(c), "later")
	for _, ev := range b.sink.taken()[before:] {
		if ev.Kind == chat.Message && ev.Text == "twice" && ev.ID != first.ID {
			b.t.Errorf("the same message has the ids %s and %s", first.ID, ev.ID)
		}
	}
}

// other is somebody who may speak in a chat and, if possible, is not Ann.
func (b *bench) other(c chat.Chat) chat.User {
	if c.Type == chat.Private || b.Bob.Ref.IsZero() {
		return b.Ann
	}
	return b.Bob
}

func (b *bench) press() {
	b.t.Helper()
	c := b.Group
	if c.Ref.IsZero() || !b.Platform.Caps(c).Choices {
		c = b.Private
	}
	b.skipUnless(b.Press != nil && !c.Ref.IsZero() && b.Platform.Caps(c).Choices, "there are no buttons")
	long := "/why " + strings.Repeat("x", 64-len("/why ")) // the longest the engine gives
	b.send(c, b.Ann, chat.Content{Text: "choose", Choices: []chat.Choice{{Label: "Why <b>?", Command: "/why"}, {Label: "为什么", Command: long}}})
	for label, command := range map[string]string{"Why <b>?": "/why", "为什么": long} {
		before := len(b.sink.taken())
		b.Press(c, b.Ann, label)
		ev := b.await("the press of "+label, func() []chat.Event { return b.sink.taken()[before:] }, func(ev chat.Event) bool { return ev.Kind == chat.Press })
		if ev.Text != command || ev.Sender.Ref != b.Ann.Ref || ev.Chat.Ref != c.Ref || ev.Chat.Type != c.Type {
			b.t.Errorf("a press of %q came as %+v", label, ev)
		}
		b.keeps(ev)
	}
}

func (b *bench) presence() {
	b.t.Helper()
	b.skipUnless(b.Join != nil && b.Leave != nil && !b.Group.Ref.IsZero(), "nobody comes or goes")
	if b.hears(b.Group) {
		b.speak(b.Group, b.Ann, "hello") // by now the platform knows its standing
	}
	b.skipUnless(b.Platform.Caps(b.Group).Joins, "joins are not told")
	for _, step := range []struct {
		kind chat.Kind
		do   func(chat.Chat, chat.User)
	}{{chat.Leave, b.Leave}, {chat.Join, b.Join}} {
		before := len(b.sink.taken())
		step.do(b.Group, b.Bob)
		ev := b.await(fmt.Sprintf("the %s", step.kind), func() []chat.Event { return b.sink.taken()[before:] }, func(ev chat.Event) bool { return ev.Kind == step.kind })
		m, ok := ev.Detail.(chat.Membership)
		if !ok || m.User.Ref != b.Bob.Ref || ev.Chat.Ref != b.Group.Ref || (b.Bob.Name != "" && m.User.Name != b.Bob.Name) {
			b.t.Errorf("the %s came as %+v", step.kind, ev)
		}
		b.keeps(ev)
	}
}
