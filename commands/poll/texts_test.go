package poll_test

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

func TestEveryTextRendersInBothLanguages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 8, 2, 0, 0, time.UTC)
	today, tomorrow := bot.Moment{T: now, Now: now}, bot.Moment{T: now.Add(24 * time.Hour), Now: now}
	none, id := []any{nil}, []any{named{"ID": int64(9)}}
	lines := []named{{"Letter": "A", "Text": "去 <b>", "Votes": 2, "Percent": 67}, {"Letter": "B", "Text": "不去", "Votes": 1, "Percent": 33}}
	base := named{
		"ID": int64(9), "Question": "聚会吗 <b>", "Options": lines, "Voters": 3, "Multi": false, "Anonymous": false, "Hidden": false, "MinDays": 0, "Ends": "20:00",
		"Closed": false, "Early": false, "Figures": true, "Wide": false, "Typed": "/vote 9 A", "Buttons": true, "Counted": true, "Mine": []string(nil), "Voted": false,
		"At": today, "Chats": []string(nil),
	}
	with := func(change named) named {
		v := maps.Clone(base)
		maps.Copy(v, change)
		return v
	}
	views := []any{
		base, with(named{"Multi": true, "MinDays": 3, "Ends": ""}), with(named{"Anonymous": true, "Hidden": true, "Figures": false, "Buttons": false, "Counted": false}),
		with(named{"Wide": true, "Buttons": false, "Voters": 0}), with(named{"Closed": true}), with(named{"Closed": true, "Early": true, "Voters": 1}),
		with(named{"Mine": []string{"去"}, "Voted": true}), with(named{"Mine": []string{"去"}, "Voted": true, "Closed": true}), with(named{"Voted": true}),
		with(named{"Chats": []string{"产品群", "读书会"}, "MinDays": 1}),
	}
	vote := named{"ID": int64(9), "Name": "小满", "Choice": []string{"去"}, "Before": []string(nil), "Same": false, "Anonymous": false, "Seen": false, "Ends": "20:00", "Over": false}
	votes := []any{vote}
	for _, change := range []named{{"Same": true}, {"Before": []string{"不去"}}, {"Ends": ""}, {"Over": true}, {"Seen": true}} {
		v := maps.Clone(vote)
		maps.Copy(v, change)
		votes = append(votes, v)
	}
	open := []any{named{"ID": int64(9), "Open": []int64{9, 11}}, named{"ID": int64(9), "Open": []int64(nil)}}
	bad := []any{named{"Word": "x", "N": 13}, named{"Word": "", "N": 25}}
	repeats := []any{
		named{"ID": int64(9), "Said": "每周五 10:00", "Next": []bot.Moment{today, tomorrow}, "Off": false, "Audit": int64(5), "Until": true, "Word": "x", "At": today},
		named{"ID": int64(9), "Said": "每天 8:00", "Next": []bot.Moment{tomorrow}, "Off": true, "Audit": int64(5), "Until": false, "Word": "", "At": today},
	}
	samples := map[string][]any{
		"option": {"去"}, "moment": {today}, "button_publish": none, "button_anonymous": none, "button_named": none, "button_clear": none, "button_who": none,
		"button_part": {named{"N": 1, "Count": 7}}, "preview_title": {"聚会吗"}, "preview": views,
		"published": {named{"ID": int64(9), "Chats": 1, "Ends": ""}, named{"ID": int64(9), "Chats": 2, "Ends": "20:00"}},
		"notes":     views, "options": views, "card": views, "tally": views, "result": views, "chart": views, "letters": views, "late": views, "status": views,
		"list": {named{"Open": []named{base}, "Closed": []named{base, base}}, named{"Open": []named(nil), "Closed": []named(nil)}},
		"none": open, "which": open, "voted": votes, "voted_brief": votes, "retracted": {votes[2], named{"ID": int64(9), "Before": []string{"去"}, "Ends": ""}},
		"nothing_to_retract": votes, "secret": votes, "secret_twice": votes, "not_member": id, "too_new": {named{"Days": 3, "Left": 1}, named{"Days": 1, "Left": 1}},
		"one_only": views, "bad_choice": views, "closed": id, "close_not_yours": none, "csv_not_yours": none, "no_files": none, "file": id,
		"csv_question": none, "csv_option": none, "csv_votes": none, "csv_share": none, "csv_voter": none, "csv_at": none,
		"who": {named{"ID": int64(9), "Options": []named{
			{"Text": "去", "Votes": 25, "Names": []string{"阿宁", "小满"}, "More": 23}, {"Text": "不去", "Votes": 1, "Names": []string{"老周"}, "More": 0}, {"Text": "再说", "Votes": 0, "Names": []string(nil), "More": 0},
		}}},
		"who_secret": id, "who_later": id, "no_group": none, "bad_empty": bad, "bad_few": bad, "bad_many": bad, "bad_twice": bad, "bad_long_question": bad,
		"bad_long_option": bad, "bad_unknown_flag": bad, "bad_flag_value": bad, "bad_no_end": bad, "bad_bad_days": bad, "bad_end": bad,
		"end_unclear": {
			named{"Is": true, "Past": today, "Choices": []bot.Moment{today, tomorrow}}, named{"Is": false, "Past": today, "Choices": []bot.Moment{tomorrow}},
		},
		"end_past": {today}, "end_impossible": bad, "repeat_title": repeats, "repeat_preview": repeats, "repeat_done": repeats, "repeat_off": repeats,
		"repeat_none": repeats, "repeat_often": repeats, "bad_repeat": repeats, "repeat_missed": repeats,
	}
	commandtest.Texts(t, "poll", samples)
}

