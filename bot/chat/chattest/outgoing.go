package chattest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"qunmate/bot/chat"
)

// letter makes a letter to a chat; where people are heard it answers a message
// of who that was said just now, because some networks let a bot speak only
// then.
func (b *bench) letter(c chat.Chat, who chat.User, content chat.Content) chat.Letter {
	b.t.Helper()
	l := chat.Letter{ID: 1, Chat: c, To: who, Content: content, Created: time.Now().UTC()}
	if b.hears(c) {
		l.Reply = b.speak(c, who, "/help").Reply
	}
	return l
}

// try sends a letter and checks the form of its error.
func (b *bench) try(ctx context.Context, l chat.Letter) (chat.Sent, *chat.SendError) {
	b.t.Helper()
	sent, err := b.Platform.Send(ctx, l)
	if err == nil {
		return sent, nil
	}
	b.errs = append(b.errs, err)
	se, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		b.t.Fatalf("the error is no *chat.SendError: %v", err)
	}
	known := []chat.Fault{chat.Retry, chat.Throttled, chat.Rejected, chat.Gone, chat.Moved, chat.Unknown}
	if !slices.Contains(known, se.Fault) || se.Err == nil {
		b.t.Errorf("an error without a known fault or a cause: %#v", se)
	}
	return sent, se
}

// send sends what must arrive.
func (b *bench) send(c chat.Chat, who chat.User, content chat.Content) chat.Sent {
	b.t.Helper()
	sent, err := b.try(context.Background(), b.letter(c, who, content))
	if err != nil {
		b.t.Fatalf("not sent: %v", err)
	}
	return sent
}

// texts are what a person reads of the bot.
func (b *bench) texts(c chat.Chat, who chat.User) []string {
	out := []string{}
	for _, s := range b.Seen(c, who) {
		out = append(out, s.Text)
	}
	return out
}

func (b *bench) has(c chat.Chat, who chat.User, text string) bool {
	return slices.Contains(b.texts(c, who), text)
}

// somewhere is every chat that there is.
func (b *bench) somewhere() []chat.Chat {
	return slices.DeleteFunc([]chat.Chat{b.Group, b.Private}, func(c chat.Chat) bool { return c.Ref.IsZero() })
}

func (b *bench) markup() {
	b.t.Helper()
	const text = `<b>✅ 签到成功</b> &#43;10 (&lt;3)<br><i>连签</i> <code>7</code> 天 <a href="https://example.org/?a=1&amp;b=2">规则</a>`
	for _, c := range b.somewhere() {
		b.send(c, b.Ann, chat.Content{Text: text})
		if got := strings.Join(b.texts(c, b.Ann), "|"); !strings.Contains(strings.ReplaceAll(got, " (https://example.org/?a=1&b=2)", ""), chat.Plain(text)) {
			b.t.Errorf("in a %s chat one reads %q, want %q", c.Type, got, chat.Plain(text))
		}
	}
}

// hostileNames: what members call themselves must neither break a message nor
// become markup.
func (b *bench) hostileNames() {
	b.t.Helper()
	names := []string{
		"<b>", "</b>", "<script>alert(1)</script>", "&", "&lt;", "&amp;", `"'`, "*bold*", "_i_", "`code`", "[x](https://evil.example)", "<@all>", "~~~", "\\", "# h", "> q", "a|b", "$x$", "{}",
	}
	c := b.somewhere()[0]
	for _, name := range names {
		b.send(c, b.Ann, chat.Content{Text: "✅ <b>" + chat.Escape(name) + "</b> +5"})
		if want := "✅ " + name + " +5"; !b.has(c, b.Ann, want) {
			b.t.Errorf("%q is read as %q", want, b.texts(c, b.Ann))
		}
	}
}

func (b *bench) longText() {
	b.t.Helper()
	for _, c := range b.somewhere() {
		most := b.Platform.Caps(c).MaxText
		var lines []string
		for n := 0; n < 2*most+most/2; {
			line := fmt.Sprintf("第%06d行 &lt;b&gt; 😀", len(lines))
			lines = append(lines, line)
			n += 16
		}
		b.send(c, b.Ann, chat.Content{Text: strings.Join(lines, "<br>")})
		shown := b.texts(c, b.Ann)
		var got []string
		for _, s := range shown {
			for line := range strings.Lines(s) {
				if strings.HasPrefix(line, "第") {
					got = append(got, strings.TrimRight(line, "\n "))
				}
			}
		}
		if len(shown) < 2 {
			b.t.Errorf("%d characters went into %d messages of %d", 2*most+most/2, len(shown), most)
		}
		for i := range max(len(lines), len(got)) {
			want, have := "", ""
			if i < len(lines) {
				want = chat.Plain(lines[i])
			}
			if i < len(got) {
				have = got[i]
			}
			if want != have {
				b.t.Fatalf("line %d reads %q, want %q (%d lines of %d)", i, have, want, len(got), len(lines))
			}
		}
	}
}

