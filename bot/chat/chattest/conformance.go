package chattest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qunmate/bot/chat"
)

// Subject is a platform under test, with hands on the network behind it: the
// vendor's server as a test plays it.
//
// A platform plugs in with one test:
//
//	func TestTheSuiteOfEveryPlatform(t *testing.T) {
//		chattest.RunInBubble(t, func(t *testing.T) *chattest.Subject {
//			server := newFakeServer(t)
//			return &chattest.Subject{Platform: connect(t, server), Group: …, Say: server.Say, …}
//		})
//	}
//
// The suite asks for a fresh Subject for every check, runs the platform itself
// (so nobody else may call Run), and cleans nothing up: open does that with
// t.Cleanup. What the network cannot do stays nil or zero, and the checks that
// need it are skipped; what Caps promise is checked.
type Subject struct {
	Platform chat.Platform

	// Group is a group with the bot, Ann and Bob in it; zero if the platform has
	// no groups. Private is Ann's 1:1 chat with the bot; zero if it has none.
	// Ref, Type and Title are what events are expected to tell.
	Group, Private chat.Chat
	// Ann and Bob are members; Ref and Name are what events are expected to tell.
	// A Name full of markup is a good choice.
	Ann, Bob chat.User

	// Say makes somebody say a text. It returns once the network has it; the
	// platform may deliver it later. Nil if the platform hears nobody.
	Say func(c chat.Chat, who chat.User, text string)
	// Mention is what a member types in front of a text to address the bot in
	// the group, e.g. "@bot "; "" if that cannot be done.
	Mention string
	// Again brings the newest thing that was said or done once more, as a network
	// does that has not got an answer. Nil if it never does.
	Again func()
	// Press presses the newest button of that label which who can see.
	Press func(c chat.Chat, who chat.User, label string)
	// Join and Leave make somebody come into the group and go.
	Join, Leave func(c chat.Chat, who chat.User)

	// Seen lists what a person sees of the bot in a chat now, oldest first.
	Seen func(c chat.Chat, who chat.User) []Seen
	// Fail makes the next attempt to send to c fail that way and reports whether
	// the network knows such a failure. After a Throttle the network wants to be
	// left alone for after; a Move is a move to Subject.MovedTo.
	Fail func(c chat.Chat, f Failure, after time.Duration) bool
	// RefusePicture makes the network refuse the next picture, and reports whether
	// it knows such a failure.
	RefusePicture func() bool
	// MovedTo is where a moved group is now.
	MovedTo chat.Ref

	// Secrets must not stand in any error, nor in Logs if that is not nil.
	Secrets []string
	Logs    func() string
}

// Seen is one message of the bot as a person reads it.
type Seen struct {
	Text    string // without any markup; a line is a line
	Buttons []string
	Edited  bool
	Picture []byte
}

// Failure is a way in which a send can fail.
type Failure string

// The failures.
const (
	Throttle     Failure = "too many messages"
	ServerError  Failure = "an error inside the server"
	DropBefore   Failure = "a connection lost before the act"
	DropAfter    Failure = "a connection lost after the act"
	GarbledReply Failure = "an answer nobody can read"
	RefuseText   Failure = "a text that is refused"
	Kick         Failure = "a chat the bot was removed from"
	Move         Failure = "a group with a new id"
)

// failing is what Send must make of a failure.
type failing struct {
	name Failure
	want []chat.Fault
	// group: it happens to groups only.
	group bool
}

// failures: where a network does not say whether it acted, Unknown is the
// honest word; Retry must not be used for what may have happened.
func failures() []failing {
	return []failing{
		{name: Throttle, want: []chat.Fault{chat.Throttled}},
		{name: ServerError, want: []chat.Fault{chat.Retry, chat.Unknown}},
		{name: DropBefore, want: []chat.Fault{chat.Retry, chat.Unknown}},
		{name: DropAfter, want: []chat.Fault{chat.Unknown}},
		{name: GarbledReply, want: []chat.Fault{chat.Unknown}},
		{name: RefuseText, want: []chat.Fault{chat.Rejected}},
		{name: Kick, want: []chat.Fault{chat.Gone}, group: true},
		{name: Move, want: []chat.Fault{chat.Moved}, group: true},
	}
}

// Run checks a platform on the machine's clock, Subject by Subject.
func Run(t *testing.T, open func(t *testing.T) *Subject) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			begin(t, open(t), false).run(c.run)
		})
	}
}

// RunInBubble checks a platform whose network is in memory: every check, open
// included, runs in a synctest bubble of its own, so that waiting costs nothing
// and goroutines that are left behind are found.
func RunInBubble(t *testing.T, open func(t *testing.T) *Subject) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { begin(t, open(t), true).run(c.run) })
		})
	}
}

type check struct {
	name string
	run  func(*bench)
}

