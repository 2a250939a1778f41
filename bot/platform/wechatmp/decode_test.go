package wechatmp

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
)

// at is the CreateTime of the pushes below.
const at = 1_796_000_000

func push(kind, fields string) string {
	return "<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>\n<FromUserName><![CDATA[" + aning + "]]></FromUserName>\n" +
		"<CreateTime>1796000000</CreateTime><MsgType><![CDATA[" + kind + "]]></MsgType>" + fields + "</xml>"
}

func event(name, fields string) string {
	return push("event", "<Event><![CDATA["+name+"]]></Event>"+fields)
}

var decodeCases = map[string]struct {
	body string
	want []chat.Event // Domain, Chat, Sender and At are the same in all
	act  act
}{
	"text": {
		push("text", "<Content><![CDATA[ \u7b7e\u5230 ]]></Content><MsgId>22876340532172986</MsgId>"),
		[]chat.Event{{ID: id("22876340532172986"), Kind: chat.Message, Text: "\u7b7e\u5230", Reply: aning + ":22876340532172986"}},
		wrote,
	},
	"text with its own mark-up": {
		push("text", "<Content><![CDATA[a <b> &amp; ]]]]><![CDATA[> c]]></Content><MsgId>1</MsgId>"),
		[]chat.Event{{ID: id("1"), Kind: chat.Message, Text: "a <b> &amp; ]]> c", Reply: aning + ":1"}},
		wrote,
	},
	"voice, recognised": {
		push("voice", "<MediaId><![CDATA[x]]></MediaId><Format>amr</Format><Recognition><![CDATA[\u7b7e\u5230\u3002]]></Recognition><MsgId>2</MsgId>"),
		[]chat.Event{{ID: id("2"), Kind: chat.Message, Text: "\u7b7e\u5230", Reply: aning + ":2"}},
		wrote,
	},
	"voice": {
		push("voice", "<MediaId>x</MediaId><Format>amr</Format><MsgId>3</MsgId>"),
		[]chat.Event{{ID: id("3"), Kind: chat.Message, Reply: aning + ":3"}},
		wrote,
	},
	"image": {
		push("image", "<PicUrl>http://x/y</PicUrl><MediaId>x</MediaId><MsgId>4</MsgId>"),
		[]chat.Event{{
			ID: id("4"), Kind: chat.Message, Reply: aning + ":4",
			Picture: &chat.Picture{Ref: chat.Ref{Domain: "wechat:wx1", ID: "media:x"}, Fleeting: true},
		}},
		wrote,
	},
	"something new": {
		push("hologram", "<MsgId>5</MsgId>"),
		[]chat.Event{{ID: id("5"), Kind: chat.Message, Reply: aning + ":5"}},
		wrote,
	},
	"a message without an id": {
		push("text", "<Content>x</Content>"),
		[]chat.Event{{ID: id("1796000000:text"), Kind: chat.Message, Text: "x", Reply: aning + ":1796000000:text"}},
		wrote,
	},
	"an id that is none": {
		push("text", "<Content>x</Content><MsgId>../../etc</MsgId>"),
		[]chat.Event{{ID: id("1796000000:text"), Kind: chat.Message, Text: "x", Reply: aning + ":1796000000:text"}},
		wrote,
	},
	"a number that was offered": {
		push("text", "<Content>2</Content><MsgId>6</MsgId>"),
		[]chat.Event{{ID: id("6"), Kind: chat.Press, Text: "/cancel", Reply: aning + ":6"}},
		wrote,
	},
	"a number that was not": {
		push("text", "<Content>7</Content><MsgId>7</MsgId>"),
		[]chat.Event{{ID: id("7"), Kind: chat.Message, Text: "7", Reply: aning + ":7"}},
		wrote,
	},
	"a stored button": {
		push("text", "<Content>!42</Content><MsgId>8</MsgId>"),
		[]chat.Event{{ID: id("8"), Kind: chat.Press, Text: "!42", Reply: aning + ":8"}},
		wrote,
	},
	"no stored button": {
		push("text", "<Content>!42 !</Content><MsgId>9</MsgId>"),
		[]chat.Event{{ID: id("9"), Kind: chat.Message, Text: "!42 !", Reply: aning + ":9"}},
		wrote,
	},
	"follow": {
		event("subscribe", "<EventKey><![CDATA[]]></EventKey>"),
		[]chat.Event{
			{ID: id("1796000000:subscribe"), Kind: chat.ChatChanged, Detail: chat.ChatChange{Standing: chat.Added}},
			came(""),
			{ID: id("1796000000:subscribe.1"), Kind: chat.Message, Text: "/start", Reply: aning + ":1796000000:subscribe.1"},
		},
		acted,
	},
	"follow by a scene": {
		event("subscribe", "<EventKey><![CDATA[qrscene_K7Q2]]></EventKey><Ticket>T</Ticket>"),
		[]chat.Event{
			{ID: id("1796000000:subscribe"), Kind: chat.ChatChanged, Detail: chat.ChatChange{Standing: chat.Added}},
			came("K7Q2"),
			{ID: id("1796000000:subscribe.1"), Kind: chat.Message, Text: "/start K7Q2", Reply: aning + ":1796000000:subscribe.1"},
		},
		acted,
	},
	"follow by a scene that is a sentence": {
		event("subscribe", "<EventKey><![CDATA[qrscene_a b]]></EventKey>"),
		[]chat.Event{
			{ID: id("1796000000:subscribe"), Kind: chat.ChatChanged, Detail: chat.ChatChange{Standing: chat.Added}},
			came(""),
			{ID: id("1796000000:subscribe.1"), Kind: chat.Message, Text: "/start", Reply: aning + ":1796000000:subscribe.1"},
		},
		acted,
	},
	"follow after a payment": {
		event("subscribe", "<EventKey><![CDATA[last_trade_no_4002]]></EventKey>"),
		[]chat.Event{
			{ID: id("1796000000:subscribe"), Kind: chat.ChatChanged, Detail: chat.ChatChange{Standing: chat.Added}},
			came(""),
			{ID: id("1796000000:subscribe.1"), Kind: chat.Message, Text: "/start", Reply: aning + ":1796000000:subscribe.1"},
		},
		acted,
	},
	"follow by a scene of somebody else's": {
		event("subscribe", "<EventKey><![CDATA[qrscene_shop/7]]></EventKey>"),
		[]chat.Event{
			{ID: id("1796000000:subscribe"), Kind: chat.ChatChanged, Detail: chat.ChatChange{Standing: chat.Added}},
			came(""),
			{ID: id("1796000000:subscribe.1"), Kind: chat.Message, Text: "/start shop/7", Reply: aning + ":1796000000:subscribe.1"},
		},
		acted,
	},
	"scan": {
		event("SCAN", "<EventKey><![CDATA[123]]></EventKey><Ticket>T</Ticket>"),
		[]chat.Event{{ID: id("1796000000:scan"), Kind: chat.Message, Text: "/start 123", Reply: aning + ":1796000000:scan"}},
		acted,
	},
	"click": {
		event("CLICK", "<EventKey><![CDATA[/checkin]]></EventKey>"),
		[]chat.Event{{ID: id("1796000000:click:/checkin"), Kind: chat.Press, Text: "/checkin", Reply: aning + ":1796000000:click:/checkin"}},
		acted,
	},
	"unfollow": {
		event("unsubscribe", "<EventKey><![CDATA[]]></EventKey>"),
		[]chat.Event{
			{ID: id("1796000000:unsubscribe.2"), Kind: chat.Leave, Detail: chat.Membership{User: follower}},
			{ID: id("1796000000:unsubscribe"), Kind: chat.ChatChanged, Detail: chat.ChatChange{Standing: chat.Removed}},
		},
		went,
	},
	"a link of the menu":     {event("VIEW", "<EventKey>https://x</EventKey>"), nil, 0},
	"a position":             {event("LOCATION", "<Latitude>1</Latitude>"), nil, 0},
	"an event without words": {push("event", ""), nil, 0},
}

