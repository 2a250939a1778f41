package sandbox

import (
	"context"
	"slices"

	"qunmate/bot/chat"
)

// keepIntakes is how many requests are remembered, to answer a repeated one
// with the very same event.
const keepIntakes = 2048

// intake is one request of the page that becomes an event, with everything
// that belongs to it. The page makes the id and repeats it when it tries
// again.
type intake struct {
	request string // in canonical form: one id, one request
	event   chat.Event
	silent  bool   // the bot does not hear it: nothing is delivered
	entry   *entry // what the chat will see of it, nil for nothing
	undo    func() // takes back what was done to the world; may be nil
	world   bool   // the world changed and is to be kept

	flying int  // deliveries under way
	done   bool // one of them was committed
}

type intakes struct {
	byID  map[string]*intake
	order []string
}

func newIntakes() intakes { return intakes{byID: map[string]*intake{}} }

func (k *intakes) add(id string, in *intake) {
	k.byID[id] = in
	k.order = append(k.order, id)
	for len(k.order) > keepIntakes {
		oldest := k.byID[k.order[0]]
		if oldest != nil && !oldest.done {
			return
		}
		delete(k.byID, k.order[0])
		k.order = slices.Delete(k.order, 0, 1)
	}
}

// submit makes the event of a request, or takes the one made before under the
// same id, and returns when the engine has committed it. Repeated requests,
// also parallel ones, all reach the engine under one event id: it is the
// engine that makes them happen once.
func (s *Sandbox) submit(ctx context.Context, id, request string, build func(n int64) (*intake, *problem)) *problem {
	n, err := s.number(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "sandbox: no message number", "error", err)
		return unavailable
	}
	var dropped []*entry
	s.mu.Lock()
	in := s.intakes.byID[id]
	switch {
	case in != nil && in.request != request:
		s.mu.Unlock()
		return conflict
	case in == nil:
		var p *problem
		if in, p = build(n); in == nil {
			s.mu.Unlock()
			return p
		}
		in.request = request
		in.event.ID = ref(id)
		s.intakes.add(id, in)
		if in.entry != nil {
			in.entry.pending = true
			dropped = s.logs[in.entry.Chat].put(in.entry)
		}
	}
	in.flying++
	event, silent := in.event, in.silent
	s.mu.Unlock()
	for _, old := range dropped {
		s.forget(ctx, old)
	}

	if !silent {
		err = s.gate.call(ctx, event)
	}

	s.mu.Lock()
	in.flying--
	if err != nil {
		if in.flying == 0 && !in.done {
			s.abandon(id, in)
		}
		s.mu.Unlock()
		s.log.WarnContext(ctx, "sandbox: event not taken", "event", id, "error", err)
		return unavailable
	}
	first := !in.done
	in.done = true
	s.mu.Unlock()
	if first {
		s.settle(ctx, in)
	}
	return nil
}

// abandon takes back a request that no delivery could commit, so that it can
// be tried again as if it were new. The caller holds mu.
func (s *Sandbox) abandon(id string, in *intake) {
	delete(s.intakes.byID, id)
	if in.entry != nil {
		s.logs[in.entry.Chat].remove(in.entry.N)
	}
	if in.undo != nil {
		in.undo()
		s.publishChats()
	}
}

// settle shows a committed request in its chat. The effect is in the
// database by now, so that a failure to keep the line is logged, not told.
func (s *Sandbox) settle(ctx context.Context, in *intake) {
	ctx = context.WithoutCancel(ctx)
	if in.world {
		s.keepWorld(ctx)
	}
	e := in.entry
	if e == nil {
		return
	}
	if err := s.keep.putEntry(ctx, e); err != nil {
		s.log.ErrorContext(ctx, "sandbox: message not kept", "error", err)
	}
	s.mu.Lock()
	deleted := s.logs[e.Chat].find(e.N) == nil
	if !deleted {
		e.pending = false
		s.publishEntry(e)
	}
	s.mu.Unlock()
	if deleted { // by the bot, before it was ever shown
		s.forget(ctx, e)
	}
}

// speaker checks who wants to do something where. The caller holds mu.
func (s *Sandbox) speaker(chatID, as string) *problem {
	switch {
	case !isPersona(as):
		return noPersona
	case !isChat(chatID):
		return noChat
	case !s.world.maySpeak(chatID, as):
		return notMember
	}
	return nil
}

func (s *Sandbox) say(ctx context.Context, r sayRequest) *problem {
	lang := s.language(r.Lang)
	request := fingerprint("say", r.Chat, r.As, r.Text, r.ReplyTo, sumOf(r.Picture), r.File.print())
	return s.submit(ctx, r.ID, request, func(n int64) (*intake, *problem) {
		if p := s.speaker(r.Chat, r.As); p != nil {
			return nil, p
		}
		e := &entry{N: n, Chat: r.Chat, At: s.now().UTC(), From: r.As, Key: r.ID, Spans: s.texts.spans(r.Text)}
		if kind := pictureType(r.Picture); kind != "" {
			e.attach(r.Picture, kind)
		} else if r.File != nil {
			e.File, e.data = &fileInfo{Name: r.File.Name, MIME: r.File.kind(), Size: len(r.File.Data)}, r.File.Data
		}
		in := &intake{entry: e, silent: !s.world.Bot[r.Chat]}
		// After a restart the log still knows what was said under this id.
		if old := s.logs[r.Chat].findKey(r.ID); old != nil {
			if old.From != r.As || old.text() != e.text() {
				return nil, conflict
			}
			e, in.entry = old, nil
		}
		a := s.texts.address(r.Text)
		ev := chat.Event{
			Chat: s.texts.chat(r.Chat, lang), Kind: chat.Message, Sender: s.texts.user(r.As, lang),
			Text: a.text, ToBot: a.toBot, ForOther: a.forOther, At: e.At, Reply: e.id(),
		}
		for _, id := range a.mentions {
			ev.Mentions = append(ev.Mentions, s.texts.user(id, lang))
		}
		if r.ReplyTo != "" {
			q := s.logs[r.Chat].findID(r.ReplyTo)
			if q == nil || q.pending || q.Notice != "" || !q.seenBy(r.As) {
				return nil, noMessage
			}
			e.ReplyTo = q.N
			ev.Quoted = s.texts.user(q.From, lang)
			ev.Picture = q.picture()
			ev.ByReply = !ev.ToBot && q.From == botID
			ev.ToBot = ev.ToBot || q.From == botID
		}
		if p := e.picture(); p != nil {
			ev.Picture = p
		}
		ev.File = e.upload()
		in.event = ev
		return in, nil
	})
}

