// Package envelope opens and seals the encrypted callbacks of WeCom and of
// WeChat official accounts: the same cipher and signature, wrapped in JSON for
// the aibot (path 101033) and in XML for apps (path 90238) and official
// accounts.
//
// It fails closed and tells nobody why: whatever is wrong with a request, the
// error is ErrRefused. What the operator needs to mend a configuration is
// counted, see Refusals. Nothing is decrypted before its signature is checked.
package envelope

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// ErrRefused is the only error about a request, without any detail: the
// caller of a callback must not learn what was wrong with it.
var ErrRefused = errors.New("envelope: refused")

// freshFor is how far a request's timestamp may be from our clock, either way.
// The platforms name no figure; their own retries come within a minute.
const freshFor = 5 * time.Minute

// Options of New. Token is required.
type Options struct {
	Token string
	// EncodingAESKey is 43 characters as the console shows them. Empty: a
	// Codec for an official account in plain mode, which opens nothing.
	EncodingAESKey string
	// ReceiveID is who messages must be for: "" for an aibot of one's own corp
	// (path 101033), the CorpID for an app, the AppID for an official account.
	ReceiveID string
	Now       func() time.Time // time.Now if nil
}

// Codec opens and seals the messages of one callback. It is safe for
// concurrent use.
type Codec struct {
	token     string
	key       *[keySize]byte // nil: plain mode
	receiveID string
	now       func() time.Time
	seen      replays
	refused   struct{ signature, stale, replayed, unreadable atomic.Int64 }
}

// New checks the configuration. Its errors name the field and never its value.
func New(o Options) (*Codec, error) {
	if o.Token == "" {
		return nil, errors.New("envelope: the token is missing")
	}
	c := &Codec{token: o.Token, receiveID: o.ReceiveID, now: o.Now}
	if c.now == nil {
		c.now = time.Now
	}
	if o.EncodingAESKey != "" {
		key, err := decodeKey(o.EncodingAESKey)
		if err != nil {
			return nil, fmt.Errorf("envelope: encoding_aes_key: %w", err)
		}
		c.key = key
	}
	return c, nil
}

// Query holds what a callback carries in its address.
type Query struct {
	MsgSignature string // over token, timestamp, nonce and the sealed message
	Signature    string // official accounts: over token, timestamp and nonce only
	Timestamp    string
	Nonce        string
	Echo         string // echostr of a verification
}

// ParseQuery reads the parameters. The official plugin also takes
// "msgsignature" and "signature" for "msg_signature" (its webhook handler).
func ParseQuery(v url.Values) Query {
	q := Query{
		MsgSignature: v.Get("msg_signature"), Signature: v.Get("signature"),
		Timestamp: v.Get("timestamp"), Nonce: v.Get("nonce"),
		// Base64 has no blanks: one is a plus sign that was not percent-encoded.
		Echo: strings.ReplaceAll(v.Get("echostr"), " ", "+"),
	}
	if q.MsgSignature == "" {
		q.MsgSignature = v.Get("msgsignature")
	}
	if q.MsgSignature == "" {
		q.MsgSignature = q.Signature
	}
	return q
}

// Open checks a request and decrypts its message. Each request opens once: a
// second one with the same signature is refused until it is too old anyway.
// See Forget for a request whose work could not be done.
func (c *Codec) Open(q Query, sealed string) ([]byte, error) {
	msg, err := c.read(q, sealed)
	if err != nil {
		return nil, err
	}
	if !c.seen.add(replayKey(q), c.now()) {
		c.refused.replayed.Add(1)
		return nil, ErrRefused
	}
	return msg, nil
}

// Forget lets the same request open again. It is for a request that was
// answered with a failure: the platform may repeat it as it was.
func (c *Codec) Forget(q Query) { c.seen.remove(replayKey(q)) }

// maxEcho bounds the text of a verification; real ones are some twenty digits.
const maxEcho = 256

