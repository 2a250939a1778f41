package signup_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"qunmate/bot"
	"qunmate/commands/commandtest"
)

type named map[string]any

// samples gives every block of the family the same values, which have all that
// any of them shows, in several moods.
func samples(t *testing.T) map[string][]any {
	t.Helper()
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	today, tomorrow := bot.Moment{T: now, Now: now}, bot.Moment{T: now.Add(24 * time.Hour), Now: now}
	one, two := named{"N": 1, "Name": "小陈 <b>", "Extra": 1, "Note": "带球"}, named{"N": 2, "Name": "阿宁", "Extra": 0, "Note": ""}
	base := named{
		"ID": int64(3), "Title": "周六羽毛球 <b>", "Seats": 12, "Taken": 3, "Extra": 1, "Waiting": 1, "Ends": "11-27 18:00", "Event": "11-28 14:00", "AtEvent": false,
		"State": "open", "Reason": "", "Early": false, "In": []named{one, two}, "More": 2, "Queue": []named{two}, "QMore": 1, "Buttons": true, "Counted": true,
		"Typed": "/signup join 3", "Name": "小陈", "Mine": one, "Wait": false, "Same": false, "Fresh": true, "Over": true, "Room": 0, "Page": 1, "Of": 3,
		"Names": []string{"阿宁", "老周"}, "Open": []int64{3, 4}, "Command": "signup join", "Audit": int64(7), "Word": "x", "N": 12, "Which": "end", "At": today, "Past": true,
		"Choices": []bot.Moment{today, tomorrow}, "On": tomorrow, "Chats": []string{"产品群"}, "Reminders": []named{{"At": today, "Event": true}, {"At": tomorrow, "Event": false}},
	}
	base["Was"] = maps.Clone(base)
	var views []any
	for _, change := range []named{
		{},
		{"Seats": 0, "Waiting": 0, "More": 0, "QMore": 0, "Queue": []named(nil), "Ends": "", "Event": "", "Chats": []string(nil)},
		{"State": "closed", "Room": 2},
		{"State": "cancelled", "Reason": "下雨"},
		{"State": "cancelled"},
		{"AtEvent": true, "Which": "event", "Past": false},
		{"In": []named(nil), "Queue": []named(nil), "Mine": named{"N": 0, "Extra": 0, "Note": ""}, "Open": []int64(nil), "Buttons": false, "Counted": false},
		{"Same": true, "Fresh": false, "Over": false},
		{"Wait": true, "Fresh": false, "Room": 1},
		{"State": "closed", "Early": true, "Of": 1},
	} {
		v := maps.Clone(base)
		maps.Copy(v, change)
		views = append(views, v)
	}
	special := map[string][]any{
		"signup.moment": {today}, "signup.lines": {[]named{one, two}}, "signup.line": {one, two}, "signup.mine": {one, two}, "signup.numbers": {[]int64{3, 4}},
		"signup.preview_title": {"周六羽毛球"}, "signup.which_time": {"end", "event"},
		"signup.list":      {named{"Open": []any{base, views[1]}}, named{"Open": []any(nil)}},
		"signup.published": {named{"ID": int64(3), "Chats": 1, "Ends": ""}, named{"ID": int64(3), "Chats": 2, "Ends": "20:00"}},
	}
	out := map[string][]any{}
	for _, block := range commandtest.Blocks(t, "signup") {
		out[block] = views
		if s, has := special["signup."+block]; has {
			out[block] = s
		}
	}
	return out
}

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	commandtest.Texts(t, "signup", samples(t))
}

var (
	machine = regexp.MustCompile(`<no value>|%!|\bnil\b|\bnull\b|ERROR|panic|sql|  `)
	narrow  = regexp.MustCompile(`\p{Han}[,:;!]|\p{Han} ?\(|（ | ）| ，|， `)
	buttons = regexp.MustCompile(`( \[[^\]]+\])+$`)
)

// experience.md, 8.0: an answer to a member has two lines, a public card eight
// at most; only the list, its end and what became of it are public.
func TestWhatIsSaidIsShortCleanAndInItsLanguage(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.chat")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	looked := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range regexp.MustCompile(`(?m)^< [^\n]*(\n<   [^\n]*)*`).FindAllString(string(text), -1) {
			looked++
			head, body, _ := strings.Cut(said[2:], ": ")
			lines := strings.Split(strings.ReplaceAll(body, "\n<   ", "\n"), "\n")
			for i, l := range lines {
				lines[i] = buttons.ReplaceAllString(l, "")
				switch english := strings.HasPrefix(filepath.Base(f), "en_"); {
				case machine.MatchString(l):
					t.Errorf("%s: %s", f, l)
				case english && strings.ContainsFunc(l, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
					t.Errorf("%s: Chinese in an English answer: %s", f, l)
				case !english && narrow.MatchString(lines[i]):
					t.Errorf("%s: narrow punctuation: %s", f, l)
				}
			}
			public := head == "群" || head == "group" || strings.HasSuffix(head, "(更新)") || strings.HasSuffix(head, "(edited)")
			switch {
			case public && (!strings.HasPrefix(body, "📋") || len(lines) > 8):
				t.Errorf("%s: this is public: %s", f, said)
			case !public && len(lines) > 2 && !strings.HasPrefix(body, "📋") && !strings.HasPrefix(body, "进行中的接龙") && !strings.HasPrefix(body, "Open sign-up"):
				t.Errorf("%s: %d lines: %s", f, len(lines), said)
			}
		}
	}
	if looked < 100 {
		t.Errorf("only %d messages were looked at", looked)
	}
}
