package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"qunmate/bot/chat"
)

var (
	at   = time.Date(2026, 11, 22, 8, 2, 3, 456e6, time.UTC)
	anna = chat.User{Ref: chat.Ref{Domain: "telegram", ID: "5"}, Name: "阿宁 <b>", Username: "anna", Language: "zh-hans"}
	room = chat.Chat{Ref: chat.Ref{Domain: "telegram", ID: "-100"}, Type: chat.Group, Title: "产品群", Thread: "7", Public: true}
)

// events has one event of every kind, every field set.
func events() []chat.Event {
	base := chat.Event{
		ID: chat.Ref{Domain: "telegram", ID: "1:2"}, Chat: room, Sender: anna, Text: "／签到 昨天\n\"x\"", ToBot: true, ForOther: true,
		Quoted: chat.User{Ref: chat.Ref{Domain: "telegram", ID: "6"}, Name: "小满", Bot: true}, Mentions: []chat.User{anna, {Username: "bob"}},
		At: at, Reply: "m12",
	}
	details := map[chat.Kind][]any{
		chat.Message: {nil},
		chat.Press:   {nil},
		chat.Join:    {chat.Membership{User: anna, By: anna, Link: "https://t.me/+x", Source: "qr", Banned: true}, chat.Membership{User: anna}},
		chat.Leave:   {chat.Membership{User: anna, Banned: true}},
		chat.ChatChanged: {
			chat.ChatChange{Standing: chat.Added},
			chat.ChatChange{Standing: chat.Updated, Missing: []string{chat.RightDelete}, Admin: anna, IsAdmin: true},
			// "nothing is missing" is not "the event did not tell".
			chat.ChatChange{Standing: chat.Updated, Missing: []string{}},
			chat.ChatChange{Standing: chat.Migrated, To: chat.Ref{Domain: "telegram", ID: "-200"}},
			chat.ChatChange{Standing: chat.Removed},
		},
		chat.Learned: {chat.Facts{Admins: []chat.User{anna}, Owner: anna.Ref, Missing: []string{chat.RightPin}, Members: 9, Title: "x"}, chat.Facts{Error: "no"}},
		chat.Timer:   {chat.Due{Key: "draw:1", Task: "draw", Payload: json.RawMessage(`{"a":1}`), At: at}},
	}
	var out []chat.Event
	for kind, all := range details {
		for _, d := range all {
			ev := base
			ev.Kind, ev.Detail = kind, d
			out = append(out, ev)
		}
	}
	return append(out, chat.Event{Kind: chat.Message}, chat.Event{})
}

func TestAnEventComesBackFromTheInboxUnchanged(t *testing.T) {
	t.Parallel()
	for _, ev := range events() {
		text, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		var got chat.Event
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(got, ev) {
			t.Errorf("a %s event changed\n got %+v\nwant %+v\njson %s", ev.Kind, got, ev, text)
		}
	}
}

func TestAnEventWithABadDetailIsAnErrorThatNamesTheKind(t *testing.T) {
	t.Parallel()
	for _, kind := range []chat.Kind{chat.Join, chat.Leave, chat.ChatChanged, chat.Learned, chat.Timer} {
		var ev chat.Event
		err := json.Unmarshal(fmt.Appendf(nil, `{"kind":%q,"detail":[1]}`, kind), &ev)
		if err == nil {
			t.Errorf("%s: no error", kind)
		}
	}
	var ev chat.Event
	if err := json.Unmarshal([]byte(`{"kind":"message","detail":{"x":1}}`), &ev); err != nil || ev.Detail != nil {
		t.Errorf("a detail that a message has no room for: %v, %v", ev.Detail, err)
	}
	if err := json.Unmarshal([]byte(`[]`), &ev); err == nil {
		t.Error("an array is no event")
	}
}

func FuzzEventJSON(f *testing.F) {
	for _, ev := range events() {
		text, err := json.Marshal(ev)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"kind":"timer","detail":null}`))
	f.Add([]byte(`{"kind":"join","detail":{"user":{"name":"\ud800"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var first chat.Event
		if json.Unmarshal(text, &first) != nil {
			return
		}
		again, err := json.Marshal(first)
		if err != nil {
			return // a payload of the timer that is no JSON value by itself
		}
		var second chat.Event
		if err := json.Unmarshal(again, &second); err != nil {
			t.Fatalf("what was written cannot be read: %s: %v", again, err)
		}
		third, err := json.Marshal(second)
		if err != nil || string(third) != string(again) {
			t.Errorf("not steady:\n%s\n%s (%v)", again, third, err)
		}
	})
}

func TestParseRefReadsWhatTheConfigurationHolds(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]chat.Ref{
		"telegram:123456":     {Domain: "telegram", ID: "123456"},
		"telegram:-100":       {Domain: "telegram", ID: "-100"},
		"wecom:ZhangSan":      {Domain: "wecom", ID: "ZhangSan"},
		"wecom:a:b":           {Domain: "wecom", ID: "a:b"},
		"wechat:wx12:oABC":    {Domain: "wechat:wx12", ID: "oABC"},
		"wechat:wx12:oABC:x":  {Domain: "wechat:wx12", ID: "oABC:x"},
		"sandbox:阿宁":          {Domain: "sandbox", ID: "阿宁"},
		"wechatish:something": {Domain: "wechatish", ID: "something"},
	} {
		got, err := chat.ParseRef(in)
		if err != nil || got != want {
			t.Errorf("ParseRef(%q) = %v, %v; want %v", in, got, err, want)
		}
		if got.String() != in {
			t.Errorf("ParseRef(%q) prints as %q", in, got)
		}
	}
	for _, in := range []string{"", ":", "telegram", "telegram:", ":5", "wechat:wx12", "wechat::o", "wechat:wx12:"} {
		if got, err := chat.ParseRef(in); !errors.Is(err, chat.ErrBadRef) {
			t.Errorf("ParseRef(%q) = %v, %v; want ErrBadRef", in, got, err)
		}
	}
}

func TestEveryFaultSaysWhatItMeansAndKeepsItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	for _, tt := range []struct {
		err  chat.SendError
		want string
	}{
		{chat.SendError{Fault: chat.Retry, Err: cause}, "retry: the cause"},
		{chat.SendError{Fault: chat.Throttled, After: 7 * time.Second, Err: cause}, "throttled for 7s: the cause"},
		{chat.SendError{Fault: chat.Moved, To: chat.Ref{Domain: "t", ID: "2"}, Err: cause}, "moved to t:2: the cause"},
		{chat.SendError{Fault: chat.Unknown, Err: cause}, "unknown: the cause"},
	} {
		if tt.err.Error() != tt.want || !errors.Is(&tt.err, cause) {
			t.Errorf("%q, want %q", tt.err.Error(), tt.want)
		}
		if got := chat.AsSendError(fmt.Errorf("wrapped: %w", &tt.err)); *got != tt.err {
			t.Errorf("AsSendError lost %v", tt.err)
		}
	}
	if got := chat.AsSendError(cause); got.Fault != chat.Unknown || !errors.Is(got, cause) {
		t.Errorf("an error nobody described is %v; the only safe reading is unknown", got)
	}
}
