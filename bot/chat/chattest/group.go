// Package chattest helps tests of the engine and of platforms: an in-memory
// chat network, and the conformance suite that every platform runs.
package chattest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"qunmate/bot/chat"
)

// Domain of the in-memory network.
const Domain = "test"

// Shown is a message that stands in a chat now.
type Shown struct {
	ID      string
	Chat    chat.Ref
	To      chat.User // whom it is for alone; zero: everybody
	Content chat.Content
	Edited  bool
	Deleted bool
	Poll    string        // the id of a poll in the network's own form
	gone    []chat.Choice // buttons that were taken away: a tap may have been on its way
}

// Network is an in-memory chat network with groups and private chats. It is a
// chat.Platform, a chat.Deleter and a chat.FactFinder.
type Network struct {
	mu      sync.Mutex
	name    string
	domain  string
	caps    chat.Caps
	deliver chat.Deliver
	running chan struct{}
	shown   []Shown
	fresh   []Shown // as it was shown, edited or deleted since the last Take
	next    int
	admins  map[chat.Ref][]chat.User
	missing []string // rights the bot lacks in every chat
	members int
	fault   func(chat.Letter) error
	down    bool
	revoked []string
	asking  []chat.User       // who wants to be let in
	now     func() time.Time  // nil: the machine's clock
	confirm map[chat.Ref]bool // chats where a person must confirm every message
	mouths  map[chat.Ref]bool // chats that posts can only go to
	pending []Shown           // what waits there
}

// Full are the capabilities of a surface that can do everything.
func Full() chat.Caps {
	return chat.Caps{Hears: true, Joins: true, Whispers: true, Choices: true, Edit: true, Delete: true, Push: true, Files: true, Uploads: true, Pictures: true, AdminList: true, Quotes: true, Requests: true, Pin: true, MaxText: 4096}
}

// NewNetwork makes a network that one engine may run as a connection.
func NewNetwork(name string, caps chat.Caps) *Network {
	return &Network{name: name, domain: Domain, caps: caps, running: make(chan struct{}), admins: map[chat.Ref][]chat.User{}}
}

var (
	_ chat.Platform   = (*Network)(nil)
	_ chat.Deleter    = (*Network)(nil)
	_ chat.FactFinder = (*Network)(nil)
	_ chat.Fetcher    = (*Network)(nil)
)

// Name implements chat.Platform.
func (n *Network) Name() string { return n.name }

// Of makes the network one of another domain: an engine can run several.
func (n *Network) Of(domain string) *Network {
	n.domain = domain
	return n
}

// Domain implements chat.Platform.
func (n *Network) Domain() string { return n.domain }

// Caps implements chat.Platform.
func (n *Network) Caps(c chat.Chat) chat.Caps {
	n.mu.Lock()
	defer n.mu.Unlock()
	caps := n.caps
	if n.confirm[c.Ref] {
		caps = chat.Caps{Push: true, Delete: true, MaxText: caps.MaxText, PerDay: 1, Confirm: true}
	}
	if n.mouths[c.Ref] {
		caps = chat.Caps{Push: true, Files: true, Pictures: true, MaxText: caps.MaxText, PerMinute: 20}
	}
	return caps
}

// Photo is what the network keeps under the handle of a picture.
func Photo(id string) []byte { return []byte("\x89PNG\r\n\x1a\n" + id) }

// GonePhoto is a handle behind which there is nothing any more.
const GonePhoto = "gone"

// Fetch implements chat.Fetcher.
func (n *Network) Fetch(_ context.Context, r chat.Ref, _ int) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.down:
		return nil, &chat.SendError{Fault: chat.Retry, Err: errors.New("unreachable")}
	case r.Domain != n.domain, r.ID == GonePhoto:
		return nil, &chat.SendError{Fault: chat.Rejected, Err: errors.New("no such picture")}
	}
	if text, file := strings.CutPrefix(r.ID, FilePrefix); file {
		return []byte(text), nil
	}
	return Photo(r.ID), nil
}

// FilePrefix begins the handle of a file; what is in it follows.
const FilePrefix = "file:"

// SetConfirm makes chats in which every message waits until a person taps it.
func (n *Network) SetConfirm(chats ...chat.Ref) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.confirm = map[chat.Ref]bool{}
	for _, c := range chats {
		n.confirm[c] = true
	}
}

// SetPushOnly makes a chat a webhook: posts go in, nothing is heard of it.
func (n *Network) SetPushOnly(c chat.Ref) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.mouths == nil {
		n.mouths = map[chat.Ref]bool{}
	}
	n.mouths[c] = true
}

// Confirming lists the chats where a person taps.
func (n *Network) Confirming() []chat.Ref {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Collect(maps.Keys(n.confirm))
}

// Tap ends the waiting in a chat and returns the events that tell of it; only
// what is confirmed is shown.
func (n *Network) Tap(c chat.Chat, fate chat.Fate, at time.Time) []chat.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []chat.Event
	n.pending = slices.DeleteFunc(n.pending, func(s Shown) bool {
		if s.Chat != c.Ref {
			return false
		}
		if fate == chat.Confirmed {
			n.shown, n.fresh = append(n.shown, s), append(n.fresh, s)
		}
		out = append(out, chat.Event{
			ID: chat.Ref{Domain: n.domain, ID: "delivered:" + s.ID}, Chat: c, Kind: chat.Delivered, At: at, Detail: chat.Delivery{ID: s.ID, Fate: fate},
		})
		return true
	})
	return out
}

