package wecombot

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
	"qunmate/bot/platform/wecombot/wecomtest"
)

var (
	group = wecomtest.Chat{ID: "wrkSFfCgAAb_CaseKept", Group: true}
	lilei = wecomtest.Private("lilei")
)

// rig is a connection with its server.
type rig struct {
	*Bot
	t    *testing.T
	s    *wecomtest.Server
	logs *chattest.Logs
	wire *wireTap
	// careless tests provoke problems on purpose.
	careless bool
}

// bubble runs a test with a fake clock: the server is in memory, so that time
// moves whenever everybody waits.
func bubble(t *testing.T, so wecomtest.Options, change func(*Options), test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := wecomtest.NewServer(so)
		defer s.Close()
		r := connect(t, s, change)
		defer r.wire.close()
		test(r)
		if p := s.Problems(); len(p) > 0 && !r.careless {
			t.Errorf("the server saw what no bot should do: %v", p)
		}
		for _, secret := range []string{s.Secret(), s.Token(), s.AESKey(), "response_code"} {
			if strings.Contains(r.logs.String(), secret) {
				t.Errorf("%q is in the logs:\n%s", secret, r.logs)
			}
		}
	})
}

func connect(t *testing.T, s *wecomtest.Server, change func(*Options)) *rig {
	t.Helper()
	r := &rig{t: t, s: s, logs: &chattest.Logs{}, wire: &wireTap{next: s.Transport()}}
	o := Options{
		Name: "helper", Mention: s.Mention(), WebSocketURL: s.URL(), BaseURL: s.BaseURL(), BotID: s.BotID(), Secret: s.Secret(),
		Log: r.logs.Logger(), Rand: func() float64 { return 0.5 }, Transport: r.wire,
	}
	if change != nil {
		change(&o)
	}
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.Bot = b
	return r
}

// callbackMode is a change of options.
func callbackMode(o *Options) {
	o.Mode, o.BotID, o.Secret = Callback, "", ""
	o.Token, o.EncodingAESKey = wecomtest.DefaultToken, wecomtest.DefaultAESKey
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
	if r.opts.Mode == Callback {
		r.s.CallBack(r)
		synctest.Wait()
	}
	return stop
}

// up starts the connection and waits until it is subscribed.
func (r *rig) up(deliver chat.Deliver) (stop func() error) {
	r.t.Helper()
	stop = r.start(deliver)
	if err := r.s.WaitSubscribed(r.t.Context(), 1); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return stop
}

// heard lets a user say something and returns the event of it.
func (r *rig) heard(k *sink, c wecomtest.Chat, user, text string) chat.Event {
	r.t.Helper()
	n := len(k.all())
	r.s.Tell(c, user, text)
	return k.wait(r.t, n+1)[n]
}

// letter is an answer to an event.
func letter(ev chat.Event, text string, choices ...chat.Choice) chat.Letter {
	return chat.Letter{ID: 7, Chat: ev.Chat, To: ev.Sender, Reply: ev.Reply, Content: chat.Content{Text: text, Choices: choices}}
}

func (r *rig) mustSend(l chat.Letter) chat.Sent {
	r.t.Helper()
	sent, err := r.Send(r.t.Context(), l)
	if err != nil {
		r.t.Fatalf("Send: %v", err)
	}
	return sent
}

// last is the newest message the server accepted.
func (r *rig) last() wecomtest.Sent {
	r.t.Helper()
	all := r.s.Sent()
	if len(all) == 0 {
		r.t.Fatal("nothing was sent")
	}
	return all[len(all)-1]
}

// waitFor lets the bubble's clock run.
func waitFor(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
	synctest.Wait()
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

func wantFault(t *testing.T, err error, want chat.Fault) {
	t.Helper()
	if se := fault(t, err); se.Fault != want {
		t.Fatalf("%v is %s, want %s", err, se.Fault, want)
	}
}

func choice(label, command string) chat.Choice { return chat.Choice{Label: label, Command: command} }
