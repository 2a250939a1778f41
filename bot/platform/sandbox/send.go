package sandbox

import (
	"context"
	"strings"
	"unicode/utf8"

	"qunmate/bot/chat"
)

// Failure is a fault to rehearse: what Send does instead of its work.
type Failure struct {
	Err   *chat.SendError
	Times int // how often; below 0: until FailSend is called again
	// After makes the failure come after the effect: the message is shown and
	// the error returned all the same, as when a connection drops in between.
	After bool
}

// FailSend makes Send, and nothing else, fail in a chat; the zero Ref stands
// for every chat without a failure of its own. A Failure without Err ends it.
func (s *Sandbox) FailSend(c chat.Ref, f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Err == nil || f.Times == 0 {
		delete(s.faults, c.ID)
		return
	}
	s.faults[c.ID] = &f
}

// fault takes one failure of a chat, if there is one.
func (s *Sandbox) fault(id string) *Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := id
	f := s.faults[key]
	if f == nil {
		key = ""
		f = s.faults[key]
	}
	if f == nil {
		return nil
	}
	taken := *f
	if f.Times > 0 {
		f.Times--
	}
	if f.Times == 0 {
		delete(s.faults, key)
	}
	return &taken
}

// Send implements chat.Platform: the letter becomes a message of the chat (or
// several, if it is longer than one may be), or replaces one. It is there, and
// kept, when Send returns nil.
func (s *Sandbox) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	if err := ctx.Err(); err != nil {
		return chat.Sent{}, &chat.SendError{Fault: chat.Retry, Err: err}
	}
	if err := s.acceptable(l); err != nil {
		return chat.Sent{}, err
	}
	f := s.fault(l.Chat.Ref.ID)
	if f != nil && !f.After {
		return chat.Sent{}, f.Err
	}
	var sent chat.Sent
	var err error
	if l.Edit != "" {
		sent, err = s.edit(ctx, l)
	} else {
		sent, err = s.post(ctx, l)
	}
	if err == nil && f != nil {
		return chat.Sent{}, f.Err
	}
	return sent, err
}

func (s *Sandbox) acceptable(l chat.Letter) error {
	id := l.Chat.Ref.ID
	if l.Chat.Ref.Domain != Domain || !isChat(id) {
		return gone("there is no chat %s", l.Chat.Ref)
	}
	s.mu.Lock()
	in, mute := s.world.Bot[id], s.world.Mute[id]
	s.mu.Unlock()
	switch {
	case !in:
		return gone("the bot may not write in %s", l.Chat.Ref)
	case mute: // in the words of a real network, so that reports say the same
		return rejected("not enough rights to send messages in %s", l.Chat.Ref)
	}
	plain := chat.Plain(l.Content.Text)
	if plain == "" && l.Content.File == nil && !l.Content.Picture.On(Domain) {
		return rejected("the message is empty")
	}
	if l.Edit != "" && utf8.RuneCountInString(plain) > MaxText {
		return rejected("the message is longer than %d characters", MaxText)
	}
	// Better refused than shown to everybody.
	if l.Content.Private && isGroup(id) && l.Edit == "" && (l.To.Ref.Domain != Domain || !isPersona(l.To.Ref.ID)) {
		return rejected("a private message for nobody here: %q", l.To.Ref)
	}
	return nil
}

// idSeparator stands between the ids of a text that needed several messages.
const idSeparator = " "

func (s *Sandbox) post(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	var ids []string
	parts := chat.Split(chat.Parse(l.Content.Text), MaxText, utf8.RuneCountInString)
	for i, part := range parts {
		c := l.Content
		if i < len(parts)-1 { // buttons and files come last
			c.Choices, c.File, c.Picture = nil, nil, nil
		}
		id, err := s.postPart(ctx, l, c, part)
		if err != nil {
			fault := chat.Retry
			if i > 0 {
				fault = chat.Unknown // some of it has been seen
			}
			return chat.Sent{ID: strings.Join(ids, idSeparator)}, &chat.SendError{Fault: fault, Err: err}
		}
		ids = append(ids, id)
	}
	return chat.Sent{ID: strings.Join(ids, idSeparator)}, nil
}

