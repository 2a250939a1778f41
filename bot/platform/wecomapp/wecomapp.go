// Package wecomapp connects the bot to WeCom by a self-built application: the
// 1:1 chats that members of the corporation have with it.
//
// It owns everything that is special to such an app (sealed XML callbacks, the
// five seconds, message/send, template cards and their response codes, names
// of members) and nothing else: it knows no database, no command and no
// template. Where a number or a rule would otherwise look arbitrary, a comment
// names the page of developer.work.weixin.qq.com/document/path/… that says so:
// 90238 is the callback, 90239 and 90240 are messages and events, 90241 passive
// replies, 90236 message/send, 94888 updates of cards, 90196 members.
//
// An app has no groups: the platform gives it 1:1 chats only ("temporarily
// receives no group messages"). A person is "wecom:<userid>", and so is his chat
// with the app, as it is with an aibot of the same corporation: they are one
// private chat with two doors, and what is said goes out by the one he used
// last.
//
// An answer to a message goes back as the body of the very request where it can
// (a short text): that needs no access token and no trusted IP address. The
// request is kept open for it (Times.Answer); what comes later, is longer, or
// has buttons or a file goes out by message/send. A press changes the card it
// was on for the one who pressed, if the answer fits on it.
//
// An event's id is "app:<agent id>:<MsgId>"; an event of the platform has none
// and is "app:<agent id>:<userid>:<CreateTime>:<event>:<key>" (path 90238: events
// repeat with the same FromUserName and CreateTime). That somebody opens the
// app's chat is told each time he does; it is an event once a day, and he is
// greeted by it.
//
// One app has one callback address. Events that this package does not know can
// be given to somebody else: see Handle.
package wecomapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/envelope"
	"qunmate/bot/platform/internal/pace"
	"qunmate/bot/platform/internal/passive"
	"qunmate/bot/platform/internal/shelf"
	"qunmate/bot/platform/internal/wxhttp"
)

// Domain is the domain of all refs of this platform: user ids as they come,
// their case kept.
const Domain = "wecom"

// DefaultBaseURL is the platform's own server.
const DefaultBaseURL = "https://qyapi.weixin.qq.com"

// ErrCredentials is returned by Run when the platform does not know the
// corporation or the app's secret: no retry can mend that.
var ErrCredentials = errors.New("corp_id or the app's secret is not accepted")

// Options configure one app. Name, CorpID, AgentID and Secret are required;
// Token and EncodingAESKey are both set, or both empty: then the app only
// sends. Everything else has a default that suits production.
type Options struct {
	Name           string
	CorpID         string
	AgentID        int
	Secret         string
	Token          string // of the callback
	EncodingAESKey string // of the callback
	BaseURL        string // DefaultBaseURL if empty

	// Words are the few words that cards want of us.
	Words Words
	// Uploads remember the pictures that WeCom has; nil: until the process ends.
	Uploads chat.Uploads

	Log *slog.Logger
	// Transport carries all requests; tests put a fake one here.
	Transport http.RoundTripper
	Now       func() time.Time
	// Rand gives the jitter of waits, in [0,1).
	Rand  func() float64
	Times Times
}

// Words are texts that a card cannot do without.
type Words struct {
	Submit string // the button below the options of a vote card, at most 10 letters: "OK"
	Title  string // the heading of a card whose text is no heading: the bot's name
}

// Times are the waits of a connection. A zero field takes the default.
type Times struct {
	Answer   time.Duration // how long a request is kept open for its answer: 4.2 s of the platform's 5
	Keep     time.Duration // how long a request is remembered for its repetitions: 30 s
	Gap      time.Duration // between an answer and the next message, so that they keep their order: 0.4 s
	Look     time.Duration // how long an event waits for the name of its sender: 1.2 s
	Call     time.Duration // how long a call of the API may take: 10 s
	RetryMin time.Duration // first wait after a failure: 0.5 s
	RetryMax time.Duration // longest wait after a failure: 2 min
}

func (t Times) withDefaults() Times {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	// The platform waits 5 s (path 90238); what is left is for the way.
	def(&t.Answer, 4200*time.Millisecond)
	// Three repetitions, each after 5 s, and the way.
	def(&t.Keep, 30*time.Second)
	def(&t.Gap, 400*time.Millisecond)
	def(&t.Look, 1200*time.Millisecond)
	def(&t.Call, 10*time.Second)
	def(&t.RetryMin, 500*time.Millisecond)
	def(&t.RetryMax, 2*time.Minute)
	return t
}

