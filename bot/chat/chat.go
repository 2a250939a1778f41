// Package chat holds the neutral words that platforms and the engine share:
// events that come in, letters that go out, and what a chat surface can do.
//
// It is a leaf: it imports the standard library only and knows no platform,
// no database and no command.
package chat

import (
	"errors"
	"fmt"
	"strings"
)

// Ref names one thing on one platform: a chat, an account, an event. Domain is
// "telegram", "wecom", "wechat:<app id>" or "sandbox"; ID is the platform's own
// id, opaque and with its case kept. A connection's name is never part of a
// Ref: connections are routes, not identities.
type Ref struct {
	Domain string `json:"domain"`
	ID     string `json:"id"`
}

// String prints the ref as "domain:id", the form the configuration uses.
func (r Ref) String() string { return r.Domain + ":" + r.ID }

// IsZero reports whether the ref names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// ErrBadRef is returned by ParseRef for a text that is not "domain:id".
var ErrBadRef = errors.New("not a reference of the form domain:id")

// ParseRef reads "telegram:123" or "wechat:wx123:openid". A wechat domain
// carries its app id, so it ends at the second colon.
func ParseRef(s string) (Ref, error) {
	domain, id, ok := strings.Cut(s, ":")
	if ok && domain == "wechat" {
		app, rest, more := strings.Cut(id, ":")
		domain, id, ok = domain+":"+app, rest, more && app != ""
	}
	if !ok || domain == "" || id == "" {
		return Ref{}, fmt.Errorf("%w: %q", ErrBadRef, s)
	}
	return Ref{Domain: domain, ID: id}, nil
}

// User is who did something, as the platform tells it.
type User struct {
	Ref      Ref    `json:"ref"`
	Name     string `json:"name"`               // display name, not escaped
	Username string `json:"username,omitempty"` // without @, empty if none
	Language string `json:"language,omitempty"` // the client's language tag, a hint only
	Bot      bool   `json:"bot,omitempty"`
	// Anonymous marks an administrator who posts in the name of the chat. Ref
	// is then the chat's own ref: the person behind it is not known.
	Anonymous bool `json:"anonymous,omitempty"`
}

// ChatType says what sort of place a chat is.
type ChatType string

// The places a bot can be in.
const (
	Group   ChatType = "group"
	Private ChatType = "private" // one member and the bot
	Channel ChatType = "channel" // posts only, no members who type
)

// Chat is a place as the platform describes it with an event.
type Chat struct {
	Ref    Ref      `json:"ref"`
	Type   ChatType `json:"type"`
	Title  string   `json:"title,omitempty"`
	Thread string   `json:"thread,omitempty"` // topic inside the chat, opaque
	Public bool     `json:"public,omitempty"` // anyone can find and join it
}
