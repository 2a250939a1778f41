package commandtest

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/storage"
)

var mentioned = regexp.MustCompile(`@\{([^}]+)\}`)

// mention turns @{小满} into the mention of a person whom the platform names by
// id; the text keeps his name.
func (r *run) mention(ev *chat.Event) {
	for _, m := range mentioned.FindAllStringSubmatch(ev.Text, -1) {
		u := r.person(m[1])
		ev.Mentions = append(ev.Mentions, u)
		ev.Text = strings.Replace(ev.Text, m[0], "@"+u.Name, 1)
	}
}

// trouble is what happens to the bot and the group.
func (r *run) trouble(s step) {
	word, rest, _ := strings.Cut(s.text, " ")
	c := r.place(step{})
	switch word {
	case "restart":
		r.stop()
		r.boot()
	case "down", "up":
		r.net.SetDown(word == "down")
	case "duplicate": // the platform delivers somebody's newest event again
		r.deliver(r.last[rest])
	case "join", "leave":
		// "join name" or "join name by CODE": with somebody's link.
		who, source, _ := strings.Cut(rest, " by ")
		ev := r.event(step{who: who}, c)
		ev.Kind, ev.Detail = chat.Join, chat.Membership{User: r.person(who), Source: source}
		if word == "leave" {
			ev.Kind = chat.Leave
		}
		r.deliver(ev)
	case "asks", "withdraws": // to be let in: "asks name" or "asks name by CODE"
		who, source, _ := strings.Cut(rest, " by ")
		r.net.SetClock(r.clock.Now)
		r.net.Asking(word == "asks", r.person(who))
		if word == "asks" {
			ev := r.event(step{who: who}, c)
			ev.Kind, ev.Detail = chat.JoinRequest, chat.Membership{User: r.person(who), Source: source}
			r.deliver(ev)
		}
	case "missing": // rights the bot lacks from now on
		r.net.SetStanding(r.members, strings.Fields(rest)...)
		ev := r.event(step{who: r.admins[0]}, c)
		ev.Kind, ev.Detail = chat.ChatChanged, chat.ChatChange{Standing: chat.Updated, Missing: append([]string{}, strings.Fields(rest)...)}
		r.deliver(ev)
	case "added":
		ev := r.event(step{who: r.admins[0]}, c)
		ev.Kind, ev.Detail = chat.ChatChanged, chat.ChatChange{Standing: chat.Added, Missing: strings.Fields(rest)}
		r.deliver(ev)
	default:
		r.more(s, word, rest)
	}
}

// more are the rarer troubles.
func (r *run) more(s step, word, rest string) {
	switch word {
	case "stop":
		r.stop()
		r.stop = func() {}
	case "start":
		r.boot()
	case "clock": // only a restart can find a clock that went backwards
		d, err := time.ParseDuration(rest)
		if err != nil {
			r.t.Fatalf("line %d: %v", s.line, err)
		}
		r.stop()
		r.clock = bot.NewClock(time.Until(r.clock.Now().Add(d)))
		r.boot()
	case "late":
		d, err := time.ParseDuration(rest)
		if err != nil {
			r.t.Fatalf("line %d: %v", s.line, err)
		}
		r.late = d
	case "admins":
		r.net.SetAdmins(r.groupRef(r.group()), r.crew(strings.Fields(rest))...)
	case "crowd":
		r.crowd(s, rest)
	case "ballot":
		r.ballot(s, rest)
	case "moved": // the group has another id from now on, under which the bot has met it
		ev := r.event(step{who: r.admins[0]}, r.place(step{}))
		ev.Kind, ev.Detail = chat.ChatChanged, chat.ChatChange{Standing: chat.Migrated, To: r.groupRef(rest)}
		r.deliver(ev)
	case "removed", "back", "tap", "expire", "fail":
		r.elsewhereTrouble(s, word, rest)
	default:
		r.own(s, word, rest)
	}
}

// own is a trouble of the families under test.
func (r *run) own(s step, word, rest string) {
	fn, ok := r.families.Troubles[word]
	if !ok {
		r.t.Fatalf("line %d: unknown trouble %q", s.line, s.text)
	}
	var events []chat.Event
	err := r.db.View(context.Background(), func(ctx context.Context, v *storage.Reader) error {
		var err error
		events, err = fn(ctx, v, rest)
		return err
	})
	if err != nil {
		r.t.Fatalf("line %d: %v", s.line, err)
	}
	r.deliver(events...)
}

// ballot lets a member vote in a poll of the network's own form: who, options
// from 0 with commas, and "lost" for a poll whose sending was forgotten.
func (r *run) ballot(s step, rest string) {
	who, more, _ := strings.Cut(rest, " ")
	options, lost, _ := strings.Cut(more, " ")
	var newest chattest.Shown
	for _, m := range r.net.All() {
		if m.Poll != "" {
			newest = m
		}
	}
	if newest.Poll == "" {
		r.t.Fatalf("line %d: there is no poll", s.line)
	}
	b := chat.Ballot{Poll: newest.Poll}
	if lost != "" {
		b.Poll = lost
	}
	for o := range strings.SplitSeq(options, ",") {
		if n, err := strconv.Atoi(o); err == nil {
			b.Options = append(b.Options, n)
		}
	}
	vote := r.event(step{who: who}, chat.Chat{Ref: newest.Chat})
	vote.Chat, vote.Kind, vote.Detail = chat.Chat{}, chat.Vote, b
	r.last[who] = vote
	question := ""
	if newest.Content.Poll != nil && newest.Content.Poll.Question != "" {
		question = newest.Content.Poll.Question
	}
	told := r.event(step{}, chat.Chat{Ref: newest.Chat})
	told.Chat, told.Kind, told.Sender, told.Detail = chat.Chat{}, chat.PollTold, chat.User{}, chat.PollState{Poll: b.Poll, Question: question}
	if err := r.network(newest.Chat).Deliver(context.Background(), vote, told); err != nil {
		r.t.Errorf("line %d: %v", s.line, err)
	}
}

// crowd lets many members say the same at one time.
func (r *run) crowd(s step, rest string) {
	count, text, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(count)
	if err != nil {
		r.t.Fatalf("line %d: %v", s.line, err)
	}
	name := "成员%02d"
	if r.language == "en" {
		name = "Member%02d"
	}
	var all []chat.Event
	for i := range n {
		who := fmt.Sprintf(name, i+1)
		ev := r.event(step{who: who, text: text}, r.place(step{}))
		r.last[who] = ev
		all = append(all, ev)
	}
	r.deliver(all...)
}