func (s *Sandbox) press(ctx context.Context, r pressRequest) *problem {
	lang := s.language(r.Lang)
	request := fingerprint("press", r.Chat, r.As, r.Message, r.Choice)
	return s.submit(ctx, r.ID, request, func(int64) (*intake, *problem) {
		if p := s.speaker(r.Chat, r.As); p != nil {
			return nil, p
		}
		m := s.logs[r.Chat].findID(r.Message)
		if m == nil || m.pending || !m.seenBy(r.As) {
			return nil, noMessage
		}
		if !slices.ContainsFunc(m.Choices, func(c chat.Choice) bool { return c.URL == "" && c.Command == r.Choice }) {
			return nil, noChoice
		}
		if !s.world.Bot[r.Chat] {
			return nil, noBot
		}
		return &intake{event: chat.Event{
			Chat: s.texts.chat(r.Chat, lang), Kind: chat.Press, Sender: s.texts.user(r.As, lang),
			Text: r.Choice, ToBot: true, At: s.now().UTC(), Reply: m.id(),
		}}, nil
	})
}

// member lets a persona join or leave a group. The world changes before the
// engine hears of it, as on a real network, and changes back when it cannot.
func (s *Sandbox) member(ctx context.Context, r changeRequest) *problem {
	lang := s.language(r.Lang)
	request := fingerprint("member", r.Chat, r.As, r.Action)
	return s.submit(ctx, r.ID, request, func(n int64) (*intake, *problem) {
		switch {
		case !isPersona(r.As):
			return nil, noPersona
		case !isGroup(r.Chat):
			return nil, noChat
		}
		in := r.Action == actionJoin
		members := s.world.Members[r.Chat]
		if members[r.As] == in {
			return nil, nil
		}
		kind, notice := chat.Leave, "left"
		if in {
			kind, notice = chat.Join, "joined"
		}
		user := s.texts.user(r.As, lang)
		at := s.now().UTC()
		members[r.As] = in
		s.publishChats()
		return &intake{
			event: chat.Event{
				Chat: s.texts.chat(r.Chat, lang), Kind: kind, Sender: user, At: at,
				Detail: chat.Membership{User: user},
			},
			silent: !s.world.Bot[r.Chat],
			entry:  &entry{N: n, Chat: r.Chat, At: at, Notice: notice, Who: r.As, Key: r.ID},
			undo:   func() { members[r.As] = !in },
			world:  true,
		}, nil
	})
}

// bot puts the bot into a chat or takes it out. In a private chat that is
// what blocking it does elsewhere.
func (s *Sandbox) bot(ctx context.Context, r changeRequest) *problem {
	lang := s.language(r.Lang)
	request := fingerprint("bot", r.Chat, r.As, r.Action)
	return s.submit(ctx, r.ID, request, func(n int64) (*intake, *problem) {
		if p := s.speaker(r.Chat, r.As); p != nil {
			return nil, p
		}
		in := r.Action == actionAdd
		if s.world.Bot[r.Chat] == in {
			return nil, nil
		}
		standing, notice := chat.Removed, "bot_removed"
		if in {
			standing, notice = chat.Added, "bot_added"
		}
		at := s.now().UTC()
		s.world.Bot[r.Chat] = in
		s.publishChats()
		return &intake{
			event: chat.Event{
				Chat: s.texts.chat(r.Chat, lang), Kind: chat.ChatChanged, Sender: s.texts.user(r.As, lang), At: at,
				Detail: chat.ChatChange{Standing: standing, Missing: []string{}},
			},
			entry: &entry{N: n, Chat: r.Chat, At: at, Notice: notice, Who: r.As, Key: r.ID},
			undo:  func() { s.world.Bot[r.Chat] = !in },
			world: true,
		}, nil
	})
}

// mute makes everything fail that the bot sends to a group, or ends that: an
// operator rehearses what a report says then. The bot is not told, as it is not
// where it loses the right to write.
func (s *Sandbox) mute(ctx context.Context, r changeRequest) *problem {
	if !isGroup(r.Chat) {
		return noChat
	}
	s.mu.Lock()
	s.world.Mute[r.Chat] = r.Action == actionMute
	s.publishChats()
	s.mu.Unlock()
	s.keepWorld(ctx)
	return nil
}

func (s *Sandbox) language(lang string) string {
	if lang == "" {
		return s.opts.Language
	}
	return lang
}
