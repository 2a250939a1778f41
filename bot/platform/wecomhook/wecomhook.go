// Package wecomhook connects the bot to a WeCom group robot (in the console
// "message push", formerly group robot): an address that messages can be posted
// to. It hears nothing and is not told who is in the group; announcements and
// schedules name it as a chat.
//
// A comment names the page of developer.work.weixin.qq.com/document/path/… that a
// number or a rule is from: 99110 is the robot.
//
// The robot's key is the only secret, and the only thing that tells robots
// apart: the chat is "wecom:webhook:" and a fingerprint of the key, so that it
// stays the same when the connection is renamed. A new key is a new robot, and
// a new chat. The connection's name is the chat's title. The chat is there from
// the first run on, as a channel: nobody talks in it as far as the bot can tell.
package wecomhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/internal/pace"
	"qunmate/bot/platform/internal/wxhttp"
)

// Domain is the domain of the chat.
const Domain = "wecom"

// DefaultBaseURL is the platform's own server.
const DefaultBaseURL = "https://qyapi.weixin.qq.com"

// Options configure one robot. Name and Key are required; everything else has
// a default that suits production.
type Options struct {
	Name    string // of the connection and of the chat
	Key     string // what stands behind key= in the robot's address
	BaseURL string // DefaultBaseURL if empty
	// StandsIn is the id of the group for which the robot takes letters from
	// another connection, see StandIn; it is the one that the robot is in.
	StandsIn string

	Log *slog.Logger
	// Transport carries all requests; tests put a fake one here.
	Transport http.RoundTripper
	Now       func() time.Time
	// Rand gives the jitter of waits, in [0,1).
	Rand  func() float64
	Times Times
}

// Times are the waits of a connection. A zero field takes the default.
type Times struct {
	Call     time.Duration // how long a call may take: 20 s, for pictures travel in it
	RetryMin time.Duration // first wait after the engine did not take the chat: 0.5 s
	RetryMax time.Duration // longest wait after that: 1 min
}

func (t Times) withDefaults() Times {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&t.Call, 20*time.Second)
	def(&t.RetryMin, 500*time.Millisecond)
	def(&t.RetryMax, time.Minute)
	return t
}

// Robot is one group robot.
type Robot struct {
	opts   Options
	log    *slog.Logger
	client *wxhttp.Client
	key    wxhttp.Fixed
	place  chat.Ref
	guard  pace.Guard
	gone   atomic.Bool // the platform does not know the robot any more
}

var (
	_ chat.Platform   = (*Robot)(nil)
	_ chat.Checker    = (*Robot)(nil)
	_ chat.Particular = (*Robot)(nil)
)

var (
	nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	keyForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
)

// New prepares a connection. It does not use the network. Its errors never
// contain the key.
func New(o Options) (*Robot, error) {
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
	switch {
	case !nameForm.MatchString(o.Name):
		return nil, fmt.Errorf("wecomhook: name %q: letters, digits, dot, dash and underscore only", o.Name)
	case !keyForm.MatchString(o.Key):
		return nil, fmt.Errorf("wecomhook %s: key is what stands behind key= in the robot's address", o.Name)
	}
	client, err := wxhttp.New(wxhttp.Options{WeCom: o.BaseURL, Transport: o.Transport, Timeout: o.Times.Call})
	if err != nil {
		return nil, fmt.Errorf("wecomhook %s: %w", o.Name, err)
	}
	return &Robot{
		opts: o, log: o.Log.With("connection", o.Name), client: client, key: wxhttp.Fixed(o.Key),
		place: chat.Ref{Domain: Domain, ID: idOf(o.Key)}, guard: pace.Guard{PerMinute: perMinute},
	}, nil
}

// idOf is the id of the chat of a key, which it does not give away.
func idOf(key string) string {
	sum := sha256.Sum256([]byte("qunmate webhook " + key))
	return "webhook:" + hex.EncodeToString(sum[:8])
}

// Name is the connection's name in the configuration.
func (r *Robot) Name() string { return r.opts.Name }

// Domain is "wecom".
func (r *Robot) Domain() string { return Domain }

// Chat is the one chat of the robot.
func (r *Robot) Chat() chat.Chat {
	return chat.Chat{Ref: r.place, Type: chat.Channel, Title: r.opts.Name}
}

// Serves implements chat.Particular: nobody else can post with this robot.
func (r *Robot) Serves(c chat.Chat) bool { return c.Ref == r.place }

// Caps tells what the robot's group can do, and nothing for any other chat. It
// is a place to post in: there are no buttons that anybody would hear of.
func (r *Robot) Caps(c chat.Chat) chat.Caps {
	if c.Ref != r.place {
		return chat.Caps{}
	}
	caps := chat.Caps{Push: true, Files: true, Pictures: true, MaxPicture: maxImage, MaxText: maxText, PerMinute: perMinute}
	if r.opts.StandsIn != "" {
		caps.Twin = chat.Ref{Domain: Domain, ID: r.opts.StandsIn}
	}
	return caps
}

// Run tells the engine of the chat, for as long as it takes, and waits for the
// end of ctx.
func (r *Robot) Run(ctx context.Context, deliver chat.Deliver) error {
	for tries := 0; ctx.Err() == nil; tries++ {
		err := deliver(ctx, []chat.Event{r.added()})
		if err == nil {
			break
		}
		d := min(r.opts.Times.RetryMin<<min(tries, 20), r.opts.Times.RetryMax)
		r.log.Debug("wecomhook: the chat was not taken in, trying again", "err", err, "wait", d.String())
		sleep(ctx, d+time.Duration(float64(d)*0.2*r.opts.Rand()))
	}
	<-ctx.Done()
	return nil
}

// added says that the chat is there, once for each run: a renamed connection
// renames its chat, and a robot that was given up because it was gone has
// another chance with the next start. For a chat that is known and named so
// already it is no news.
func (r *Robot) added() chat.Event {
	now := r.opts.Now().UTC()
	sum := sha256.Sum256([]byte(r.opts.Name + "\x00" + strconv.FormatInt(now.UnixMilli(), 10)))
	return chat.Event{
		ID:   chat.Ref{Domain: Domain, ID: r.place.ID + ":added:" + hex.EncodeToString(sum[:8])},
		Chat: r.Chat(), Kind: chat.ChatChanged, At: now, Detail: chat.ChatChange{Standing: chat.Added, Missing: []string{}},
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// errTooMany is what the guard says before the platform would.
var errTooMany = errors.New("too many messages of one robot in a minute")
