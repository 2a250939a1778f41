package envelope

import (
	"bytes"
	"errors"
	"net/url"
	"strconv"
	"testing"
	"time"
)

func fuzzCodec(tb testing.TB, receiver string) *Codec {
	tb.Helper()
	c, err := New(Options{Token: testToken, EncodingAESKey: testKey, ReceiveID: receiver, Now: func() time.Time { return start }})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// FuzzOpen gives everything to the door: any query and any body, and bodies
// that somebody signed who knows the token but not the key.
func FuzzOpen(f *testing.F) {
	sealer := fuzzCodec(f, "")
	s, err := sealer.Seal([]byte(`{"msgtype":"text"}`), "1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("msg_signature="+s.Signature+"&timestamp="+strconv.FormatInt(s.Timestamp, 10)+"&nonce=1", s.Encrypt)
	f.Add("signature=x&timestamp=-1&nonce=%00&echostr=AAAA", "AAAA")
	f.Add("%zz", "<xml>")
	f.Fuzz(func(t *testing.T, query, sealed string) {
		c := fuzzCodec(t, "")
		v, _ := url.ParseQuery(query) // what could be read of it
		q := ParseQuery(v)
		signed := q
		signed.Timestamp = strconv.FormatInt(start.Unix(), 10)
		signed.MsgSignature = sign(testToken, signed.Timestamp, signed.Nonce, sealed)
		for _, q := range []Query{q, signed} {
			if msg, err := c.Open(q, sealed); err != nil && (!errors.Is(err, ErrRefused) || msg != nil) {
				t.Errorf("%q, %v", msg, err)
			}
			q.Echo = sealed
			if msg, err := c.Verify(q); err != nil && (!errors.Is(err, ErrRefused) || msg != nil) {
				t.Errorf("%q, %v", msg, err)
			}
			if err := c.CheckPlain(q, true); err != nil && !errors.Is(err, ErrRefused) {
				t.Error(err)
			}
		}
	})
}

// FuzzSeal seals and opens: what comes out is what went in.
func FuzzSeal(f *testing.F) {
	f.Add([]byte(`{"msgtype":"stream"}`), "1372623149", testCorp)
	f.Add([]byte{}, "", "")
	f.Add(bytes.Repeat([]byte{0xff}, 64), "a]]>&", "\x00")
	f.Fuzz(func(t *testing.T, msg []byte, nonce, receiver string) {
		c := fuzzCodec(t, receiver)
		s, err := c.Seal(msg, nonce)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []struct {
			body []byte
			take func([]byte) (string, error)
		}{{s.JSON(), FromJSON}, {s.XML(), FromXML}} {
			sealed, err := from.take(from.body)
			if err != nil || sealed != s.Encrypt {
				t.Fatalf("%q, %v", sealed, err)
			}
		}
		q := Query{MsgSignature: s.Signature, Timestamp: strconv.FormatInt(s.Timestamp, 10), Nonce: nonce}
		got, err := c.Open(q, s.Encrypt)
		if err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("%q, %v", got, err)
		}
	})
}

// FuzzXML gives any body to the readers of the wrappers.
func FuzzXML(f *testing.F) {
	f.Add([]byte("<xml><ToUserName><![CDATA[wx]]></ToUserName><Encrypt><![CDATA[AbC+/=]]></Encrypt></xml>"))
	f.Add([]byte(`{"encrypt":"AbC"}`))
	f.Add([]byte(`<!DOCTYPE x [<!ENTITY e "x">]><xml><Encrypt>&e;</Encrypt></xml>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, take := range []func([]byte) (string, error){FromXML, FromJSON} {
			if sealed, err := take(body); (sealed == "") != (err != nil) {
				t.Errorf("%q, %v", sealed, err)
			}
		}
	})
}
