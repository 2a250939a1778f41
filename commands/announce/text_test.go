package announce

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

func TestButtonsStandOnTheLastLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		text    string
		buttons []button
		bad     trouble
	}{
		"明晚直播\n[看](https://a.example/x?y=1)":                   {"明晚直播", []button{{"看", "https://a.example/x?y=1"}}, ""},
		"a\n\n[b](http://c.example)\n\n[d](https://e.example)": {"a", []button{{"b", "http://c.example"}, {"d", "https://e.example"}}, ""},
		"[b](https://c.example)\n在前面的不算":                       {"[b](https://c.example)\n在前面的不算", nil, ""},
		"看 [b](https://c.example) 这里":                          {"看 [b](https://c.example) 这里", nil, ""},
		"a\n[b](ftp://c.example)":                              {"", nil, troubleButton},
		"a\n[b] (https://c.example)":                           {"", nil, troubleButton},
		"a\n[](https://c.example)":                             {"", nil, troubleButton},
		"[b](https://c.example)":                               {"", []button{{"b", "https://c.example"}}, troubleEmpty},
		" \r\n ":                                               {"", nil, troubleEmpty},
		strings.Repeat("长", maxText+1):                         {strings.Repeat("长", maxText+1), nil, troubleLong},
		"a" + strings.Repeat("\n[b](https://c.example)", 7):    {"a", slicesOf(button{"b", "https://c.example"}, 7), troubleButton},
	} {
		b, bad := readBody(text)
		if bad != want.bad || bad == "" && (b.Text != want.text || !reflect.DeepEqual(b.Buttons, want.buttons)) {
			t.Errorf("%.40q: %.40q %v %q; want %.40q %v %q", text, b.Text, b.Buttons, bad, want.text, want.buttons, want.bad)
		}
	}
	if a, b := (body{Text: "a"}), (body{Text: "a", Picture: &chat.Picture{Data: []byte("x")}}); a.hash() == b.hash() || a.hash() != (body{Text: "a"}).hash() {
		t.Error("what says the same has not the same hash, or what differs has")
	}
}

func slicesOf(b button, n int) []button {
	var out []button
	for range n {
		out = append(out, b)
	}
	return out
}

// Whatever is typed: nothing of it is lost, and what is kept fits.
func FuzzText(f *testing.F) {
	for _, s := range []string{"全部群 大家好\n[看](https://a.example)", "「读书会」、产品群 hi", `"x","y" z`, "a,b", "「", "\xff 「」,", "[a](b)", "chat:12 x\r\n[a](https://b.example)\n", "x\r\r\n["} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items, rest := bot.CutTargets(text)
		if !strings.HasSuffix(strings.TrimSpace(text), rest) {
			t.Errorf("%q: the rest %q is not its end", text, rest)
		}
		for _, it := range items {
			if it.Name == "" || !strings.Contains(text, it.Name) {
				t.Errorf("%q: a name %q", text, it.Name)
			}
		}
		b, bad := readBody(text)
		if bad != "" {
			return
		}
		if !utf8.ValidString(b.Text) || strings.TrimSpace(b.Text) == "" || len(b.Buttons) > maxButtons || utf8.RuneCountInString(b.Text) > maxText {
			t.Errorf("%q became %+v", text, b)
		}
		for _, x := range b.Buttons {
			if x.Label == "" || !strings.HasPrefix(x.URL, "http") {
				t.Errorf("%q has the button %+v", text, x)
			}
		}
		if again, bad := readBody(b.Text); bad == "" && (len(again.Buttons) > 0 || again.Text != b.Text) {
			t.Errorf("%q: read again it is %+v", text, again)
		}
	})
}

func TestReasonsAreSaidInPlainWords(t *testing.T) {
	t.Parallel()
	for err, want := range map[string]string{
		"gone: sendMessage: 403 Forbidden: bot was kicked from the supergroup chat": "removed",
		"removed from the chat": "removed",
		"rejected: sendMessage: 400 Bad Request: not enough rights to send text messages to the chat": "no_right",
		"gone: sendMessage: 403 Forbidden: CHAT_WRITE_FORBIDDEN":                                      "no_right",
		"rejected: sendMessage: 400 Bad Request: message is too long":                                 "rejected",
		"retry: dial tcp: connection refused":                                                         "unreachable",
		"expired":                                                                                     "expired", "failed: the group was dissolved": "rejected", whyRecalled: "recalled", "taken back": "recalled", whyOptedOut: "opted_out", whyNoRoute: "no_route",
		"the chat has it under its other id": "rejected",
	} {
		if got := reason(err, false); got != want {
			t.Errorf("%q is called %q, want %q", err, got, want)
		}
	}
	if got := reason("gone: sendMessage: 403 Forbidden: bot was blocked by the user", true); got != "blocked" {
		t.Errorf("a person who blocked the bot is called %q", got)
	}
}