// said are the bot's messages in all transcripts, line by line, with the file
// and who sees them.
func said(t *testing.T, fn func(file, head string, lines []string)) {
	t.Helper()
	buttons := regexp.MustCompile(`(( \[[^\]]+\])+| \[图\])$`)
	files, err := filepath.Glob("testdata/*.chat")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var head string
		var lines []string
		flush := func() {
			if len(lines) > 0 {
				fn(filepath.Base(f), head, lines)
			}
			lines = nil
		}
		for l := range strings.SplitSeq(string(text), "\n") {
			switch {
			case strings.HasPrefix(l, "<   "):
				lines = append(lines, buttons.ReplaceAllString(l[4:], ""))
			case strings.HasPrefix(l, "< "):
				flush()
				var first string
				head, first, _ = strings.Cut(l[2:], ": ")
				lines = []string{buttons.ReplaceAllString(first, "")}
			default:
				flush()
			}
		}
		flush()
	}
}

// letters is how long a line looks: a wide letter counts for one, two narrow
// ones too.
func letters(line string) int {
	n := 0
	for _, r := range line {
		n++
		if unicode.In(r, unicode.Han) || r > 0xff00 {
			n++
		}
	}
	return n / 2
}

// experience.md, 8.0: answers to a member have two lines, a public card eight
// at most; only openings, edits, results and their picture are public.
func TestWhatIsSaidIsShortAndOnlyActivitiesArePublic(t *testing.T) {
	t.Parallel()
	public := 0
	said(t, func(file, head string, lines []string) {
		text := strings.Join(lines, "\n")
		private := strings.HasPrefix(head, "仅") || strings.HasPrefix(head, "only") || strings.HasPrefix(head, "私聊") || strings.HasPrefix(head, "群,给")
		switch shown := strings.HasPrefix(text, "🗳") || strings.HasPrefix(text, "📊") || strings.HasPrefix(text, "(原生投票)"); {
		case head == "" || strings.Contains(head, "删除"):
		case !private:
			public++
			if !shown && !strings.Contains(text, "重复投票") {
				t.Errorf("%s: this is public: %s", file, text)
			}
			if len(lines) > 9 { // seven options, one a line
				t.Errorf("%s: %d lines: %s", file, len(lines), text)
			}
		case shown || strings.HasPrefix(text, "预览") || strings.HasPrefix(text, "Preview") || strings.Contains(text, "谁投了什么\n") || strings.Contains(text, "who chose what\n"):
		case strings.HasPrefix(text, "进行中") || strings.HasPrefix(text, "Open") || strings.Contains(text, "看结果：") || strings.Contains(text, "Results:"): // lists
		case len(lines) > 2, letters(text) > 62 && !strings.HasPrefix(file, "en_"), letters(text) > 75:
			t.Errorf("%s: %d lines, %d letters: %s", file, len(lines), letters(text), text)
		}
	})
	if public < 20 {
		t.Errorf("only %d public messages were looked at", public)
	}
}

var (
	machine = regexp.MustCompile(`<no value>|%!|\bnil\b|\bnull\b|ERROR|panic|sql|  `)
	narrow  = regexp.MustCompile(`\p{Han}[,:;!]|\p{Han} ?\(|（ | ）|） [^\[(]| ，|， `)
	han     = regexp.MustCompile(`\p{Han}`)
)

func TestWordingIsCleanInBothLanguages(t *testing.T) {
	t.Parallel()
	said(t, func(file, _ string, lines []string) {
		for _, line := range lines {
			if machine.MatchString(line) {
				t.Errorf("%s: %s", file, line)
			}
			switch english := strings.HasPrefix(file, "en_"); {
			case english && han.MatchString(line):
				t.Errorf("%s: Chinese in an English answer: %s", file, line)
			case !english && narrow.MatchString(line):
				t.Errorf("%s: narrow punctuation in a Chinese answer: %s", file, line)
			}
		}
	})
}

// contract.md, section 4: what stands under "must show".
func TestAVoteShowsWhatWasChosenAndAPollItsNumber(t *testing.T) {
	t.Parallel()
	n := 0
	said(t, func(file, _ string, lines []string) {
		text := lines[0]
		switch {
		case strings.HasPrefix(text, "已投「"), strings.HasPrefix(text, "已改为「"), strings.HasPrefix(text, "你已投「"):
			n++
			if strings.Contains(text, "「」") {
				t.Errorf("%s: no option in %s", file, text)
			}
		case strings.HasPrefix(text, "🗳"):
			n++
			if !regexp.MustCompile(`^🗳 #\d+ `).MatchString(text) {
				t.Errorf("%s: no number in %s", file, text)
			}
		}
	})
	if n < 60 {
		t.Errorf("only %d answers were looked at", n)
	}
}
