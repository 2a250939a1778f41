// Package telegram connects the bot to Telegram: it turns Bot API updates
// into events and letters into Bot API calls.
//
// It owns everything that is special to Telegram (update ids, HTML, button
// data, ephemeral messages, retry_after) and nothing else: it knows no
// database, no command and no template. The facts it relies on are those of
// the Bot API description; a comment names the section where a number or a
// rule would otherwise look arbitrary.
//
// An event's id is "<bot user id>:<update id>", in polling and in webhook mode
// alike; a further event of the same update (three people added at once) has
// ".1", ".2" … behind it.
//
// Sending is one attempt per call and is not paced here. The engine keeps the
// limits that Caps names (Bot FAQ: about 20 messages a minute in one group,
// 30 a second over the whole connection); a call that meets a limit all the
// same comes back as Throttled with Telegram's own retry_after.
package telegram

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
	"sync/atomic"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/shelf"

	tg "github.com/go-telegram/bot"
)

// Domain is the domain of all refs of this platform.
const Domain = "telegram"

// DefaultBaseURL is Telegram's own Bot API server.
const DefaultBaseURL = "https://api.telegram.org"

// Mode says how updates reach the bot.
type Mode string

// The two ways to receive updates.
const (
	Polling Mode = "polling" // we ask with getUpdates
	Webhook Mode = "webhook" // Telegram calls us
)

// ErrToken is returned by Run when Telegram does not accept the token: no
// retry can mend that.
var ErrToken = errors.New("the bot token is not accepted")

// Options configure one connection. Name and Token are required; everything
// else has a default that suits production.
type Options struct {
	Name    string
	Token   string
	BaseURL string // DefaultBaseURL if empty, or a local Bot API server
	Mode    Mode   // Polling if empty

	// WebhookSecret and PublicURL are required in webhook mode. PublicURL is
	// the https address we are reached at, without the path of the handler.
	WebhookSecret string
	PublicURL     string

	Log *slog.Logger
	// Transport carries all requests; tests put a fake one here.
	Transport http.RoundTripper
	// Now is the clock of what Telegram does not date: button presses.
	Now func() time.Time
	// Rand gives the jitter of waits, in [0,1).
	Rand  func() float64
	Times Times
	// Uploads remember the photos that Telegram has; nil: until the process ends.
	Uploads chat.Uploads
}

// Times are the waits of a connection. A zero field takes the default.
type Times struct {
	Poll        time.Duration // how long getUpdates waits for news: 50 s, the server's own limit
	Call        time.Duration // how long any other call may take: 30 s
	RetryMin    time.Duration // first wait after a failure: 0.5 s
	RetryMax    time.Duration // longest wait after a failure: 30 s
	ConflictMax time.Duration // longest wait while another process polls: 60 s
	Press       time.Duration // how long a press may wait for a letter before it is answered empty: 1.5 s
	PartPause   time.Duration // between the parts of a long text: 1 s
}

func (t Times) withDefaults() Times {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&t.Poll, 50*time.Second)
	def(&t.Call, 30*time.Second)
	def(&t.RetryMin, 500*time.Millisecond)
	def(&t.RetryMax, 30*time.Second)
	def(&t.ConflictMax, 60*time.Second)
	def(&t.Press, 1500*time.Millisecond)
	// One message a second in one chat (Bot FAQ, "My bot is hitting limits").
	def(&t.PartPause, time.Second)
	return t
}

// Telegram is one bot account on Telegram.
type Telegram struct {
	opts  Options
	log   *slog.Logger
	wire  *wire
	api   *tg.Bot
	botID string // the part of the token before the colon

	me        atomic.Pointer[identity]
	standings standings
	queries   queries
	whispers  whispers
	photos    *shelf.Shelf
	hook      hook
	tokenSaid atomic.Bool
}

// identity is what getMe tells of ourselves.
type identity struct {
	ID       int64
	Username string
	Name     string
	HearsAll bool // can_read_all_group_messages: privacy mode is off
}

var (
	_ chat.Platform   = (*Telegram)(nil)
	_ chat.Deleter    = (*Telegram)(nil)
	_ chat.FactFinder = (*Telegram)(nil)
	_ chat.MenuKeeper = (*Telegram)(nil)
	_ chat.Fetcher    = (*Telegram)(nil)
	_ chat.Checker    = (*Telegram)(nil)
	_ chat.Callback   = (*Telegram)(nil)
)

