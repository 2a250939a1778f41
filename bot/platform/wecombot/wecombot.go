// Package wecombot connects the bot to WeCom: the aibot (in the console
// "intelligent robot"), the only official way to hear and answer in a WeCom
// group. It turns callbacks into events and letters into replies, pushes and
// template cards, over a long connection or over encrypted HTTP callbacks.
//
// It owns everything that is special to WeCom (req_ids, cards, passive
// replies, response_url) and nothing else: it knows no database, no command
// and no template. Where a number or a rule would otherwise look arbitrary, a
// comment names the page of developer.work.weixin.qq.com/document/path/… that
// says so: 101463 is the long connection, 101033 the callback, 101031 passive
// replies, 101138 response_url, 101032 cards, 101027 events and 100719
// messages. "Measured" and "reported" are other people's findings, not the
// platform's word.
//
// What the surface cannot do shapes the rest: the bot hears only what is
// addressed to it, joins are not told, an answer in a group is seen by all,
// nothing can be edited or deleted. A group has no name and people have none
// either; Event.Sender.Name is empty unless Options.People knows it.
//
// Sending is one attempt per call. The engine paces by Caps.PerMinute; a guard
// of our own keeps both limits of a conversation, 30 messages a minute and
// 1000 an hour, because one letter may be two messages (see limits.go).
package wecombot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/envelope"
	"qunmate/bot/platform/internal/pace"
	"qunmate/bot/platform/internal/shelf"
)

// Domain is the domain of all refs of this platform: user ids and chat ids as
// they come, their case kept. The private chat of a person has his user id.
const Domain = "wecom"

// The platform's own addresses.
const (
	DefaultWebSocketURL = "wss://openws.work.weixin.qq.com"
	DefaultBaseURL      = "https://qyapi.weixin.qq.com"
)

// Mode says how callbacks reach the bot. The console allows one of them at a
// time (path 101463).
type Mode string

// The two ways to receive callbacks.
const (
	WebSocket Mode = "websocket" // we hold a long connection
	Callback  Mode = "callback"  // WeCom calls us
)

// ErrCredentials is returned by Run when bot id and secret are not accepted: no
// retry can mend that.
var ErrCredentials = errors.New("bot_id or secret is not accepted")

// Options configure one connection. Name is required, BotID and Secret in
// websocket mode, Token and EncodingAESKey in callback mode; everything else
// has a default that suits production.
type Options struct {
	Name string
	// Mention is the name that members write after the @. Empty: whatever
	// stands between a leading @ and the first blank.
	Mention string
	Mode    Mode // WebSocket if empty

	WebSocketURL string
	// BaseURL is WeCom's API server. Only its host is ever posted to, since a
	// response_url comes from the wire.
	BaseURL string

	BotID          string
	Secret         string
	Token          string
	EncodingAESKey string

	// Words are the few words that cards want of us.
	Words Words
	// Fallbacks lead into single chats, by their ids, when the bot's own ways are
	// closed: for example a webhook of the same group.
	Fallbacks map[string]Fallback
	// People knows who the members are, for example a self-built app of the same
	// corporation. Nil: nobody does, and events tell no names.
	People People
	// Alarm is told once what somebody has to mend, and once that it is over: the
	// findings wecombot.displaced and wecombot.connected. It must not block; the
	// operators are reached by other connections, since this one is deaf then.
	Alarm func(chat.Finding)
	// Uploads remember the pictures that WeCom has; nil: until the process ends.
	Uploads chat.Uploads
	// Probe lets Check subscribe while Run is not running. It must stay false
	// while another process may be running the bot: a newer subscription takes
	// the connection away from it.
	Probe bool

	Log *slog.Logger
	// Transport carries the handshake of the long connection and the posts to
	// a response_url; tests put one here.
	Transport http.RoundTripper
	Now       func() time.Time
	// Rand gives the jitter of waits, in [0,1).
	Rand  func() float64
	Times Times
}

// Words are texts that a card cannot do without.
type Words struct {
	Submit string // the button below the options of a vote card, at most 10 letters: "OK"
}

// Bot is one aibot.
type Bot struct {
	opts Options
	log  *slog.Logger
	base *url.URL
	http *http.Client
	// codec opens and seals callbacks; nil in websocket mode.
	codec *envelope.Codec

	live    atomic.Pointer[session] // the long connection, nil while there is none
	inbox   inbox
	talks   talks
	cards   cards
	aliases aliases
	guard   pace.Guard
	media   *shelf.Shelf
	state   standing
	hook    hook
	open    passives
	spent   spent
}

var (
	_ chat.Platform = (*Bot)(nil)
	_ chat.Fetcher  = (*Bot)(nil)
	_ chat.Checker  = (*Bot)(nil)
	_ chat.Callback = (*Bot)(nil)
)

