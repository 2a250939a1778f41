package envelope

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testToken = "QDG6eK"
	// The example key of the platform's own documentation (path 90968).
	testKey  = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	testCorp = "wx5823bf96d3bd56c7"
)

var start = time.Unix(1409659813, 0)

// rig is a codec whose clock stands still until a test moves it.
type rig struct {
	*Codec
	t   *testing.T
	now time.Time
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t, now: start}
	if o.Token == "" {
		o.Token = testToken
	}
	o.Now = func() time.Time { return r.now }
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.Codec = c
	return r
}

// request is a message as the platform would send it.
func (r *rig) request(msg, nonce string) (Query, string) {
	r.t.Helper()
	s, err := r.Seal([]byte(msg), nonce)
	if err != nil {
		r.t.Fatal(err)
	}
	return Query{MsgSignature: s.Signature, Timestamp: strconv.FormatInt(s.Timestamp, 10), Nonce: nonce}, s.Encrypt
}

func TestAMessageOpensOnceAndSaysWhatWasSealed(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{EncodingAESKey: testKey, ReceiveID: testCorp})
	q, sealed := r.request("hello \u4f60\u597d", "1372623149")
	got, err := r.Open(q, sealed)
	if err != nil || string(got) != "hello \u4f60\u597d" {
		t.Fatalf("%q, %v", got, err)
	}
	if _, err := r.Open(q, sealed); !errors.Is(err, ErrRefused) {
		t.Errorf("opened twice: %v", err)
	}
	r.Forget(q)
	if _, err := r.Open(q, sealed); err != nil {
		t.Errorf("a request that failed on our side does not open again: %v", err)
	}
	if got := r.Refusals(); got != (Refusals{Replayed: 1}) {
		t.Errorf("refusals %+v", got)
	}
}

// The example of the platform's documentation for this token, key and corp
// (path 90968, "URL verification").
func TestThePlatformsOwnExampleOpens(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{EncodingAESKey: testKey, ReceiveID: testCorp})
	r.now = time.Unix(1409659589, 0)
	v, err := url.ParseQuery("msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014780&echostr=P9nAzCzyDtyTWESHep1vC5X9xho%2FqYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp%2B4RPcs8TgAE7OaBO%2BFZXvnaqQ%3D%3D")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the console may ask more than once
		got, err := r.Verify(ParseQuery(v))
		if err != nil || string(got) != "1616140317555161061" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	// A plus sign that was not percent-encoded arrives as a blank.
	v.Set("echostr", strings.ReplaceAll(v.Get("echostr"), "+", " "))
	if got, err := r.Verify(ParseQuery(v)); err != nil || string(got) != "1616140317555161061" {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestWhatIsWrongWithARequestStaysUnknown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(r *rig, q *Query, sealed *string)
		want  Refusals
	}{
		"another signature": {func(_ *rig, q *Query, _ *string) { q.MsgSignature = strings.Repeat("0", 40) }, Refusals{Signature: 1}},
		"no signature":      {func(_ *rig, q *Query, _ *string) { q.MsgSignature = "" }, Refusals{Signature: 1}},
		"another nonce":     {func(_ *rig, q *Query, _ *string) { q.Nonce += "1" }, Refusals{Signature: 1}},
		"another body":      {func(_ *rig, _ *Query, s *string) { *s = "AAAA" + (*s)[4:] }, Refusals{Signature: 1}},
		"empty":             {func(_ *rig, q *Query, s *string) { *q, *s = Query{}, "" }, Refusals{Signature: 1}},
		"too old":           {func(r *rig, _ *Query, _ *string) { r.now = r.now.Add(freshFor + time.Second) }, Refusals{Stale: 1}},
		"from the future":   {func(r *rig, _ *Query, _ *string) { r.now = r.now.Add(-freshFor - time.Second) }, Refusals{Stale: 1}},
		"no time":           {func(_ *rig, q *Query, s *string) { resign(q, *s, "soon") }, Refusals{Stale: 1}},
		"a time of 2286":    {func(_ *rig, q *Query, s *string) { resign(q, *s, "9999999999999999999999") }, Refusals{Stale: 1}},
		"signed rubbish":    {func(_ *rig, q *Query, s *string) { *s = "AAAA"; resign(q, *s, q.Timestamp) }, Refusals{Unreadable: 1}},
		"signed nothing":    {func(_ *rig, q *Query, s *string) { *s = ""; resign(q, *s, q.Timestamp) }, Refusals{Unreadable: 1}},
		"no base64":         {func(_ *rig, q *Query, s *string) { *s = "<xml>"; resign(q, *s, q.Timestamp) }, Refusals{Unreadable: 1}},
		"for somebody else": {func(r *rig, q *Query, s *string) {
			other := newRig(r.t, Options{EncodingAESKey: testKey, ReceiveID: "ww0000000000000000"})
			*q, *s = other.request("hello", "1")
		}, Refusals{Unreadable: 1}},
		"for nobody": {func(r *rig, q *Query, s *string) {
			*q, *s = newRig(r.t, Options{EncodingAESKey: testKey}).request("hello", "1")
		}, Refusals{Unreadable: 1}},
		"another key": {func(r *rig, q *Query, s *string) {
			other := newRig(r.t, Options{EncodingAESKey: strings.Repeat("b", keyChars), ReceiveID: testCorp})
			*q, *s = other.request("hello", "1")
		}, Refusals{Unreadable: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Options{EncodingAESKey: testKey, ReceiveID: testCorp})
			q, sealed := r.request("hello", "1372623149")
			c.spoil(r, &q, &sealed)
			got, err := r.Open(q, sealed)
			if got != nil || err == nil || err.Error() != ErrRefused.Error() {
				t.Errorf("%q, %v", got, err)
			}
			q.Echo = sealed
			if got, err := r.Verify(q); got != nil || err == nil || err.Error() != ErrRefused.Error() {
				t.Errorf("verified: %q, %v", got, err)
			}
			c.want.Signature, c.want.Stale, c.want.Unreadable = 2*c.want.Signature, 2*c.want.Stale, 2*c.want.Unreadable
			if got := r.Refusals(); got != c.want {
				t.Errorf("refusals %+v, want %+v", got, c.want)
			}
		})
	}
}

