package telegram

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunmate/bot/chat"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// testDecoder decodes as the bot of the recorded updates.
func testDecoder() decoder {
	return decoder{
		botID: "7000000001",
		self:  identity{ID: 7000000001, Username: "qunmate_bot", Name: "Qunmate"},
		now:   func() time.Time { return time.Date(2025, 11, 24, 16, 30, 0, 0, time.UTC) },
	}
}

// golden is what an update is read as.
type golden struct {
	Undecodable bool         `json:"undecodable,omitempty"`
	Query       string       `json:"query,omitempty"`
	Events      []chat.Event `json:"events"`
}

func TestEveryRecordedUpdateIsReadAsItsGoldenFileSays(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/updates/*.json")
	if err != nil || len(files) < 80 {
		t.Fatalf("recorded updates: %d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			u, err := decodeUpdate(raw)
			one := testDecoder().update(u)
			got, merr := json.MarshalIndent(golden{Undecodable: err != nil, Query: one.query, Events: one.events}, "", " ")
			if merr != nil {
				t.Fatal(merr)
			}
			got = append(got, '\n')
			path := filepath.Join("testdata", "events", name+".json")
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("read as\n%swant\n%s", got, want)
			}
			surviveStorage(t, one.events)
		})
	}
}

// surviveStorage: an event may wait in the database and must come back whole.
func surviveStorage(t *testing.T, events []chat.Event) {
	t.Helper()
	for _, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back chat.Event
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || !bytes.Equal(raw, again) {
			t.Errorf("%s came back from storage as %s (%v)", raw, again, err)
		}
	}
}

// What the golden files show, said once more in words that -update cannot
// change.
func TestCommandsAreReadWithTheirAddress(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/commands.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		File     string `json:"file"`
		Text     string `json:"text"`
		ToBot    bool   `json:"to_bot"`
		ForOther bool   `json:"for_other"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err, len(cases))
	}
	for _, c := range cases {
		events := recorded(t, c.File)
		if len(events) != 1 {
			t.Errorf("%s: %d events", c.File, len(events))
			continue
		}
		e := events[0]
		if e.Text != c.Text || e.ToBot != c.ToBot || e.ForOther != c.ForOther {
			t.Errorf("%s: %q to us %v, for another %v", c.File, e.Text, e.ToBot, e.ForOther)
		}
	}
}

func TestNothingComesOfWhatDoesNotCount(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"edited", "channel_post", "as_channel", "linked_post", "from_bot", "from_us", "pinned", "other_service",
		"album_other_part", "unknown_kind", "bot_promoted", "channel_subscriber",
		"member_restricted", "member_unbanned", "press_inline", "press_game", "poison_member",
	} {
		if events := recorded(t, file); len(events) != 0 {
			t.Errorf("%s: %+v", file, events)
		}
	}
}

// In a topic every message carries the topic's first one as what it replies to,
// mostly, but not always, as the service message that began it.
func TestInATopicTheFirstMessageIsNoQuote(t *testing.T) {
	t.Parallel()
	said := func(reply string) string {
		raw := `{"update_id":1,"message":{"message_id":9,"date":1764000132,"message_thread_id":42,"is_topic_message":true,"text":"/points",
			"from":{"id":5123456789,"first_name":"阿宁"},"chat":{"id":-1009876543210,"type":"supergroup","is_forum":true},
			"reply_to_message":{"date":1764000131,"from":{"id":6123456789,"first_name":"Bob"},"chat":{"id":-1009876543210,"type":"supergroup"},` + reply + `}}}`
		u, err := decodeUpdate([]byte(raw))
		events := testDecoder().update(u).events
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %d events, %v", reply, len(events), err)
		}
		return events[0].Quoted.Name
	}
	for reply, want := range map[string]string{
		`"message_id":42,"text":"welcome"`:                       "",
		`"message_id":41,"forum_topic_created":{"name":"a"}`:     "",
		`"message_id":43,"message_thread_id":42,"text":"thanks"`: "Bob",
	} {
		if got := said(reply); got != want {
			t.Errorf("a reply to %s quotes %q, want %q", reply, got, want)
		}
	}
}

// The bot adds nobody: whom it let in has come by himself, whatever else is told.
func TestWhomTheBotLetInHasComeByHimself(t *testing.T) {
	t.Parallel()
	u, err := decodeUpdate([]byte(`{"update_id":1,"chat_member":{"chat":{"id":-1001234567890,"type":"supergroup"},"date":1764000500,
		"from":{"id":7000000001,"is_bot":true,"first_name":"Qunmate"},
		"old_chat_member":{"user":{"id":6123456789,"first_name":"Bob"},"status":"left"},
		"new_chat_member":{"user":{"id":6123456789,"first_name":"Bob"},"status":"member"}}}`))
	events := testDecoder().update(u).events
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if m, ok := events[0].Detail.(chat.Membership); !ok || events[0].Kind != chat.Join || events[0].Sender.Name != "Bob" || !m.By.Ref.IsZero() {
		t.Errorf("%+v", events[0])
	}
}

func TestStandingsAreReadFromOldAndNew(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]chat.ChatChange{
		"self_added":           {Standing: chat.Added, Missing: []string{"admin", "delete", "invite", "pin", "hear_all_talk"}},
		"self_added_as_admin":  {Standing: chat.Added, Missing: []string{}},
		"self_promoted_partly": {Standing: chat.Updated, Missing: []string{"delete", "pin"}},
		"self_muted":           {Standing: chat.Updated, Missing: []string{"admin", "delete", "invite", "pin", "send", "hear_all_talk"}},
		"self_kicked":          {Standing: chat.Removed},
		"self_blocked":         {Standing: chat.Removed},
		"self_unblocked":       {Standing: chat.Added},
		"migrate_to":           {Standing: chat.Migrated, To: chatRef(-1001777777777)},
		"migrate_from":         {Standing: chat.Migrated, To: chatRef(-1001777777777)},
	} {
		events := recorded(t, file)
		if len(events) != 1 {
			t.Errorf("%s: %d events", file, len(events))
			continue
		}
		got, ok := events[0].Detail.(chat.ChatChange)
		if !ok || got.Standing != want.Standing || got.To != want.To || (got.Missing == nil) != (want.Missing == nil) ||
			strings.Join(got.Missing, " ") != strings.Join(want.Missing, " ") {
			t.Errorf("%s: %+v", file, events[0].Detail)
		}
	}
	for _, file := range []string{"migrate_to", "migrate_from"} {
		if e := recorded(t, file)[0]; e.Chat.Ref != chatRef(-412345678) {
			t.Errorf("%s is told under %s, not under the old chat", file, e.Chat.Ref)
		}
	}
}

func recorded(t *testing.T, name string) []chat.Event {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "updates", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	u, _ := decodeUpdate(raw)
	return testDecoder().update(u).events
}

func TestUTF16PositionsNeverCutACharacter(t *testing.T) {
	t.Parallel()
	const s = "a\U0001f44d\u6587\u00e9\U0001d11ez" // units: 1 2 1 1 2 1
	for _, c := range []struct {
		off, n int
		want   string
		ok     bool
	}{
		{0, 1, "a", true},
		{1, 2, "\U0001f44d", true},
		{3, 1, "\u6587", true},
		{3, 2, "\u6587\u00e9", true},
		{5, 3, "\U0001d11ez", true},
		{0, 8, s, true},
		{2, 1, "", false},
		{1, 1, "", false},
		{0, 9, "", false},
		{8, 1, "", false},
		{-1, 2, "", false},
		{0, 0, "", false},
		{1, int(^uint(0) >> 1), "", false},
	} {
		got, _, ok := cut16(s, c.off, c.n)
		if got != c.want || ok != c.ok {
			t.Errorf("cut16(%d, %d) = %q, %v", c.off, c.n, got, ok)
		}
	}
	if n := len16(s); n != 8 {
		t.Errorf("len16 = %d", n)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/updates/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(err, len(files))
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, _ := decodeUpdate(raw)
		if u == nil {
			t.Fatal("no update")
		}
		seen := map[chat.Ref]bool{}
		for _, e := range testDecoder().update(u).events {
			switch {
			case e.ID.IsZero() || e.Kind == "" || e.Chat.Ref.IsZero() && e.Kind != chat.Vote && e.Kind != chat.PollTold: // of these Telegram tells no chat
				t.Errorf("incomplete event %+v", e)
			case seen[e.ID]:
				t.Errorf("two events %s", e.ID)
			case e.Sender.Bot && e.Kind == chat.Message:
				t.Errorf("a bot speaks: %+v", e)
			}
			seen[e.ID] = true
			if token := parseReply(e.Reply); token.String() != e.Reply && token.Query != "" && !strings.Contains(token.Query, ":") {
				t.Errorf("reply token %q is read as %q", e.Reply, token)
			}
			surviveStorage(t, []chat.Event{e})
		}
	})
}
