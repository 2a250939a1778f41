package commandtest

import (
	"errors"
	"strings"

	"qunmate/bot/chat"
)

// elsewhereTrouble is what happens to the bot in a group that a line names:
// it is removed and comes back, what waits there is tapped or expires, or what
// is sent there fails.
func (r *run) elsewhereTrouble(s step, word, rest string) {
	name, how, _ := strings.Cut(rest, " ")
	at := step{chat: name}
	if who, where, private := strings.Cut(name, "@"); private {
		at = step{who: who, chat: where}
	}
	c := r.place(at)
	switch word {
	case "removed", "back":
		ev := r.event(step{who: r.admins[0]}, c)
		ev.Kind, ev.Detail = chat.ChatChanged, chat.ChatChange{Standing: chat.Removed}
		if word == "back" {
			ev.Detail = chat.ChatChange{Standing: chat.Added, Missing: []string{}}
		}
		r.deliver(ev)
	case "tap", "expire":
		fate := chat.Confirmed
		if word == "expire" {
			fate = chat.Expired
		}
		r.deliver(r.network(c.Ref).Tap(c, fate, r.clock.Now())...)
	case "fail":
		if how == "" {
			r.t.Fatalf("line %d: how does it fail?", s.line)
		}
		if r.faults == nil {
			r.faults = map[chat.Ref]error{}
		}
		if delete(r.faults, c.Ref); how != "not" {
			fault, why, _ := strings.Cut(how, " ")
			if why == "" {
				why = "as the transcript says"
			}
			r.faults[c.Ref] = &chat.SendError{Fault: chat.Fault(fault), Err: errors.New(why)}
		}
		r.network(c.Ref).SetFault(func(l chat.Letter) error { return r.faults[l.Chat.Ref] })
	}
}
