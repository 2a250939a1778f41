// Package wechatmp connects the bot to a WeChat official account: what its
// followers write becomes events, letters become answers to open requests or
// customer service messages.
//
// It owns everything that is special to official accounts (signed and sealed
// XML, the five seconds, the 48 hours, menus, parametric QR codes) and nothing
// else: it knows no database, no command and no template. A comment names the
// page of developers.weixin.qq.com/doc/service that a number or a rule is from.
//
// An official account has no groups. Each follower is a private chat whose id
// is his openid, "wechat:<app id>:<openid>"; the same openid names the person.
// The platform tells no display name, so User.Name is empty.
//
// An event's id is "<openid>:<msg id>": ids of messages have been seen to repeat
// between people (binarywang/WxJava issue 333). An event of the platform has
// none; it is "<openid>:<create time>:<event>", and a menu click has its key
// behind that. A new follower is three events: ChatChanged; under the same id
// with ".2" a Join, whose Source is the scene of the parametric QR code he came
// by; and with ".1" the Message "/start", so that he is greeted as on every other
// platform. The scene is also the word behind: "/start <scene>", for a new
// follower as for an old one who scans it and is no newcomer. Who goes is a
// Leave, with ".2", and ChatChanged.
//
// An answer to a message goes back as the body of the very request, for that
// is the only message that every account may send and that counts against no
// limit. The request is kept open for it (Times.Answer); what comes later, or
// second, goes out as a customer service message. That is a right which each
// message of a person gives for 48 hours: Caps.Push tells whether it is there.
package wechatmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/envelope"
	"qunmate/bot/platform/internal/passive"
	"qunmate/bot/platform/internal/shelf"
)

// DefaultBaseURL is the platform's own server.
const DefaultBaseURL = "https://api.weixin.qq.com"

// ErrCredentials is returned by Run when the platform does not know the app id
// or its secret: no retry can mend that.
var ErrCredentials = errors.New("the app id or the app secret is not accepted")

// Options configure one connection. Name, AppID, AppSecret and Token are
// required; everything else has a default that suits production.
type Options struct {
	Name      string
	AppID     string
	AppSecret string
	Token     string // of the callback
	// EncodingAESKey switches to sealed messages. Then nothing that is not
	// sealed is accepted.
	EncodingAESKey string
	BaseURL        string // DefaultBaseURL if empty

	// Uploads remember the pictures that WeChat has; nil: until the process ends.
	Uploads chat.Uploads
	// Menu lays out the buttons of the account's menu, see SetMenu.
	Menu []MenuGroup

	Log *slog.Logger
	// Transport carries all requests; tests put a fake one here.
	Transport http.RoundTripper
	// Now is the clock of freshness and of the 48 hours.
	Now func() time.Time
	// Rand gives the jitter of waits, in [0,1).
	Rand  func() float64
	Times Times
}

// Times are the waits of a connection. A zero field takes the default.
type Times struct {
	Answer   time.Duration // how long a request is kept open for its answer: 4.2 s of the platform's 5
	Keep     time.Duration // how long a request is remembered for its repetitions: 30 s
	Gap      time.Duration // between an answer and the next message, so that they keep their order: 0.4 s
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
	// The platform waits 5 s (Passive_user_reply_message); what is left is for
	// the way.
	def(&t.Answer, 4200*time.Millisecond)
	// Three repetitions, each after 5 s, and the way.
	def(&t.Keep, 30*time.Second)
	def(&t.Gap, 400*time.Millisecond)
	def(&t.Call, 10*time.Second)
	def(&t.RetryMin, 500*time.Millisecond)
	def(&t.RetryMax, 2*time.Minute)
	return t
}

// Account is one official account.
type Account struct {
	opts     Options
	log      *slog.Logger
	codec    *envelope.Codec
	sealed   bool
	api      *api
	hook     passive.Hook
	requests *passive.Memory[inbound]
	answers  *passive.Answers
	people   *people
	media    *shelf.Shelf

	noService atomic.Bool // customer service messages are not permitted
	said      said
}

