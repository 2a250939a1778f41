package wecomcontact

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/chat/chattest"
	"qunmate/bot/platform/wecomcontact/contacttest"
)

// rig is a connection with its server and an engine that takes every event
// once.
type rig struct {
	*Contact
	t     *testing.T
	s     *contacttest.Server
	shelf *cupboard
	logs  *chattest.Logs
	opts  Options
	stop  func() error

	mu     sync.Mutex
	known  map[string]bool
	events []chat.Event
	commit func() error // fails deliveries
}

// bubble runs a test with a fake clock against a server in memory.
func bubble(t *testing.T, so contacttest.Options, change func(*Options), test func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, so, change)
		test(t, r)
		if r.stop != nil {
			if err := r.stop(); err != nil {
				t.Errorf("Run ended with %v", err)
			}
		}
		r.clean()
	})
}

func newRig(t *testing.T, so contacttest.Options, change func(*Options)) *rig {
	t.Helper()
	s := contacttest.NewServer(so)
	r := &rig{t: t, s: s, shelf: newShelf(), logs: &chattest.Logs{}, known: map[string]bool{}}
	r.opts = Options{
		Name: "staff/groups", CorpID: contacttest.CorpID, AgentID: contacttest.AgentID, Secret: contacttest.Secret, BaseURL: s.URL(), Transport: s.Transport(),
		Store: r.shelf, Callbacks: true, Log: slog.New(slog.NewTextHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})), Rand: func() float64 { return 0.5 },
	}
	if change != nil {
		change(&r.opts)
	}
	r.open()
	return r
}

func (r *rig) open() {
	r.t.Helper()
	var err error
	if r.Contact, err = New(r.t.Context(), r.opts); err != nil {
		r.t.Fatal(err)
	}
	contact := r.Contact
	r.s.Connect(func(ctx context.Context, xml []byte) error {
		_, err := contact.HandleEvent(ctx, xml)
		return err
	})
}

// clean holds the test against what no program should do or say.
func (r *rig) clean() {
	r.t.Helper()
	if p := r.s.Problems(); len(p) > 0 {
		r.t.Errorf("the server saw what no program should do: %q", p)
	}
	if strings.Contains(r.logs.String(), "must-never-be-logged") {
		r.t.Errorf("a secret is in the log:\n%s", r.logs)
	}
	if r.t.Failed() {
		r.t.Logf("log:\n%s", r.logs)
	}
}

func (r *rig) deliver(_ context.Context, events []chat.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.commit != nil {
		if err := r.commit(); err != nil {
			return err
		}
	}
	for _, ev := range events {
		if r.known[ev.ID.ID] {
			continue
		}
		r.known[ev.ID.ID] = true
		r.events = append(r.events, ev)
		if d, ok := ev.Detail.(chat.Delivery); ok {
			r.shelf.mu.Lock()
			r.shelf.waiting = slices.DeleteFunc(r.shelf.waiting, func(t Task) bool { return t.Chat == ev.Chat.Ref.ID && t.ID == d.ID })
			r.shelf.mu.Unlock()
		}
	}
	return nil
}

func (r *rig) setCommit(f func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commit = f
}

// start runs the connection.
func (r *rig) start() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	contact := r.Contact
	go func() { done <- contact.Run(ctx, r.deliver) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	synctest.Wait()
}

// restart is a crash and a new process on the same store.
func (r *rig) restart() {
	r.t.Helper()
	if err := r.stop(); err != nil {
		r.t.Errorf("Run ended with %v", err)
	}
	r.open()
	r.start()
}

func (r *rig) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// news are the events since the last call, in a word each.
func (r *rig) news() []string {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	out := []string{}
	for _, ev := range r.events {
		out = append(out, word(ev))
	}
	r.events = nil
	return out
}

// word is an event in short.
func word(ev chat.Event) string {
	switch d := ev.Detail.(type) {
	case chat.Membership:
		s := fmt.Sprintf("%s %s", ev.Kind, d.User.Ref.ID)
		switch {
		case d.Already:
			s += " already"
		case d.Source != "":
			s += " from " + d.Source
		}
		switch {
		case d.By.Anonymous:
			s += " by somebody"
		case d.By.Ref.ID != "":
			s += " by " + d.By.Ref.ID
		}
		return s
	case chat.ChatChange:
		return string(d.Standing) + " " + ev.Chat.Title
	case chat.Delivery:
		return strings.TrimSpace(string(d.Fate) + " " + d.Reason)
	}
	return string(ev.Kind)
}

func (r *rig) heard(want ...string) {
	r.t.Helper()
	if got := r.news(); !slices.Equal(got, want) {
		r.t.Errorf("heard %q\nwant  %q", got, want)
	}
}

// post sends a broadcast and keeps it as the outbox does.
func (r *rig) post(chatID, text string) error {
	r.t.Helper()
	sent, err := r.Send(r.t.Context(), chat.Letter{Chat: place(chatID), Content: chat.Content{Text: text}})
	if err == nil {
		if !sent.Waiting {
			r.t.Errorf("%q does not wait", text)
		}
		r.shelf.mu.Lock()
		r.shelf.waiting = append(r.shelf.waiting, Task{Chat: chatID, ID: sent.ID, Since: time.Now()})
		r.shelf.mu.Unlock()
	}
	return err
}

func place(id string) chat.Chat { return chat.Chat{Ref: groupRef(id), Type: chat.Group} }

// fault is the SendError in err.
func fault(t *testing.T, err error) *chat.SendError {
	t.Helper()
	se, ok := errors.AsType[*chat.SendError](err)
	if !ok {
		t.Fatalf("%v (%T) is no SendError", err, err)
	}
	return se
}