var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// New prepares a connection. It does not use the network. Its errors never
// contain a secret.
func New(o Options) (*Bot, error) {
	if o.Mode == "" {
		o.Mode = WebSocket
	}
	if o.WebSocketURL == "" {
		o.WebSocketURL = DefaultWebSocketURL
	}
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	if o.Words.Submit == "" {
		o.Words.Submit = "OK"
	}
	o.Mention = strings.TrimPrefix(strings.TrimSpace(o.Mention), "@")
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
	if o.Alarm == nil {
		o.Alarm = func(chat.Finding) {}
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	b := &Bot{opts: o, log: o.Log.With("connection", o.Name), guard: pace.Guard{PerMinute: perMinute, PerHour: perHour}, media: shelf.New(o.Uploads, o.Now)}
	if err := b.prepare(); err != nil {
		return nil, err
	}
	b.inbox.init()
	b.http = &http.Client{Transport: o.Transport, CheckRedirect: noRedirect}
	return b, nil
}

func newTransport() http.RoundTripper {
	own := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if def, ok := http.DefaultTransport.(*http.Transport); ok {
		own = def.Clone()
	}
	return own
}

// noRedirect: neither server redirects, and following one would carry a
// member's answer to somebody else.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (b *Bot) prepare() error {
	o := b.opts
	fail := func(what string) error { return fmt.Errorf("wecombot %s: %s", o.Name, what) }
	base, err := url.Parse(o.BaseURL)
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" {
		return fail("base_url must be an http or https address")
	}
	ws, err := url.Parse(o.WebSocketURL)
	if err != nil || (ws.Scheme != "wss" && ws.Scheme != "ws") || ws.Host == "" {
		return fail("websocket_url must be a ws or wss address")
	}
	b.base = base
	switch {
	case !nameForm.MatchString(o.Name):
		return fmt.Errorf("wecombot: name %q: letters, digits, dot, dash and underscore only", o.Name)
	case o.Mode != WebSocket && o.Mode != Callback:
		return fail("mode must be websocket or callback")
	case o.Mode == WebSocket && (o.BotID == "" || o.Secret == ""):
		return fail("websocket mode needs bot_id and secret")
	case o.Mode == Callback && (o.Token == "" || o.EncodingAESKey == ""):
		return fail("callback mode needs token and encoding_aes_key")
	}
	if o.Mode != Callback {
		return nil
	}
	// The receiver of an aibot's messages is empty (path 101033).
	b.codec, err = envelope.New(envelope.Options{Token: o.Token, EncodingAESKey: o.EncodingAESKey, Now: o.Now})
	if err != nil {
		return fmt.Errorf("wecombot %s: %w", o.Name, err)
	}
	return nil
}

// Name is the connection's name in the configuration.
func (b *Bot) Name() string { return b.opts.Name }

// Domain is "wecom".
func (b *Bot) Domain() string { return Domain }

// Run receives callbacks and hands them over until ctx ends, then returns nil.
// It returns an error wrapping ErrCredentials when bot id and secret are
// wrong; every other trouble is waited out. If another process takes the
// connection over again and again, Run stops fighting and only waits, which it
// says once and Check repeats.
func (b *Bot) Run(ctx context.Context, deliver chat.Deliver) error {
	var err error
	deliver = b.introduced(deliver)
	if b.opts.Mode == Callback {
		b.serve(ctx, deliver)
	} else {
		err = b.connect(ctx, deliver)
	}
	if err == nil || ended(ctx) {
		return nil
	}
	return fmt.Errorf("wecombot %s: %w", b.opts.Name, err)
}

// Caps tells what the chat can do. It does not use the network.
func (b *Bot) Caps(c chat.Chat) chat.Caps {
	if !ours(c.Ref) {
		return chat.Caps{}
	}
	caps := chat.Caps{
		Hears:   c.Type == chat.Private,
		Choices: true,
		// Only where somebody has spoken before (path 101463, "push"). A group
		// is known by a message in it and by nothing else.
		Push:  b.opts.Mode == WebSocket && !b.talks.onlyEntered(b.aliases.wire(c.Ref).ID) || b.opts.Fallbacks[c.Ref.ID].Send != nil,
		Files: b.opts.Mode == WebSocket,
		// A file is sent in private only, without a word (path 100719).
		Uploads: c.Type == chat.Private,
		// In callback mode as a part of the answer itself (path 101031).
		Pictures: true, MaxPicture: maxImage,
		MaxText:   maxText,
		PerMinute: perMinute,
		// In a group only what mentions the bot arrives (path 100719).
		Mentioned: c.Type != chat.Private,
	}
	if b.opts.Mention != "" {
		caps.Mention = "@" + b.opts.Mention
	}
	return caps
}

// ours: ids with a mark in front are the chats of other connections to WeCom.
func ours(r chat.Ref) bool {
	return r.Domain == Domain && r.ID != "" && !strings.HasPrefix(r.ID, "webhook:")
}