var (
	_ chat.Platform   = (*Account)(nil)
	_ chat.MenuKeeper = (*Account)(nil)
	_ chat.Fetcher    = (*Account)(nil)
	_ chat.Checker    = (*Account)(nil)
	_ chat.Callback   = (*Account)(nil)
	_ chat.Inviter    = (*Account)(nil)
)

var (
	nameForm  = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	appIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// The console takes 3 to 32 letters and digits.
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// New prepares a connection. It does not use the network. Its errors never
// contain a secret.
func New(o Options) (*Account, error) {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
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
	codec, err := envelope.New(envelope.Options{
		Token: o.Token, EncodingAESKey: o.EncodingAESKey, ReceiveID: o.AppID, Now: o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("wechatmp %s: %w", o.Name, err)
	}
	api, err := newAPI(o)
	if err != nil {
		return nil, fmt.Errorf("wechatmp %s: %w", o.Name, err)
	}
	return &Account{
		opts: o, log: o.Log.With("connection", o.Name), codec: codec, sealed: o.EncodingAESKey != "", api: api,
		requests: passive.NewMemory[inbound](o.Times.Keep), answers: passive.NewAnswers(o.Times.Keep), people: newPeople(o.Now),
		media: shelf.New(o.Uploads, o.Now),
	}, nil
}

func (o Options) validate() error {
	fail := func(what string) error { return fmt.Errorf("wechatmp %s: %s", o.Name, what) }
	switch {
	case !nameForm.MatchString(o.Name):
		return fmt.Errorf("wechatmp: name %q: letters, digits, dot, dash and underscore only", o.Name)
	case !appIDForm.MatchString(o.AppID):
		return fail("app_id does not have the form wx0123456789abcdef")
	case strings.TrimSpace(o.AppSecret) == "":
		return fail("app_secret is missing")
	case !tokenForm.MatchString(o.Token):
		return fail("token must be letters and digits, as entered in the console")
	}
	return nil
}

// Name is the connection's name in the configuration.
func (a *Account) Name() string { return a.opts.Name }

// Domain is "wechat:<app id>": an openid means nothing in another account.
func (a *Account) Domain() string { return "wechat:" + a.opts.AppID }

// Caps tells what the chat with a follower can do. Push is the 48-hour rule: it
// is there while a customer service message would be accepted, by what this
// process has seen of the person. Long texts are cut at MaxText bytes.
func (a *Account) Caps(c chat.Chat) chat.Caps {
	return chat.Caps{
		Hears: true, Joins: true, OneToOne: true, PushFor: messageLife,
		Push:    !a.noService.Load() && a.people.mayPush(c.Ref.ID),
		MaxText: maxText,
		// As a customer service message; an account that may send none has none.
		Pictures: !a.noService.Load(), MaxPicture: maxImage,
	}
}

// Run takes callbacks until ctx ends, then returns nil. It returns an error
// wrapping ErrCredentials when the platform does not know the account; every
// other trouble is waited out, for answers to open requests need no access
// token.
func (a *Account) Run(ctx context.Context, deliver chat.Deliver) error {
	a.hook.Open(ctx, deliver)
	defer a.hook.Close()
	if err := a.introduce(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("wechatmp %s: %w", a.opts.Name, err)
	}
	<-ctx.Done()
	return nil
}

// introduce fetches the first access token, for as long as it takes: a wrong
// secret and an address that is not on the white list are said now, not at the
// first letter.
func (a *Account) introduce(ctx context.Context) error {
	trouble := a.newTrouble("access token")
	for {
		err := a.api.ready(ctx)
		switch {
		case err == nil:
			trouble.over()
			return nil
		case badCredentials(err):
			return fmt.Errorf("%w: %w", ErrCredentials, err)
		case !trouble.wait(ctx, err):
			return nil
		}
	}
}