func (b *bench) edit() {
	b.t.Helper()
	did := false
	for _, c := range b.somewhere() {
		if !b.Platform.Caps(c).Edit {
			continue
		}
		did = true
		sent := b.send(c, b.Ann, chat.Content{Text: "今日签到 1 人"})
		if sent.ID == "" {
			b.t.Fatal("what is to be edited has no id")
		}
		for _, text := range []string{"今日签到 2 人", "今日签到 2 人", "今日签到 3 人 &lt;b&gt;"} {
			l := chat.Letter{Chat: c, Edit: sent.ID, Content: chat.Content{Text: text}}
			edited, err := b.try(context.Background(), l)
			if err != nil {
				b.t.Fatalf("not edited: %v", err)
			}
			if edited.ID != "" {
				sent.ID = edited.ID
			}
			if got, want := b.texts(c, b.Ann), chat.Plain(text); len(got) != 1 || got[0] != want {
				b.t.Errorf("after the edit one reads %q, want %q alone", got, want)
			}
		}
	}
	b.skipUnless(did, "nothing can be edited")
}

func (b *bench) remove() {
	b.t.Helper()
	d, ok := b.Platform.(chat.Deleter)
	did := false
	for _, c := range b.somewhere() {
		if !ok || !b.Platform.Caps(c).Delete {
			continue
		}
		did = true
		sent := b.send(c, b.Ann, chat.Content{Text: "soon gone"})
		b.send(c, b.Ann, chat.Content{Text: "stays"})
		for range 2 { // that it is gone already is no error
			if err := d.Delete(context.Background(), c, sent.ID); err != nil {
				b.t.Errorf("not deleted: %v", err)
			}
		}
		if got := b.texts(c, b.Ann); len(got) != 1 || got[0] != "stays" {
			b.t.Errorf("after the deletion one reads %q", got)
		}
		if err := d.Delete(context.Background(), c, "no such id"); err != nil {
			if _, ok := errors.AsType[*chat.SendError](err); !ok {
				b.t.Errorf("the error is no *chat.SendError: %v", err)
			}
		}
	}
	b.skipUnless(did, "nothing can be deleted")
}

func (b *bench) whisper() {
	b.t.Helper()
	b.skipUnless(!b.Group.Ref.IsZero() && !b.Bob.Ref.IsZero(), "there are no groups")
	sent := b.send(b.Group, b.Ann, chat.Content{Text: "余额 15", Private: true})
	ann, bob := b.has(b.Group, b.Ann, "余额 15"), b.has(b.Group, b.Bob, "余额 15")
	// It may come in another way, to her alone.
	if !b.Private.Ref.IsZero() {
		ann = ann || b.has(b.Private, b.Ann, "余额 15")
	}
	if !ann {
		b.t.Error("the person it is for does not see it")
	}
	if bob != sent.Shown {
		b.t.Errorf("another member sees it: %v; said to be shown: %v", bob, sent.Shown)
	}
	if bob && b.Platform.Caps(b.Group).Whispers {
		b.t.Error("the platform is said to keep private answers private")
	}
	if d, ok := b.Platform.(chat.Deleter); ok && sent.Shown && b.Platform.Caps(b.Group).Delete {
		if err := d.Delete(context.Background(), b.Group, sent.ID); err != nil || b.has(b.Group, b.Bob, "余额 15") {
			b.t.Errorf("what is shown to all cannot be taken back: %v", err)
		}
	}
}

func (b *bench) post() {
	b.t.Helper()
	b.skipUnless(!b.Group.Ref.IsZero() && !b.Bob.Ref.IsZero() && b.Platform.Caps(b.Group).Push, "nothing is posted")
	l := chat.Letter{Chat: b.Group, Content: chat.Content{Text: "大家好"}} // to nobody, in answer to nothing
	if _, err := b.try(context.Background(), l); err != nil {
		b.t.Fatalf("not posted: %v", err)
	}
	l.Reply = "a token that means nothing, or is too old"
	if _, err := b.try(context.Background(), l); err != nil {
		b.t.Errorf("with an old token: %v", err)
	}
	for _, who := range []chat.User{b.Ann, b.Bob} {
		if n := len(b.texts(b.Group, who)); n != 2 {
			b.t.Errorf("%s reads %d of 2 messages", who.Name, n)
		}
	}
}

// throttleFor is how long the network wants to be left alone.
const throttleFor = 37 * time.Second

func (b *bench) failure(f failing) {
	b.t.Helper()
	b.skipUnless(b.Fail != nil, "nothing fails")
	did := false
	for _, c := range b.somewhere() {
		if c.Type == chat.Group || !f.group {
			did = b.fail(c, f) || did
		}
	}
	b.skipUnless(did, "the network knows no such failure")
}

