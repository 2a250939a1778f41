package wechatmp

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wechatmp/wechattest"
)

// FuzzCallback gives everything to the door, signed and not, plain and sealed.
func FuzzCallback(f *testing.F) {
	f.Add("signature=x&timestamp=1&nonce=2&echostr=3", push("text", "<Content>x</Content><MsgId>1</MsgId>"))
	f.Add("encrypt_type=aes&msg_signature=a&signature=b", "<xml><Encrypt>AAAA</Encrypt></xml>")
	f.Add("%zz", "<xml>")
	for _, c := range decodeCases {
		f.Add("", c.body)
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		synctest.Test(t, func(t *testing.T) {
			for _, so := range []wechattest.Options{{}, sealedMode} {
				r := connect(t, wechattest.NewServer(so), nil)
				stop := r.start()
				signed := r.s.Sign(body)
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					for _, c := range []wechattest.Push{{Query: parsed(query), Body: body}, signed, {Query: signed.Query, Body: body}} {
						w := r.request(method, c.Query, c.Body)
						if w.Code != http.StatusOK && w.Body.Len() > 0 {
							t.Errorf("%s: %d with detail: %q", method, w.Code, w.Body)
						}
						if got := w.Body.String(); method == http.MethodPost && w.Code == http.StatusOK && got != nothingToSay {
							t.Errorf("said %q", got)
						}
					}
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
				for _, ev := range r.all() {
					if !idForm.MatchString(ev.Sender.Ref.ID) || ev.Chat.Ref != ev.Sender.Ref || ev.At.Year() > 9999 {
						t.Errorf("%+v", ev)
					}
				}
			}
		})
	})
}

// parsed is what could be read of a query.
func parsed(query string) url.Values {
	v, _ := url.ParseQuery(query)
	return v
}

func FuzzRender(f *testing.F) {
	f.Add("hello <b>x</b>", "Yes", "/yes")
	f.Add(`<a href="https://x/`+strings.Repeat("p", 2050)+`">`+strings.Repeat("\u7b7e", 900)+"</a>", "", "!1")
	f.Add(strings.Repeat("&lt;a", 900), "]]>", "/x")
	f.Fuzz(func(t *testing.T, text, label, command string) {
		p, se := render(chat.Content{Text: text, Choices: []chat.Choice{{Label: label, Command: command}}})
		if se != nil {
			return
		}
		for _, part := range p.parts {
			if len(part) > maxText || !utf8.ValidString(part) || strings.TrimSpace(part) == "" {
				t.Errorf("%d bytes: %q", len(part), part)
			}
			if strings.Count(part, "<a ") != strings.Count(part, "</a>") {
				t.Errorf("a link was cut: %q", part)
			}
		}
	})
}
