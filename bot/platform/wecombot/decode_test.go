package wecombot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"qunmate/bot/chat"
)

func readTable(t testing.TB, name string, dest any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, dest); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// decoded is what a row of the table expects.
type decoded struct {
	ID       string        `json:"id"`
	Kind     chat.Kind     `json:"kind"`
	Chat     string        `json:"chat"`
	Sender   string        `json:"sender"`
	Text     string        `json:"text"`
	ToBot    bool          `json:"to_bot"`
	Standing chat.Standing `json:"standing"`
	Reply    string        `json:"reply"`
	Task     string        `json:"task"`
	At       int64         `json:"at"`
}

func testDecoder(mention string) decoder {
	return decoder{botID: "bot1", mention: mention, now: func() time.Time { return time.Unix(1700000100, 0) }}
}

func TestCallbacksBecomeEvents(t *testing.T) {
	t.Parallel()
	var rows []struct {
		Name string
		Body json.RawMessage
		Want *decoded
	}
	readTable(t, "decode.json", &rows)
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			b, err := parseBody(row.Body)
			if err != nil {
				t.Fatal(err)
			}
			ev, ok := testDecoder("\u5c0f\u52a9\u624b").read(b, replyToken{Req: "req"}, "fallback")
			if !ok || row.Want == nil {
				if ok != (row.Want != nil) {
					t.Fatalf("%v: %+v", ok, ev)
				}
				return
			}
			token := parseReply(ev.Reply)
			change, _ := ev.Detail.(chat.ChatChange)
			got := decoded{
				ID: ev.ID.ID, Kind: ev.Kind, Chat: string(ev.Chat.Type) + " " + ev.Chat.Ref.ID, Sender: ev.Sender.Ref.ID, Text: ev.Text,
				ToBot: ev.ToBot, Standing: change.Standing, Reply: token.Kind, Task: token.Task, At: ev.At.Unix(),
			}
			if got != *row.Want {
				t.Errorf("\n%+v\nwant\n%+v", got, *row.Want)
			}
			if token.Req != "req" || !token.Seen.Equal(time.Unix(1700000100, 0)) {
				t.Errorf("token %+v", token)
			}
			if ev.Chat.Ref.Domain != Domain || ev.ID.Domain != Domain || ev.Sender.Name != "" || ev.Quoted != (chat.User{}) || ev.At.Location() != time.UTC {
				t.Errorf("%+v", ev)
			}
			// An event waits in the database and comes back unchanged.
			data, err := json.Marshal(ev)
			if err != nil {
				t.Fatal(err)
			}
			var back chat.Event
			if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, ev) {
				t.Errorf("%+v, %v", back, err)
			}
		})
	}
}

func TestMentionsAreStripped(t *testing.T) {
	t.Parallel()
	var rows []struct{ Name, Text, Want string }
	readTable(t, "mentions.json", &rows)
	for _, row := range rows {
		if got := stripMention(row.Text, row.Name); got != row.Want {
			t.Errorf("%q by %q: %q, want %q", row.Text, row.Name, got, row.Want)
		}
	}
}

func TestWithoutABotIDOfOursTheCallbackNamesTheBot(t *testing.T) {
	t.Parallel()
	b, err := parseBody([]byte(`{"msgid":"m1","aibotid":"AIBOT","chattype":"single","from":{"userid":"lilei"},"msgtype":"text"}`))
	if err != nil {
		t.Fatal(err)
	}
	d := testDecoder("")
	d.botID = ""
	if ev, _ := d.read(b, replyToken{}, ""); ev.ID.ID != "aibot:AIBOT:m1" {
		t.Errorf("%s", ev.ID)
	}
}

func TestEventsWithoutAnIDAreToldApartByWhatHappened(t *testing.T) {
	t.Parallel()
	id := func(raw string) string {
		b, err := parseBody([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		ev, ok := testDecoder("").read(b, replyToken{}, "fallback")
		if !ok {
			t.Fatalf("%s: no event", raw)
		}
		return ev.ID.ID
	}
	const head = `{"create_time":1700000000,"chattype":"group","chatid":"g","from":{"userid":"lilei"},"msgtype":"event","event":{"eventtype":"template_card_event","template_card_event":`
	a := id(head + `{"event_key":"/vote 9 A","task_id":"q1"}}}`)
	if again := id(head + `{"event_key":"/vote 9 A","task_id":"q1"}}}`); again != a {
		t.Errorf("%s and %s", a, again)
	}
	if other := id(head + `{"event_key":"/vote 9 B","task_id":"q1"}}}`); other == a {
		t.Error("two clicks in one second are taken for one")
	}
}

func TestTokensSurviveTheDatabase(t *testing.T) {
	t.Parallel()
	seen := time.UnixMilli(1700000000123)
	for _, want := range []replyToken{
		{Kind: toMessage, Seen: seen, Req: "aibot_msg_callback_1:2 &=%"},
		{Kind: toPress, Seen: seen, Req: "r", Task: "q1@Z0NhU2U"},
		{Kind: toEntry, Seen: seen, Req: "r"},
		{Kind: toMessage, Seen: seen, Key: "0123456789abcdef01234567", URL: "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=a%3D&b=c"},
	} {
		if got := parseReply(want.String()); got != want {
			t.Errorf("%+v\nwant %+v", got, want)
		}
	}
	for _, s := range []string{"", "m:5", "q:1:2:3", "%zz", "k=m", "k=m&t=%21", "k=x&t=1", ";"} {
		if got := parseReply(s); got != (replyToken{}) {
			t.Errorf("%q: %+v", s, got)
		}
	}
	if (replyToken{}).String() != "" || (replyToken{}).fresh(seen) {
		t.Error("the zero token")
	}
}

func TestTokensAgeAsThePlatformSays(t *testing.T) {
	t.Parallel()
	seen := time.Unix(1700000000, 0)
	for _, c := range []struct {
		kind string
		age  time.Duration
		want bool
	}{
		{toMessage, 0, true},
		{toMessage, 23 * time.Hour, true},
		{toMessage, 24 * time.Hour, false},
		{toPress, 4 * time.Second, true},
		{toPress, 5 * time.Second, false},
		{toEntry, 4 * time.Second, true},
		{toEntry, 5 * time.Second, false},
	} {
		if got := (replyToken{Kind: c.kind, Seen: seen}).fresh(seen.Add(c.age)); got != c.want {
			t.Errorf("%s after %s: %v", c.kind, c.age, got)
		}
	}
}