// App is one self-built application.
type App struct {
	opts     Options
	log      *slog.Logger
	codec    *envelope.Codec // nil: the app only sends
	api      *api
	hook     passive.Hook
	foreign  foreign
	requests *passive.Memory[inbound]
	answers  *passive.Answers
	people   *people
	cards    cards
	guard    pace.Guard
	media    *shelf.Shelf
	said     said
}

var (
	_ chat.Platform = (*App)(nil)
	_ chat.Fetcher  = (*App)(nil)
	_ chat.Checker  = (*App)(nil)
	_ chat.Callback = (*App)(nil)
)

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	corpIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// New prepares a connection. It does not use the network. Its errors never
// contain a secret.
func New(o Options) (*App, error) {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	if o.Words.Submit == "" {
		o.Words.Submit = "OK"
	}
	o.Times = o.Times.withDefaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	a := &App{
		opts: o, log: o.Log.With("connection", o.Name), requests: passive.NewMemory[inbound](o.Times.Keep),
		answers: passive.NewAnswers(o.Times.Keep), people: newPeople(o.Now),
		guard: pace.Guard{PerMinute: perMinute, PerHour: perHour}, media: shelf.New(o.Uploads, o.Now),
	}
	var err error
	if o.Token != "" {
		a.codec, err = envelope.New(envelope.Options{Token: o.Token, EncodingAESKey: o.EncodingAESKey, ReceiveID: o.CorpID, Now: o.Now})
		if err != nil {
			return nil, fmt.Errorf("wecomapp %s: %w", o.Name, err)
		}
	}
	if a.api, err = newAPI(o); err != nil {
		return nil, fmt.Errorf("wecomapp %s: %w", o.Name, err)
	}
	return a, nil
}

func (o Options) validate() error {
	fail := func(what string) error { return fmt.Errorf("wecomapp %s: %s", o.Name, what) }
	switch {
	case !nameForm.MatchString(o.Name):
		return fmt.Errorf("wecomapp: name %q: letters, digits, dot, dash and underscore only", o.Name)
	case !corpIDForm.MatchString(o.CorpID):
		return fail("corp_id does not have the form ww0123456789abcdef")
	case o.AgentID <= 0:
		return fail("agent_id must be a number above 0")
	case strings.TrimSpace(o.Secret) == "":
		return fail("secret is missing")
	case (o.Token == "") != (o.EncodingAESKey == ""):
		return fail("token and encoding_aes_key are set together or not at all")
	}
	return nil
}

// Name is the connection's name in the configuration.
func (a *App) Name() string { return a.opts.Name }

// Domain is "wecom".
func (a *App) Domain() string { return Domain }

// API gives the client and the access tokens of the app to another connection
// that works with the same secret (customer groups).
func (a *App) API() (*wxhttp.Client, *wxhttp.Tokens) { return a.api.client, a.api.tokens }

// hears reports whether the platform calls us.
func (a *App) hears() bool { return a.codec != nil }

// Caps tells what the chat with a member can do; nothing in any other place.
// Buttons need the callback: without it nobody would hear them. A card can be
// changed only once for each click (path 94888), which is no edit.
func (a *App) Caps(c chat.Chat) chat.Caps {
	if !ours(c) {
		return chat.Caps{}
	}
	return chat.Caps{
		Hears: a.hears(), Choices: a.hears(), Push: true, Files: true, Pictures: true, MaxPicture: maxImage, OneToOne: true, MaxText: maxText, PerMinute: perMinute,
	}
}

// ours reports whether a chat can be one of an app's.
func ours(c chat.Chat) bool {
	return c.Ref.Domain == Domain && c.Type == chat.Private && userForm.MatchString(c.Ref.ID)
}

// Run takes callbacks until ctx ends, then returns nil. It returns an error
// wrapping ErrCredentials when the platform does not know the app; every other
// trouble is waited out, for answers to open requests need no access token.
func (a *App) Run(ctx context.Context, deliver chat.Deliver) error {
	a.hook.Open(ctx, deliver)
	defer a.hook.Close()
	if err := a.introduce(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("wecomapp %s: %w", a.opts.Name, err)
	}
	<-ctx.Done()
	return nil
}

// introduce fetches the first access token, for as long as it takes: a wrong
// secret and an address that is not trusted are said now, not at the first
// letter.
func (a *App) introduce(ctx context.Context) error {
	trouble := a.newTrouble("access token")
	for {
		err := a.api.ready(ctx)
		switch {
		case err == nil:
			trouble.over()
			return nil
		case wxhttp.BadCredentials(err):
			return fmt.Errorf("%w: %w", ErrCredentials, err)
		case !trouble.wait(ctx, err):
			return nil
		}
	}
}

// agent is the app's id as the platform's words want it.
func (a *App) agent() string { return strconv.Itoa(a.opts.AgentID) }