// fail makes one send fail and reports whether the network can.
func (b *bench) fail(c chat.Chat, f failing) bool {
	b.t.Helper()
	text := "during " + string(f.name)
	l := b.letter(c, b.Ann, chat.Content{Text: text})
	if !b.Fail(c, f.name, throttleFor) {
		return false
	}
	_, err := b.try(context.Background(), l)
	if err == nil {
		b.t.Errorf("%s in a %s chat: no error", f.name, c.Type)
		return true
	}
	if !slices.Contains(f.want, err.Fault) {
		b.t.Errorf("%s in a %s chat is called %s (%v), want %v", f.name, c.Type, err.Fault, err, f.want)
	}
	if err.Fault == chat.Throttled && err.After != throttleFor {
		b.t.Errorf("the network asked for %s, the error says %s", throttleFor, err.After)
	}
	if err.Fault == chat.Moved && err.To != b.MovedTo {
		b.t.Errorf("the group moved to %s, the error says %s", b.MovedTo, err.To)
	}
	if f.group {
		return true // nobody reads there any more
	}
	if err.Fault != chat.Unknown && b.has(c, b.Ann, text) {
		b.t.Errorf("%s: it is shown, though the error says it is not (%v)", f.name, err)
	}
	if f.name == DropAfter && !b.has(c, b.Ann, text) {
		b.t.Errorf("%s: the test's network did not act", f.name)
	}
	return true
}

func (b *bench) parallel() {
	b.t.Helper()
	chats := b.somewhere()
	var letters []chat.Letter
	for _, c := range chats {
		for i := range 3 {
			letters = append(letters, b.letter(c, b.Ann, chat.Content{Text: fmt.Sprintf("%s %d", c.Type, i)}))
		}
	}
	errs := make(chan error, len(letters))
	var all sync.WaitGroup
	for _, c := range chats {
		all.Go(func() { // the engine sends in order within a chat
			for _, l := range letters {
				if l.Chat.Ref != c.Ref {
					continue
				}
				if _, err := b.Platform.Send(context.Background(), l); err != nil {
					errs <- err
				}
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		b.errs = append(b.errs, err)
		b.t.Errorf("not sent: %v", err)
	}
	for _, c := range chats {
		for i := range 3 {
			if text := fmt.Sprintf("%s %d", c.Type, i); !b.has(c, b.Ann, text) {
				b.t.Errorf("%q is missing", text)
			}
		}
	}
}

func (b *bench) cancelledSend() {
	b.t.Helper()
	c := b.somewhere()[0]
	l := b.letter(c, b.Ann, chat.Content{Text: "too late"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	began := time.Now()
	_, err := b.try(ctx, l)
	if took := time.Since(began); took > b.limit() {
		b.t.Errorf("the send ended %s after its context", took)
	}
	if err == nil {
		return // it was faster
	}
	if err.Fault != chat.Retry && err.Fault != chat.Unknown {
		b.t.Errorf("a cancelled send is called %s", err.Fault)
	}
	if err.Fault == chat.Retry && b.has(c, b.Ann, "too late") {
		b.t.Error("it is shown, though the error says it is not")
	}
}

func (b *bench) end() {
	b.t.Helper()
	if b.Say != nil {
		b.speak(b.anywhere(), b.Ann, "hello")
	}
	b.stop()
}

// endWhileRefused ends the platform while it waits to try again.
func (b *bench) endWhileRefused() {
	b.t.Helper()
	c := b.anywhere()
	b.speak(c, b.Ann, "before")
	b.sink.setRefuse(true)
	said := "refused"
	if c.Type == chat.Group && !b.Platform.Caps(c).Hears {
		said = b.Mention + said
	}
	b.Say(c, b.Ann, said)
	b.await("the message", b.sink.seen, func(ev chat.Event) bool { return ev.Text == "refused" })
	b.stop()
}

func (b *bench) facts() {
	b.t.Helper()
	f, ok := b.Platform.(chat.FactFinder)
	b.skipUnless(ok && !b.Group.Ref.IsZero() && b.Platform.Caps(b.Group).AdminList, "nothing is asked")
	facts, err := f.Facts(context.Background(), b.Group)
	if err != nil {
		b.errs = append(b.errs, err)
		b.t.Fatalf("nothing could be learned: %v", err)
	}
	for _, u := range facts.Admins {
		if u.Ref.Domain != b.Platform.Domain() || u.Ref.ID == "" || u.Bot {
			b.t.Errorf("an administrator without a name of his own: %+v", u)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	began := time.Now()
	if _, err := f.Facts(ctx, b.Group); err != nil {
		b.errs = append(b.errs, err)
	}
	if took := time.Since(began); took > b.limit() {
		b.t.Errorf("the question ended %s after its context", took)
	}
}
