package chattest_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
)

// server stands behind the in-memory network: it brings what people do until it
// is taken, and fails when it is told to.
type server struct {
	*chattest.Network
	mu    sync.Mutex
	queue []chat.Event
	more  chan struct{}
	last  chat.Event
	n     int
	fail  map[chat.Ref]func(chat.Letter) (before, after error)
}

var (
	room    = chat.Chat{Ref: chat.Ref{Domain: chattest.Domain, ID: "g1"}, Type: chat.Group, Title: "产品群"}
	moved   = chat.Ref{Domain: chattest.Domain, ID: "g2"}
	ann     = chat.User{Ref: chat.Ref{Domain: chattest.Domain, ID: "ann"}, Name: "阿宁 <b>&"}
	bob     = chat.User{Ref: chat.Ref{Domain: chattest.Domain, ID: "bob"}, Name: "Bob"}
	private = chat.Chat{Ref: ann.Ref, Type: chat.Private, Title: ann.Name}
	errNet  = errors.New("the network")
)

func newServer(caps chat.Caps) *server {
	return &server{Network: chattest.NewNetwork("main", caps), more: make(chan struct{}, 1), fail: map[chat.Ref]func(chat.Letter) (error, error){}}
}

// Run brings events one by one, the same one until it is taken.
func (s *server) Run(ctx context.Context, deliver chat.Deliver) error {
	for {
		s.mu.Lock()
		var next []chat.Event
		if len(s.queue) > 0 {
			next = s.queue[:1]
		}
		s.mu.Unlock()
		if next == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-s.more:
			}
			continue
		}
		if err := deliver(ctx, next); err != nil {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second):
			}
			continue
		}
		s.mu.Lock()
		s.queue = s.queue[1:]
		s.mu.Unlock()
	}
}

func (s *server) bring(ev chat.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ev.ID.ID == "" {
		s.n++
		ev.ID = chat.Ref{Domain: chattest.Domain, ID: strconv.Itoa(s.n)}
		ev.At, ev.Reply = time.Now().UTC(), ev.ID.ID
	}
	s.last = ev
	s.queue = append(s.queue, ev)
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *server) say(c chat.Chat, who chat.User, text string) {
	ev := chat.Event{Chat: c, Kind: chat.Message, Sender: who, Text: text}
	ev.Text, ev.ToBot = strings.CutPrefix(text, "@bot")
	ev.Text = strings.TrimPrefix(ev.Text, " ")
	s.bring(ev)
}

// Send fails as it was told.
func (s *server) Send(ctx context.Context, l chat.Letter) (chat.Sent, error) {
	if err := ctx.Err(); err != nil {
		return chat.Sent{}, &chat.SendError{Fault: chat.Retry, Err: err}
	}
	s.mu.Lock()
	f := s.fail[l.Chat.Ref]
	delete(s.fail, l.Chat.Ref)
	s.mu.Unlock()
	var after error
	if f != nil {
		before, late := f(l)
		if before != nil {
			return chat.Sent{}, before
		}
		after = late
	}
	var sent chat.Sent
	// Like a real network it takes texts of a certain length only.
	for i, part := range chat.Split(chat.Parse(l.Content.Text), s.Caps(l.Chat).MaxText, func(s string) int { return len([]rune(s)) }) {
		one := l
		if i > 0 {
			one.Edit = ""
		}
		var b strings.Builder
		for _, span := range part {
			b.WriteString(chat.Escape(span.Text))
		}
		one.Content.Text = b.String()
		got, err := s.Network.Send(ctx, one)
		if err != nil {
			return sent, err
		}
		if i == 0 {
			sent = got
		}
	}
	return sent, after
}

func (s *server) failNext(c chat.Chat, f chattest.Failure, after time.Duration) bool {
	fault := map[chattest.Failure]chat.Fault{
		chattest.Throttle: chat.Throttled, chattest.ServerError: chat.Retry, chattest.DropBefore: chat.Retry, chattest.DropAfter: chat.Unknown,
		chattest.GarbledReply: chat.Unknown, chattest.RefuseText: chat.Rejected, chattest.Kick: chat.Gone, chattest.Move: chat.Moved,
	}[f]
	err := &chat.SendError{Fault: fault, Err: errNet}
	if fault == chat.Throttled {
		err.After = after
	}
	if fault == chat.Moved {
		err.To = moved
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail[c.Ref] = func(chat.Letter) (error, error) {
		if fault == chat.Unknown {
			return nil, err
		}
		return err, nil
	}
	return true
}

func (s *server) seen(c chat.Chat, who chat.User) []chattest.Seen {
	var out []chattest.Seen
	for _, m := range s.All() {
		hidden := !m.To.Ref.IsZero() && m.To.Ref != who.Ref && s.Caps(c).Whispers
		if m.Chat != c.Ref || m.Deleted || hidden {
			continue
		}
		one := chattest.Seen{Text: chat.Plain(m.Content.Text), Edited: m.Edited}
		if p := m.Content.Picture; p != nil {
			one.Picture = p.Data
		}
		for _, b := range m.Content.Choices {
			one.Buttons = append(one.Buttons, b.Label)
		}
		out = append(out, one)
	}
	return out
}

func (s *server) press(c chat.Chat, who chat.User, label string) {
	if command, ok := s.Button(c.Ref, who.Ref, label); ok {
		s.bring(chat.Event{Chat: c, Kind: chat.Press, Sender: who, Text: command, ToBot: true})
	}
}

func (s *server) move(kind chat.Kind) func(chat.Chat, chat.User) {
	return func(c chat.Chat, who chat.User) {
		s.bring(chat.Event{Chat: c, Kind: kind, Sender: who, Detail: chat.Membership{User: who}})
	}
}

func subject(s *server) *chattest.Subject {
	s.SetAdmins(room.Ref, ann)
	return &chattest.Subject{
		Platform: s, Group: room, Private: private, Ann: ann, Bob: bob, MovedTo: moved, Mention: "@bot ",
		Say: s.say, Again: func() { s.bring(s.last) }, Press: s.press, Join: s.move(chat.Join), Leave: s.move(chat.Leave),
		Seen: s.seen, Fail: s.failNext, Secrets: []string{"s3cret"}, Logs: func() string { return "" },
	}
}

func TestTheInMemoryNetworkIsAPlatformLikeOthers(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*chat.Caps){
		"that can do everything": func(*chat.Caps) {},
		"without private answers": func(c *chat.Caps) {
			c.Whispers = false
		},
		"that hears only its name": func(c *chat.Caps) { c.Hears = false },
		"that can do little": func(c *chat.Caps) {
			*c = chat.Caps{Hears: true, Push: true, MaxText: 500}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chattest.RunInBubble(t, func(*testing.T) *chattest.Subject {
				caps := chattest.Full()
				change(&caps)
				return subject(newServer(caps))
			})
		})
	}
}

func TestTheSuiteRunsOnTheMachinesClockToo(t *testing.T) {
	t.Parallel()
	chattest.Run(t, func(*testing.T) *chattest.Subject { return subject(newServer(chattest.Full())) })
}

func TestWhatANetworkCannotDoIsSkipped(t *testing.T) {
	t.Parallel()
	chattest.RunInBubble(t, func(*testing.T) *chattest.Subject {
		s := newServer(chat.Caps{Push: true, MaxText: 2000})
		return &chattest.Subject{Platform: s, Group: room, Ann: ann, Seen: s.seen} // push only, as a webhook
	})
}
