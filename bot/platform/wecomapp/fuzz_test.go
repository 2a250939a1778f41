package wecomapp

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"qunmate/bot/chat"
	"qunmate/bot/platform/wecomapp/qyapitest"
)

// parsed is what could be read of a query.
func parsed(query string) url.Values {
	v, _ := url.ParseQuery(query)
	return v
}

// FuzzCallback gives everything to the door, signed and not: it never panics,
// and whoever is refused learns nothing.
func FuzzCallback(f *testing.F) {
	const head = "<xml><ToUserName>ww1234567890abcdef</ToUserName><FromUserName>u</FromUserName><CreateTime>1700000000</CreateTime>"
	f.Add("msg_signature=x&timestamp=1&nonce=2&echostr=3", head+"<MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>")
	f.Add("msg_signature=a&msgsignature=b&signature=c", "<xml><Encrypt>AAAA</Encrypt></xml>")
	f.Add("%zz", "<xml>")
	f.Add("", head+"<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>submit</EventKey><TaskId>t</TaskId>"+
		"<SelectedItems><SelectedItem><QuestionKey>=</QuestionKey><OptionIds><OptionId>/x</OptionId></OptionIds></SelectedItem></SelectedItems></xml>")
	f.Add("", head+"<MsgType>event</MsgType><Event>enter_agent</Event></xml>")
	f.Add("", head+"<MsgType>event</MsgType><Event>change_external_chat</Event><ChatId>wr</ChatId></xml>")
	f.Add("", head+"<MsgType>event</MsgType><Event>click</Event><EventKey>/me</EventKey><AgentID>0</AgentID></xml>")
	f.Fuzz(func(t *testing.T, query, body string) {
		synctest.Test(t, func(t *testing.T) {
			r := connect(t, qyapitest.NewServer(qyapitest.Options{}), nil)
			stop := r.start()
			sealed := r.s.Seal(body)
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				for _, c := range []qyapitest.Push{{Query: parsed(query), Body: body}, sealed, {Query: sealed.Query, Body: body}, {Query: parsed(query), Body: sealed.Body}} {
					w := r.request(method, c.Query, c.Body)
					if w.Code != http.StatusOK && w.Body.Len() > 0 {
						t.Errorf("%s: %d with detail: %q", method, w.Code, w.Body)
					}
					if method == http.MethodPost && w.Code == http.StatusOK && w.Body.Len() > 0 {
						t.Errorf("said %q", w.Body)
					}
				}
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			for _, ev := range r.all() {
				if !userForm.MatchString(ev.Sender.Ref.ID) || ev.Chat.Ref != ev.Sender.Ref || ev.Chat.Type != chat.Private || ev.At.Year() > 9999 || !utf8.ValidString(ev.Text) {
					t.Errorf("%+v", ev)
				}
			}
		})
	})
}

// FuzzCompose: whatever a letter says, its messages keep the platform's limits.
func FuzzCompose(f *testing.F) {
	f.Add("hello <b>x</b>", "Yes", "/yes", uint8(1))
	f.Add(`<a href="https://x/`+strings.Repeat("p", 2050)+`">`+strings.Repeat("签", 900)+"</a>", "", "!1", uint8(3))
	f.Add(strings.Repeat("&lt;a", 900), "]]>", "/x", uint8(9))
	f.Add("标题<br>"+strings.Repeat("长", 111), "一二三四五六七八九十一", "/vote 12 "+strings.Repeat("x", 200), uint8(20))
	f.Fuzz(func(t *testing.T, text, label, command string, n uint8) {
		r := connect(t, qyapitest.NewServer(qyapitest.Options{}), func(o *Options) { o.Words.Title = "Bot" })
		c := chat.Content{Text: text}
		for i := range n % 24 {
			c.Choices = append(c.Choices, chat.Choice{Label: label, Command: command + string(rune('a'+i))})
		}
		d, se := r.compose(chat.Letter{Chat: place(aning), Content: c})
		if se != nil {
			return
		}
		for _, part := range d.parts {
			if len(part) > maxText || !utf8.ValidString(part) || strings.TrimSpace(part) == "" {
				t.Errorf("%d bytes: %q", len(part), part)
			}
			if strings.Count(part, "<a ") != strings.Count(part, "</a>") {
				t.Errorf("a link was cut: %q", part)
			}
		}
		if d.card == nil {
			return
		}
		if _, err := r.Send(t.Context(), chat.Letter{Chat: place(aning), Content: c}); err != nil || len(r.s.Problems()) > 0 {
			t.Errorf("%v %q", err, r.s.Problems())
		}
	})
}
