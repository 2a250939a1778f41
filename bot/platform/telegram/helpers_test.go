package telegram

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/telegram/tgtest"
)

var (
	group = tgtest.Chat{ID: -1001234567890, Title: "Product talk"}
	forum = tgtest.Chat{ID: -1009876543210, Title: "Forum", Forum: true}
	aning = tgtest.User{ID: 5123456789, First: "Aning", Handle: "aning"}
	bob   = tgtest.User{ID: 6123456789, First: "Bob", Last: "<b>Q</b> & Co"}
)

// rig is a connection with its server.
type rig struct {
	*Telegram
	t    *testing.T
	s    *tgtest.Server
	logs *chattest.Logs
}

// bubble runs a test with a fake clock: the server is in memory, so that time
// moves whenever everybody waits.
func bubble(t *testing.T, so tgtest.Options, change func(*Options), test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := tgtest.NewServer(so)
		defer s.Close()
		r := connect(t, s, func(o *Options) {
			o.Transport = s.Transport()
			if change != nil {
				change(o)
			}
		})
		test(r)
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("the server saw what no bot should do: %v", p)
		}
		if log := r.logs.String(); strings.Contains(log, secretOf(s)) || strings.Contains(log, testSecret) {
			t.Error("a secret is in the logs")
		}
	})
}

func connect(t *testing.T, s *tgtest.Server, change func(*Options)) *rig {
	t.Helper()
	l := &chattest.Logs{}
	o := Options{Name: "main", Token: s.Token(), BaseURL: s.URL(), Log: l.Logger(), Rand: func() float64 { return 0.5 }}
	if change != nil {
		change(&o)
	}
	tg, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{Telegram: tg, t: t, s: s, logs: l}
}

// secretOf is the part of the token that nobody may see.
func secretOf(s *tgtest.Server) string {
	_, secret, _ := strings.Cut(s.Token(), ":")
	return secret
}

// sink is an engine that remembers what it was given.
type sink struct {
	mu     sync.Mutex
	events []chat.Event
	fail   func(call int) error // nil: never
	calls  int
	more   chan struct{}
}

func newSink() *sink { return &sink{more: make(chan struct{}, 1)} }

var errNotNow = errors.New("the disk is full")

func (k *sink) deliver(_ context.Context, events []chat.Event) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	if k.fail != nil {
		if err := k.fail(k.calls); err != nil {
			return err
		}
	}
	k.events = append(k.events, events...)
	select {
	case k.more <- struct{}{}:
	default:
	}
	return nil
}

func (k *sink) all() []chat.Event {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]chat.Event(nil), k.events...)
}

// wait waits for n events in all.
func (k *sink) wait(t *testing.T, n int) []chat.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for {
		if all := k.all(); len(all) >= n {
			return all
		}
		select {
		case <-k.more:
		case <-ctx.Done():
			t.Fatalf("%d events, want %d", len(k.all()), n)
		}
	}
}

// start runs the connection; the returned function stops it and gives Run's
// error.
func (r *rig) start(deliver chat.Deliver) (stop func() error) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, deliver) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	r.t.Cleanup(func() { _ = stop() })
	return stop
}

// chatOfTest is how the adapter describes a chat of the server.
func chatOfTest(c tgtest.Chat) chat.Chat {
	if c.ID > 0 {
		return chat.Chat{Ref: chatRef(c.ID), Type: chat.Private, Title: c.Title}
	}
	return chat.Chat{Ref: chatRef(c.ID), Type: chat.Group, Title: c.Title}
}

func userOfTest(u tgtest.User) chat.User {
	return chat.User{Ref: chatRef(u.ID), Name: strings.TrimSpace(u.First + " " + u.Last)}
}

// fault is the SendError in err; the test fails if there is none.
func fault(t *testing.T, err error) *chat.SendError {
	t.Helper()
	se, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		t.Fatalf("%v (%T) is no SendError", err, err)
	}
	return se
}