// checks are the suite.
func checks() []check {
	out := []check{
		{"it says what it is", (*bench).identity},
		{"a message in a group is told", (*bench).groupMessage},
		{"a message in a private chat is told", (*bench).privateMessage},
		{"a mention addresses the bot", (*bench).mention},
		{"a text arrives as it was typed", (*bench).strangeTexts},
		{"an event that was not taken comes again", (*bench).redelivery},
		{"what the network brings twice has one id", (*bench).duplicates},
		{"a button brings its command", (*bench).press},
		{"joins and leaves are told", (*bench).presence},
		{"a text is shown without its markup", (*bench).markup},
		{"a name full of markup is shown as it is", (*bench).hostileNames},
		{"a long text loses nothing", (*bench).longText},
		{"a message is edited", (*bench).edit},
		{"a message is deleted", (*bench).remove},
		{"a private answer is for one alone or said to be shown", (*bench).whisper},
		{"a public post is for everybody", (*bench).post},
		{"a picture arrives as it is, with its text", (*bench).picture},
		{"a picture that is refused costs no text", (*bench).refusedPicture},
		{"sending in two chats at a time works", (*bench).parallel},
		{"a send that is cancelled ends", (*bench).cancelledSend},
		{"the end comes within a second", (*bench).end},
		{"the end comes within a second while nothing is taken", (*bench).endWhileRefused},
		{"the facts of a chat are asked for", (*bench).facts},
	}
	for _, f := range failures() {
		out = append(out, check{string(f.name) + " is told for what it is", func(b *bench) { b.failure(f) }})
	}
	return out
}

const (
	// endLimit is how fast Run ends.
	endLimit = time.Second
	// realLimit is endLimit where the machine, not a bubble, keeps the time: it
	// tells an end from a long poll, no more.
	realLimit = 15 * time.Second
)

// bench is one check under way.
type bench struct {
	*Subject
	t      *testing.T
	bubble bool
	sink   *sink
	cancel context.CancelFunc
	done   chan error
	errs   []error // every error seen
}

func begin(t *testing.T, s *Subject, bubble bool) *bench {
	t.Helper()
	b := &bench{Subject: s, t: t, bubble: bubble, sink: newSink(), done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	go func() { b.done <- s.Platform.Run(ctx, b.sink.deliver) }()
	return b
}

func (b *bench) run(check func(*bench)) {
	b.t.Helper()
	defer b.checkSecrets()
	defer b.stop()
	check(b)
}

func (b *bench) limit() time.Duration {
	if b.bubble {
		return endLimit
	}
	return realLimit
}

// stop ends the platform, once.
func (b *bench) stop() {
	b.t.Helper()
	if b.cancel == nil {
		return
	}
	b.cancel()
	b.cancel = nil
	select {
	case err := <-b.done:
		if err != nil {
			b.t.Errorf("Run ended with: %v", err)
			b.errs = append(b.errs, err)
		}
	case <-time.After(b.limit()):
		b.t.Errorf("Run has not ended %s after its context", b.limit())
		select {
		case <-b.done:
		case <-time.After(time.Minute):
			panic("chattest: Run never ends") // a bubble would wait for it for ever
		}
	}
}

func (b *bench) checkSecrets() {
	b.t.Helper()
	for _, secret := range b.Secrets {
		for _, err := range b.errs {
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
				b.t.Error("a secret stands in an error")
			}
		}
		if b.Logs != nil && strings.Contains(b.Logs(), secret) {
			b.t.Error("a secret stands in the logs")
		}
	}
}

// sink stands for the engine: it takes events and remembers them.
type sink struct {
	mu     sync.Mutex
	events []chat.Event // taken
	tried  []chat.Event // taken or refused
	refuse bool
	more   chan struct{}
}

func newSink() *sink { return &sink{more: make(chan struct{}, 1)} }

// errNotTaken is what the engine says on a full disk.
var errNotTaken = errors.New("the disk is full")

func (s *sink) deliver(_ context.Context, events []chat.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	s.tried = append(s.tried, events...)
	if s.refuse {
		return errNotTaken
	}
	s.events = append(s.events, events...)
	return nil
}

func (s *sink) setRefuse(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = on
}

func (s *sink) taken() []chat.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]chat.Event(nil), s.events...)
}

func (s *sink) seen() []chat.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]chat.Event(nil), s.tried...)
}

// await waits for an event among those that list gives, and returns the first
// that is wanted.
func (b *bench) await(what string, list func() []chat.Event, want func(chat.Event) bool) chat.Event {
	b.t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		for _, ev := range list() {
			if want(ev) {
				return ev
			}
		}
		select {
		case <-b.sink.more:
		case <-limit:
			b.t.Fatalf("%s did not come; there came %+v", what, list())
		}
	}
}