var (
	// The form BotFather gives out; the check keeps a pasted half of a token
	// from becoming a puzzling 404.
	tokenForm = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{1,200}$`)
	// setWebhook, parameter secret_token.
	secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// New prepares a connection. It does not use the network. Its errors never
// contain the token or the secret.
func New(o Options) (*Telegram, error) {
	if o.Mode == "" {
		o.Mode = Polling
	}
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
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
	botID, _, _ := strings.Cut(o.Token, ":")
	t := &Telegram{
		opts:  o,
		log:   o.Log.With("connection", o.Name),
		wire:  newWire(o),
		botID: botID,
	}
	api, err := tg.New(o.Token,
		tg.WithSkipGetMe(),
		tg.WithServerURL(o.BaseURL),
		tg.WithHTTPClient(o.Times.Call, t.wire),
		tg.WithErrorsHandler(func(err error) {
			t.log.Debug("telegram: library", "err", t.wire.redact(err))
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("telegram %s: %w", o.Name, t.wire.redact(err))
	}
	t.api = api
	t.photos = shelf.New(o.Uploads, o.Now)
	t.queries.wait = o.Times.Press
	t.queries.now = o.Now
	return t, nil
}

func (o Options) validate() error {
	fail := func(what string) error { return fmt.Errorf("telegram %s: %s", o.Name, what) }
	switch {
	case !nameForm.MatchString(o.Name):
		return fmt.Errorf("telegram: name %q: letters, digits, dot, dash and underscore only", o.Name)
	case !tokenForm.MatchString(o.Token):
		return fail("the token does not have the form 123456:letters that BotFather gives out")
	case !strings.HasPrefix(o.BaseURL, "http://") && !strings.HasPrefix(o.BaseURL, "https://"):
		return fail("base_url must begin with http:// or https://")
	case o.Mode != Polling && o.Mode != Webhook:
		return fail("mode must be polling or webhook")
	case o.Mode == Webhook && !secretForm.MatchString(o.WebhookSecret):
		return fail("webhook_secret must be 1 to 256 of A-Z a-z 0-9 _ -")
	case o.Mode == Webhook && o.PublicURL == "":
		return fail("webhook mode needs http.public_url")
	}
	return nil
}

// Name is the connection's name in the configuration.
func (t *Telegram) Name() string { return t.opts.Name }

// Domain is "telegram".
func (t *Telegram) Domain() string { return Domain }

// Run receives updates and hands them over until ctx ends, then returns nil.
// It returns an error wrapping ErrToken when the token is wrong; every other
// trouble is waited out.
func (t *Telegram) Run(ctx context.Context, deliver chat.Deliver) error {
	stop := t.queries.start(ctx, t.answerEmpty)
	defer stop()
	if err := t.introduce(ctx); err != nil {
		return t.fatal(ctx, err)
	}
	if t.opts.Mode == Webhook {
		return t.fatal(ctx, t.serve(ctx, deliver))
	}
	return t.fatal(ctx, t.poll(ctx, deliver))
}

// fatal makes the end of Run: nil when we were asked to stop.
func (t *Telegram) fatal(ctx context.Context, err error) error {
	if err == nil || ended(ctx) {
		return nil
	}
	return fmt.Errorf("telegram %s: %w", t.opts.Name, err)
}

// introduce asks who we are, for as long as it takes: without the username
// "/cmd@OurBot" cannot be told from a command for somebody else.
func (t *Telegram) introduce(ctx context.Context) error {
	trouble := t.newTrouble("getMe")
	for {
		_, err := t.getMe(ctx)
		if err == nil {
			trouble.over()
			return nil
		}
		if wrongToken(err) {
			return fmt.Errorf("%w: %w", ErrToken, err)
		}
		if !trouble.wait(ctx, err) {
			return ctx.Err()
		}
	}
}

func (t *Telegram) getMe(ctx context.Context) (*identity, error) {
	ctx, cancel := context.WithTimeout(ctx, t.opts.Times.Call)
	defer cancel()
	u, err := t.api.GetMe(ctx)
	if err != nil {
		return nil, err
	}
	me := &identity{ID: u.ID, Username: u.Username, Name: fullName(u), HearsAll: u.CanReadAllGroupMessages}
	if t.me.Swap(me) == nil {
		t.log.Info("telegram: connected", "as", "@"+me.Username)
	}
	return me, nil
}

// self is what is known of ourselves; before getMe only the id from the token.
func (t *Telegram) self() identity {
	if me := t.me.Load(); me != nil {
		return *me
	}
	id, _ := strconv.ParseInt(t.botID, 10, 64) // the form was checked by New
	return identity{ID: id}
}