// resign signs a request anew, as somebody who knows the token could.
func resign(q *Query, sealed, timestamp string) {
	q.Timestamp = timestamp
	q.MsgSignature = sign(testToken, timestamp, q.Nonce, sealed)
}

func TestAVerificationOpensNoMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{EncodingAESKey: testKey})
	q, sealed := r.request(`{"msgtype":"text"}`, "1")
	q.Echo = sealed
	if got, err := r.Verify(q); !errors.Is(err, ErrRefused) {
		t.Errorf("a sealed message was shown: %q", got)
	}
	q, sealed = r.request("a short text", "2")
	if _, err := r.Open(q, sealed); err != nil {
		t.Fatal(err)
	}
	q.Echo = sealed
	if got, err := r.Verify(q); !errors.Is(err, ErrRefused) {
		t.Errorf("a used message was shown: %q", got)
	}
}

// The signed parts are joined without a mark between them: characters moved
// from one to the next leave the signature as it is.
func TestMovingCharactersBetweenTheSignedPartsIsAReplay(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{EncodingAESKey: testKey})
	q, sealed := r.request("hello", "91409659814")
	for sealed[0] < 'A' { // a digit in front could be sorted between the two numbers
		q, sealed = r.request("hello", "91409659814")
	}
	if _, err := r.Open(q, sealed); err != nil {
		t.Fatal(err)
	}
	moved := q
	moved.Timestamp, moved.Nonce = "1409659814", "14096598139"
	if sign(testToken, moved.Timestamp, moved.Nonce, sealed) != q.MsgSignature {
		t.Fatal("the moved form has another signature")
	}
	if _, err := r.Open(moved, sealed); !errors.Is(err, ErrRefused) {
		t.Error("the moved form was opened")
	}
	q.Signature = sign(testToken, q.Timestamp, q.Nonce)
	moved.Signature = q.Signature
	if err := r.CheckPlain(q, true); err != nil {
		t.Fatal(err)
	}
	if err := r.CheckPlain(moved, true); !errors.Is(err, ErrRefused) {
		t.Error("the moved plain form was taken")
	}
	if got := r.Refusals(); got != (Refusals{Replayed: 2}) {
		t.Errorf("refusals %+v", got)
	}
}

func TestPlainSignaturesOfOfficialAccounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	q := Query{Timestamp: strconv.FormatInt(start.Unix(), 10), Nonce: "abc"}
	q.Signature = sign(testToken, q.Timestamp, q.Nonce)
	for range 2 {
		if err := r.CheckPlain(q, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.CheckPlain(q, true); err != nil {
		t.Fatal(err)
	}
	if err := r.CheckPlain(q, true); !errors.Is(err, ErrRefused) {
		t.Errorf("used twice: %v", err)
	}
	r.ForgetPlain(q)
	if err := r.CheckPlain(q, true); err != nil {
		t.Error(err)
	}
	q.Nonce = "abd"
	if err := r.CheckPlain(q, false); !errors.Is(err, ErrRefused) {
		t.Errorf("another nonce: %v", err)
	}
	q.Nonce = "abc"
	r.now = r.now.Add(time.Hour)
	if err := r.CheckPlain(q, false); !errors.Is(err, ErrRefused) {
		t.Errorf("an hour old: %v", err)
	}
	// Without a key nothing opens and nothing is sealed.
	if _, err := r.Seal([]byte("x"), "1"); err == nil {
		t.Error("sealed without a key")
	}
	if _, err := r.Open(Query{MsgSignature: sign(testToken, "", "", "")}, ""); !errors.Is(err, ErrRefused) {
		t.Error("opened without a key")
	}
}

func TestTheConfigurationIsCheckedAndNeverShown(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 42) + "*"
	for name, o := range map[string]Options{
		"no token":     {EncodingAESKey: testKey},
		"a short key":  {Token: testToken, EncodingAESKey: testKey[:42]},
		"a long key":   {Token: testToken, EncodingAESKey: testKey + "C"},
		"no base64":    {Token: testToken, EncodingAESKey: long},
		"with the '='": {Token: testToken, EncodingAESKey: testKey + "="},
	} {
		_, err := New(o)
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if o.EncodingAESKey != "" && strings.Contains(err.Error(), o.EncodingAESKey) {
			t.Errorf("%s: the key is in %q", name, err)
		}
	}
	if _, err := New(Options{Token: testToken}); err != nil {
		t.Error(err)
	}
}

func TestManyMayOpenAtOnceButEachMessageOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{EncodingAESKey: testKey})
	q, sealed := r.request("hello", "1")
	var wg sync.WaitGroup
	opened := make(chan struct{}, 16)
	for range 16 {
		wg.Go(func() {
			if _, err := r.Open(q, sealed); err == nil {
				opened <- struct{}{}
			}
		})
	}
	wg.Wait()
	if len(opened) != 1 {
		t.Errorf("opened %d times", len(opened))
	}
}