// Verify answers the verification of a callback address: it opens echostr. It
// can be asked for repeatedly, but opens no message: somebody who has seen a
// sealed one must not get it in the clear by sending it here.
func (c *Codec) Verify(q Query) ([]byte, error) {
	msg, err := c.read(q, q.Echo)
	if err != nil {
		return nil, err
	}
	if len(msg) > maxEcho || bytes.ContainsAny(msg, "{}<>") {
		c.refused.unreadable.Add(1)
		return nil, ErrRefused
	}
	if c.seen.has(replayKey(q), c.now()) {
		c.refused.replayed.Add(1)
		return nil, ErrRefused
	}
	return msg, nil
}

// read is signature, freshness, cipher and receiver, in this order.
func (c *Codec) read(q Query, sealed string) ([]byte, error) {
	if c.key == nil || !same(q.MsgSignature, sign(c.token, q.Timestamp, q.Nonce, sealed)) {
		c.refused.signature.Add(1)
		return nil, ErrRefused
	}
	if !c.fresh(q.Timestamp) {
		c.refused.stale.Add(1)
		return nil, ErrRefused
	}
	msg, receiver, err := decrypt(c.key, sealed)
	if err != nil || !same(receiver, c.receiveID) {
		c.refused.unreadable.Add(1)
		return nil, ErrRefused
	}
	return msg, nil
}

// CheckPlain checks the plain signature of an official account: for the
// verification of its address, and for every call in plain mode. It does not
// cover the body, so that it proves little; once says that each may be used
// only one time.
func (c *Codec) CheckPlain(q Query, once bool) error {
	if !same(q.Signature, sign(c.token, q.Timestamp, q.Nonce)) {
		c.refused.signature.Add(1)
		return ErrRefused
	}
	if !c.fresh(q.Timestamp) {
		c.refused.stale.Add(1)
		return ErrRefused
	}
	if once && !c.seen.add(plainKey(q), c.now()) {
		c.refused.replayed.Add(1)
		return ErrRefused
	}
	return nil
}

// ForgetPlain is Forget for CheckPlain.
func (c *Codec) ForgetPlain(q Query) { c.seen.remove(plainKey(q)) }

// Used requests are known by their signature and not by their nonce: the
// signed parts are joined without a mark between them, so that characters
// could be moved from the nonce into the time without breaking it.
func replayKey(q Query) string { return "m" + q.MsgSignature }
func plainKey(q Query) string  { return "p" + q.Signature }

func (c *Codec) fresh(timestamp string) bool {
	sec, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	d := c.now().Sub(time.Unix(sec, 0))
	return d <= freshFor && d >= -freshFor
}

// Refusals counts what was refused since the start, for the operator: many
// Signature mean a wrong token, Unreadable a wrong key or receiver, Stale a
// wrong clock.
type Refusals struct{ Signature, Stale, Replayed, Unreadable int64 }

// Refusals tells what was refused so far.
func (c *Codec) Refusals() Refusals {
	return Refusals{
		Signature: c.refused.signature.Load(), Stale: c.refused.stale.Load(),
		Replayed: c.refused.replayed.Load(), Unreadable: c.refused.unreadable.Load(),
	}
}

// Sealed is an encrypted answer.
type Sealed struct {
	Encrypt   string
	Signature string
	Timestamp int64
	Nonce     string
}

// Seal encrypts an answer. nonce is the one of the request (path 101031).
func (c *Codec) Seal(msg []byte, nonce string) (Sealed, error) {
	if c.key == nil {
		return Sealed{}, errors.New("envelope: no encoding_aes_key to seal with")
	}
	var random [randomSize]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	s := Sealed{Encrypt: encrypt(c.key, random, msg, c.receiveID), Timestamp: c.now().Unix(), Nonce: nonce}
	s.Signature = sign(c.token, strconv.FormatInt(s.Timestamp, 10), nonce, s.Encrypt)
	return s, nil
}

// same compares in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