func (s *Sandbox) postPart(ctx context.Context, l chat.Letter, c chat.Content, text []chat.Span) (string, error) {
	n, err := s.number(ctx)
	if err != nil {
		return "", err
	}
	e := &entry{N: n, Chat: l.Chat.Ref.ID, At: s.now().UTC(), From: botID}
	e.sayPart(c, text)
	if c.Private && isGroup(e.Chat) {
		e.To = l.To.Ref.ID
	}
	s.mu.Lock()
	if q := s.logs[e.Chat].findID(l.Reply); q != nil && q.N < n && q.Notice == "" {
		e.ReplyTo = q.N
	}
	s.mu.Unlock()
	if err := s.keep.putEntry(ctx, e); err != nil {
		return "", err
	}
	s.show(ctx, e)
	return e.id(), nil
}

func (s *Sandbox) edit(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	s.editing.Lock()
	defer s.editing.Unlock()
	s.mu.Lock()
	old := s.logs[l.Chat.Ref.ID].findID(l.Edit)
	s.mu.Unlock()
	if old == nil || old.From != botID {
		return chat.Sent{}, rejected("there is no message %q to edit", l.Edit)
	}
	e := *old
	e.say(l.Content)
	e.Edited = true
	if err := s.keep.putEntry(ctx, &e); err != nil {
		return chat.Sent{}, &chat.SendError{Fault: chat.Retry, Err: err}
	}
	s.mu.Lock()
	gone := s.logs[e.Chat].find(e.N) == nil
	s.mu.Unlock()
	if gone { // it became too old meanwhile
		s.forget(ctx, &e)
		return chat.Sent{}, rejected("there is no message %q to edit", l.Edit)
	}
	s.show(ctx, &e)
	return chat.Sent{ID: e.id()}, nil
}

// Delete implements chat.Deleter. The bot may take back members' messages
// too, as an administrator may elsewhere.
func (s *Sandbox) Delete(ctx context.Context, c chat.Chat, id string) error {
	for one := range strings.SplitSeq(id, idSeparator) {
		if err := s.deleteOne(ctx, c, one); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sandbox) deleteOne(ctx context.Context, c chat.Chat, id string) error {
	if c.Ref.Domain != Domain || !isChat(c.Ref.ID) {
		return gone("there is no chat %s", c.Ref)
	}
	s.editing.Lock()
	defer s.editing.Unlock()
	s.mu.Lock()
	in := s.world.Bot[c.Ref.ID]
	log := s.logs[c.Ref.ID]
	e := log.findID(id)
	uncommitted := e != nil && e.pending
	s.mu.Unlock()
	switch {
	case !in:
		return gone("the bot is not in %s", c.Ref)
	case e == nil:
		return nil
	case e.Notice != "":
		return rejected("message %q is a notice", id)
	}
	if err := s.keep.deleteEntry(ctx, e); err != nil {
		return &chat.SendError{Fault: chat.Retry, Err: err}
	}
	s.mu.Lock()
	log.remove(e.N)
	s.hub.publish(streamed{kind: "delete", chat: e.Chat, to: e.To, data: encode(removal{Chat: e.Chat, ID: e.id()})})
	s.mu.Unlock()
	if uncommitted {
		// The member's request may have written it after the delete above.
		s.forget(ctx, e)
	}
	return nil
}

// show puts an entry that is kept already into its log and on every page.
func (s *Sandbox) show(ctx context.Context, e *entry) {
	s.mu.Lock()
	dropped := s.logs[e.Chat].put(e)
	s.publishEntry(e)
	s.mu.Unlock()
	for _, old := range dropped {
		s.forget(ctx, old)
	}
}