// SetClock gives the network the clock of what it tells by itself.
func (n *Network) SetClock(now func() time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = now
}

// Run implements chat.Platform.
func (n *Network) Run(ctx context.Context, deliver chat.Deliver) error {
	n.mu.Lock()
	n.deliver = deliver
	select {
	case <-n.running:
	default:
		close(n.running)
	}
	n.mu.Unlock()
	<-ctx.Done()
	return nil
}

// Deliver hands events to the engine and returns its word.
func (n *Network) Deliver(ctx context.Context, events ...chat.Event) error {
	<-n.running
	n.mu.Lock()
	d := n.deliver
	n.mu.Unlock()
	return d(ctx, events)
}

// SetAdmins says who administers a chat.
func (n *Network) SetAdmins(c chat.Ref, admins ...chat.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.admins[c] = admins
}

// SetStanding says how many people every chat has and which rights the bot
// lacks there.
func (n *Network) SetStanding(members int, missing ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.members, n.missing = members, missing
}

// SetDown makes every send and every question fail as if the network were unreachable.
func (n *Network) SetDown(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

// SetFault makes sends fail for which f returns an error; nil is none. Sends to
// several chats may call f at once.
func (n *Network) SetFault(f func(chat.Letter) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fault = f
}

// Facts implements chat.FactFinder.
func (n *Network) Facts(_ context.Context, c chat.Chat) (chat.Facts, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return chat.Facts{}, &chat.SendError{Fault: chat.Retry, Err: errors.New("network is down")}
	}
	return chat.Facts{Admins: slices.Clone(n.admins[c.Ref]), Missing: slices.Clone(n.missing), Members: n.members}, nil
}

// Send implements chat.Platform.
func (n *Network) Send(_ context.Context, l chat.Letter) (chat.Sent, error) {
	n.mu.Lock()
	down, fault := n.down, n.fault
	n.mu.Unlock()
	if down {
		return chat.Sent{}, &chat.SendError{Fault: chat.Retry, Err: errors.New("network is down")}
	}
	if fault != nil { // unlocked: it may wait for the writer, who may ask for Caps
		if err := fault(l); err != nil {
			return chat.Sent{}, err
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if l.Edit != "" {
		i, err := n.find(l.Edit)
		if err != nil {
			return chat.Sent{}, err
		}
		if l.Content.Retouch {
			n.shown[i].gone = n.shown[i].Content.Choices
			n.shown[i].Content = l.Content // nobody reads anything new
			return chat.Sent{ID: l.Edit}, nil
		}
		n.shown[i].Content, n.shown[i].Edited = l.Content, true
		n.fresh = append(n.fresh, n.shown[i])
		return chat.Sent{ID: l.Edit}, nil
	}
	n.next++
	s := Shown{ID: strconv.Itoa(n.next), Chat: l.Chat.Ref, Content: l.Content}
	if l.Content.Private {
		s.To = l.To
	}
	if n.confirm[s.Chat] {
		n.pending = append(n.pending, s)
		return chat.Sent{ID: s.ID, Waiting: true}, nil
	}
	if p := l.Content.Poll; n.caps.Polls && p != nil && p.Native {
		s.Poll = "native-" + s.ID
	}
	n.shown = append(n.shown, s)
	n.fresh = append(n.fresh, s)
	return chat.Sent{ID: s.ID, Shown: l.Content.Private && !n.caps.Whispers, Poll: s.Poll}, nil
}

// Delete implements chat.Deleter.
func (n *Network) Delete(_ context.Context, c chat.Chat, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pending = slices.DeleteFunc(n.pending, func(s Shown) bool { return s.ID == id })
	i, err := n.find(id)
	if err != nil {
		if n.confirm[c.Ref] {
			return nil // withdrawn before anybody saw it
		}
		if slices.ContainsFunc(n.shown, func(s Shown) bool { return s.ID == id }) {
			return nil // gone already
		}
		return err
	}
	n.shown[i].Deleted = true
	n.fresh = append(n.fresh, n.shown[i])
	return nil
}

func (n *Network) find(id string) (int, error) {
	for i, s := range n.shown {
		if s.ID == id && !s.Deleted {
			return i, nil
		}
	}
	return 0, &chat.SendError{Fault: chat.Rejected, Err: fmt.Errorf("message %s is not there", id)}
}

// Take returns what was shown, edited or deleted since the last Take, each as
// it was then.
func (n *Network) Take() []Shown {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.fresh
	n.fresh = nil
	return out
}

// All returns every message ever shown, in order.
func (n *Network) All() []Shown {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.shown)
}

// Button finds the command behind a label on the newest message a person can
// see in a chat. Where no such button is left it finds one that was taken away:
// two taps can follow each other faster than the screen changes.
func (n *Network) Button(c chat.Ref, who chat.Ref, label string) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, gone := range []bool{false, true} {
		for _, s := range slices.Backward(n.shown) {
			if s.Chat != c || s.Deleted || (!s.To.Ref.IsZero() && s.To.Ref != who) {
				continue
			}
			choices := s.Content.Choices
			if gone {
				choices = s.gone
			}
			for _, b := range choices {
				if b.Label == label {
					return b.Command, true
				}
			}
		}
	}
	return "", false
}
