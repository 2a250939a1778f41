package wecombot

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecombot/wecomtest"
)

// FuzzCallback gives anything to the handler: any query and body from
// strangers, and any body from somebody who can sign.
func FuzzCallback(f *testing.F) {
	var rows []struct{ Body json.RawMessage }
	readTable(f, "decode.json", &rows)
	for _, row := range rows {
		f.Add("", []byte(row.Body))
	}
	f.Add("msg_signature=a&timestamp=1&nonce=2&echostr=AAAA", []byte(`{"encrypt":"AAAA"}`))
	f.Add("%zz", []byte(`<xml><Encrypt>AAAA</Encrypt></xml>`))
	f.Add("", []byte(`{"msgtype":"stream","stream":{"id":"0123456789abcdef01234567"}}`))
	s := wecomtest.NewServer(wecomtest.Options{})
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		b, err := New(Options{
			Name: "helper", Mode: Callback, Token: s.Token(), EncodingAESKey: s.AESKey(), BaseURL: s.BaseURL(),
			Times: Times{Passive: time.Nanosecond}, Transport: s.Transport(),
		})
		if err != nil {
			t.Fatal(err)
		}
		b.hook.set(&link{bind: context.WithCancel, deliver: func(_ context.Context, events []chat.Event) error {
			for _, ev := range events {
				if !ours(ev.Chat.Ref) || !ours(ev.ID) || ev.Sender.Ref.ID == "" || ev.At.IsZero() {
					t.Errorf("%+v", ev)
				}
			}
			return nil
		}})
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if status, text := s.Do(t.Context(), b, method, "?"+url.QueryEscape(query), body); status == http.StatusOK || len(text) > 0 {
				t.Errorf("%s by a stranger: %d %q", method, status, text)
			}
		}
		sealed := s.Seal(body)
		if status, text := s.Post(t.Context(), b, sealed); status != http.StatusOK {
			t.Errorf("%d %q", status, text)
		}
	})
}

// FuzzFrame gives anything to the reader of the long connection.
func FuzzFrame(f *testing.F) {
	var rows []struct{ Body json.RawMessage }
	readTable(f, "decode.json", &rows)
	for _, row := range rows {
		f.Add([]byte(`{"cmd":"aibot_msg_callback","headers":{"req_id":"r"},"body":` + string(row.Body) + `}`))
	}
	f.Add([]byte(`{"headers":{"req_id":"r"},"errcode":0,"errmsg":"ok"}`))
	f.Add([]byte("{\"headers\":{\"req_id\":7},\"errmsg\":\"a\x01b\"}"))
	f.Add([]byte(`"req_id":"poison"`))
	d := testDecoder("helper")
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, err := parseFrame(data)
		if err != nil {
			if len(fr.Headers.ReqID) > 128 {
				t.Errorf("%q", fr.Headers.ReqID)
			}
			return
		}
		b, err := parseBody(fr.Body)
		if err != nil {
			return
		}
		ev, ok := d.read(b, replyToken{Req: string(fr.Headers.ReqID)}, "fallback")
		if !ok {
			return
		}
		if !ours(ev.Chat.Ref) || !ours(ev.ID) || ev.Sender.Ref.ID == "" || ev.At.IsZero() || parseReply(ev.Reply).Kind == "" {
			t.Errorf("%+v", ev)
		}
		if ev.Kind == chat.Press && ev.Text == "" {
			t.Error("a press of nothing")
		}
	})
}