// What may have arrived is never tried again on its own; what is too old or
// elsewhere is not taken back.
func TestWhatCanBeTriedAgainAndTakenBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	telegram, other := chat.Caps{Delete: true, DeleteFor: 48 * time.Hour}, chat.Caps{}
	for _, c := range []struct {
		d            storage.Delivered
		caps         chat.Caps
		retry, takes bool
	}{
		{storage.Delivered{State: storage.LetterSent, Message: "m", SettledAt: now.Add(-47 * time.Hour)}, telegram, false, true},
		{storage.Delivered{State: storage.LetterSent, Message: "m", SettledAt: now.Add(-48 * time.Hour)}, telegram, false, false},
		{storage.Delivered{State: storage.LetterSent, Message: "m", SettledAt: now.Add(-480 * time.Hour)}, chat.Caps{Delete: true}, false, true},
		{storage.Delivered{State: storage.LetterSent, Message: "m", SettledAt: now}, other, false, false},
		{storage.Delivered{State: storage.LetterSent, SettledAt: now}, telegram, false, false},
		{storage.Delivered{State: storage.LetterSent, Message: "m", SettledAt: now, Recall: storage.LetterQueued}, telegram, false, false},
		{storage.Delivered{State: storage.LetterSent, Message: "m", SettledAt: now, Recall: storage.LetterDead}, telegram, false, true},
		{storage.Delivered{State: storage.LetterSent, Message: "m", SettledAt: now, Recall: storage.LetterSent}, telegram, false, false},
		{storage.Delivered{State: storage.LetterWaiting, Message: "m"}, telegram, false, true},
		{storage.Delivered{State: storage.LetterUncertain}, telegram, false, false},
		{storage.Delivered{State: storage.LetterQueued}, telegram, false, false},
		{storage.Delivered{State: storage.LetterDead, Error: "gone: x"}, telegram, true, false},
		{storage.Delivered{State: storage.LetterDead, Error: whyRecalled}, telegram, false, false},
		{storage.Delivered{State: storage.LetterDead, Error: whyOptedOut}, telegram, false, false},
	} {
		if got := canRetry(c.d); got != c.retry {
			t.Errorf("%+v: retry %v", c.d, got)
		}
		if got := canRecall(c.d, c.caps, now); got != c.takes {
			t.Errorf("%+v: recall %v", c.d, got)
		}
	}
}

// Every addressee is counted once, whatever became of it.
func TestATallyCountsEverybodyOnce(t *testing.T) {
	t.Parallel()
	var rows []storage.Delivered
	for _, state := range []string{"", "queued", "sending", "waiting", "sent", "uncertain", "dead"} {
		for _, back := range []string{"", "queued", "sent", "dead", "uncertain"} {
			for _, kind := range []string{"group", "private"} {
				rows = append(rows, storage.Delivered{State: state, Recall: back, Error: "gone: x", Chat: storage.Chat{Kind: kind, Title: "t"}})
			}
		}
	}
	c := count(rows)
	if sum := c.Delivered + c.Waiting + c.Failed + c.Uncertain + c.Sending + c.Withdrawn + c.Recalled; sum != c.Total || c.Total != len(rows) {
		t.Errorf("%d of %d: %+v", sum, len(rows), c)
	}
	named := 0
	for _, b := range c.Bad {
		if b.Title == "" {
			named += b.Count
		} else {
			named++
		}
	}
	if named != c.Failed {
		t.Errorf("%d failures are told of %d", named, c.Failed)
	}
}

func TestTheSuggestedTimeIsStillToCome(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("x", 8*3600)
	for hm, want := range map[string]string{"08:02": "22 19:30", "19:00": "22 19:30", "19:01": "23 09:00", "23:59": "23 09:00"} {
		at, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-22 "+hm, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := suggested(at).Format("02 15:04"); got != want {
			t.Errorf("at %s: %s, want %s", hm, got, want)
		}
	}
	for n := range 200 {
		if g := watchGap(n); g < time.Second || g > 10*time.Minute || n > 4 && g < watchGap(4) {
			t.Errorf("the %dth pause is %s", n, g)
		}
	}
}
