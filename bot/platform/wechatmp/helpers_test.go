package wechatmp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wechatmp/wechattest"
)

const (
	aning = "oaning_-2ZXCV8f9Qw3nB1xYzAB"
	bob   = "obob_-2ZXCV8f9Qw3nB1xYzABCD"
)

// rig is a connection with its server and an engine that answers as it is told.
type rig struct {
	*Account
	t    *testing.T
	s    *wechattest.Server
	logs *chattest.Logs

	mu     sync.Mutex
	events []chat.Event
	// answer says which letters an event brings and after which time.
	answer func(chat.Event) []string
	delay  time.Duration
	// commit fails deliveries, or makes them wait.
	commit func(context.Context) error
	known  map[string]bool
	errs   []error
}

// sealedMode is an account whose messages are sealed.
var sealedMode = wechattest.Options{EncodingAESKey: wechattest.DefaultAESKey}

// bubble runs a test with a fake clock against a server in memory.
func bubble(t *testing.T, so wechattest.Options, change func(*Options), test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := wechattest.NewServer(so)
		r := connect(t, s, change)
		test(r)
		if p := s.Problems(); len(p) > 0 {
			t.Errorf("the server saw what no program should do: %q", p)
		}
		r.noSecrets(r.logs.String())
	})
}

func connect(t *testing.T, s *wechattest.Server, change func(*Options)) *rig {
	t.Helper()
	l := &chattest.Logs{}
	o := Options{
		Name: "oa", AppID: s.AppID(), AppSecret: s.AppSecret(), Token: s.Token(), EncodingAESKey: s.EncodingAESKey(), BaseURL: s.URL(),
		Transport: s.Transport(), Log: l.Logger(),
		Rand: func() float64 { return 0.5 },
	}
	if change != nil {
		change(&o)
	}
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Connect(a, a.Path())
	return &rig{Account: a, t: t, s: s, logs: l, known: map[string]bool{}}
}

func (r *rig) noSecrets(text string) {
	r.t.Helper()
	for _, secret := range []string{r.s.AppSecret(), r.s.Token(), wechattest.DefaultAESKey, "must-never-be-logged"} {
		if strings.Contains(text, secret) {
			r.t.Errorf("a secret is in %s", text)
		}
	}
}

// deliver is the engine's door: it takes each event once, and its letters
// leave after the commit.
func (r *rig) deliver(ctx context.Context, events []chat.Event) error {
	if r.commit != nil {
		if err := r.commit(ctx); err != nil {
			return err
		}
	}
	for _, ev := range events {
		r.mu.Lock()
		twice := r.known[ev.ID.String()]
		r.known[ev.ID.String()] = true
		if !twice {
			r.events = append(r.events, ev)
		}
		r.mu.Unlock()
		if !twice && r.answer != nil {
			go r.letters(ev)
		}
	}
	return nil
}

func (r *rig) letters(ev chat.Event) {
	time.Sleep(r.delay)
	for _, text := range r.answer(ev) {
		_, err := r.Send(context.Background(), chat.Letter{Chat: ev.Chat, To: ev.Sender, Reply: ev.Reply, Content: chat.Content{Text: text}})
		r.mu.Lock()
		r.errs = append(r.errs, err)
		r.mu.Unlock()
	}
}

// outcomes are the errors of all letters so far, nil for those that were sent.
func (r *rig) outcomes() []error {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.errs)
}

func (r *rig) all() []chat.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// echo answers a message with its text and everything else with nothing.
func echo(ev chat.Event) []string {
	if ev.Kind == chat.Message || ev.Kind == chat.Press {
		return []string{"you said " + chat.Escape(ev.Text)}
	}
	return nil
}

// start runs the connection; the returned function stops it and gives Run's
// error.
func (r *rig) start() (stop func() error) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, r.deliver) }()
	synctest.Wait()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	r.t.Cleanup(func() { _ = stop() })
	return stop
}

// screen is what a person reads, each message with how it came: "<" the answer
// to a request, "+" a customer service message, "!" out of order.
func (r *rig) screen(openid string) string {
	synctest.Wait()
	var out []string
	for _, m := range r.s.Shown(openid) {
		sign := "+"
		switch {
		case m.Trouble:
			sign = "!"
		case m.Passive:
			sign = "<"
		}
		out = append(out, sign+m.Text)
	}
	return strings.Join(out, " ")
}

func (r *rig) reads(openid, want string) {
	r.t.Helper()
	if got := r.screen(openid); got != want {
		r.t.Errorf("the screen shows %q, want %q", got, want)
	}
}

// pass lets time pass in the bubble.
func (r *rig) pass(d time.Duration) { time.Sleep(d) }

// letter sends a text that answers nothing.
func (r *rig) letter(openid, text string) error {
	_, err := r.Send(r.t.Context(), chat.Letter{Chat: r.chat(openid), Content: chat.Content{Text: text}})
	return err
}

func (r *rig) chat(openid string) chat.Chat {
	return chat.Chat{Ref: chat.Ref{Domain: r.Domain(), ID: openid}, Type: chat.Private}
}

func (r *rig) mayPush(openid string) bool { return r.Caps(r.chat(openid)).Push }

// fault is the SendError in err; the test fails if there is none.
func fault(t *testing.T, err error) *chat.SendError {
	t.Helper()
	se, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		t.Fatalf("%v (%T) is no SendError", err, err)
	}
	return se
}