var follower = chat.User{Ref: chat.Ref{Domain: "wechat:wx1", ID: aning}}

// came is the join of a new follower by a code of that source.
func came(source string) chat.Event {
	return chat.Event{ID: id("1796000000:subscribe.2"), Kind: chat.Join, Detail: chat.Membership{User: follower, Source: source}}
}

func id(rest string) chat.Ref { return chat.Ref{Domain: "wechat:wx1", ID: aning + ":" + rest} }

func offered(openid, text string) (string, bool) {
	return "/cancel", openid == aning && text == "2"
}

func TestPushesBecomeEvents(t *testing.T) {
	t.Parallel()
	for name, c := range decodeCases {
		in, err := parse([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := decoder{domain: "wechat:wx1", chosen: offered}.decode(in)
		who := chat.Ref{Domain: "wechat:wx1", ID: aning}
		for i := range c.want {
			w := &c.want[i]
			w.Chat, w.Sender, w.At = chat.Chat{Ref: who, Type: chat.Private}, chat.User{Ref: who}, time.Unix(at, 0).UTC()
		}
		if !reflect.DeepEqual(got.events, c.want) || got.act != c.act {
			t.Errorf("%s: %+v\nwant %+v", name, got, c.want)
		}
		reply := ""
		for _, ev := range got.events {
			if ev.Reply != "" {
				reply = ev.Reply
			}
			// It may have to wait in the database.
			text, err := json.Marshal(ev)
			var back chat.Event
			if err != nil || json.Unmarshal(text, &back) != nil || !reflect.DeepEqual(back, ev) {
				t.Errorf("%s: came back as %+v, %v", name, back, err)
			}
		}
		if got.reply != reply {
			t.Errorf("%s: waits for %q", name, got.reply)
		}
	}
}

func TestWhatIsNoPushIsRefusedWithoutAWord(t *testing.T) {
	t.Parallel()
	good := push("text", "<Content>a private sentence</Content><MsgId>1</MsgId>")
	for name, body := range map[string]string{
		"nothing":              "",
		"json":                 `{"ToUserName":"gh_1"}`,
		"cut":                  good[:len(good)/2],
		"no sender":            strings.Replace(good, aning, "", 1),
		"a sender with a path": strings.Replace(good, aning, "../x", 1),
		"a colon":              strings.Replace(good, aning, "o:1", 1),
		"a long sender":        strings.Replace(good, aning, strings.Repeat("o", 65), 1),
		"no receiver":          strings.Replace(good, "gh_7f083739789a", " ", 1),
		"no time":              strings.Replace(good, "1796000000", "soon", 1),
		"before time":          strings.Replace(good, "1796000000", "-1", 1),
		"after time":           strings.Replace(good, "1796000000", "253402300800", 1),
		"no type":              strings.Replace(good, "[text]", "[]", 1),
		"another charset":      `<?xml version="1.0" encoding="gb2312"?>` + good,
		"an entity":            `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + strings.Replace(good, "a private sentence", "&e;", 1),
	} {
		in, err := parse([]byte(body))
		if err == nil {
			t.Errorf("%s: %+v", name, in)
			continue
		}
		if strings.Contains(err.Error(), "private") || in != (inbound{}) {
			t.Errorf("%s: %v %+v", name, err, in)
		}
	}
}

// The library reads the time into 32 bits (fact sheet 7.4 no. 12).
func TestTheYear2039IsNotTheEnd(t *testing.T) {
	t.Parallel()
	in, err := parse([]byte(strings.Replace(push("text", "<Content>x</Content><MsgId>1</MsgId>"), "1796000000", "2200000000", 1)))
	if err != nil || in.at().Year() != 2039 {
		t.Errorf("%v %v", in.at(), err)
	}
}
