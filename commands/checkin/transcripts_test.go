package checkin_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// reply is what the bot said at once, read from a transcript.
type reply struct {
	file  string
	head  string // who sees it
	lines []string
}

var buttons = regexp.MustCompile(`( \[[^\]]+\])+$`)

// replies reads the bot's lines of all transcripts of a folder.
func replies(t *testing.T, pattern string) []reply {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	var out []reply
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.SplitSeq(string(text), "\n") {
			switch {
			case strings.HasPrefix(l, "<   "):
				last := &out[len(out)-1]
				last.lines = append(last.lines, buttons.ReplaceAllString(l[4:], ""))
			case strings.HasPrefix(l, "< "):
				head, said, _ := strings.Cut(l[2:], ": ")
				out = append(out, reply{filepath.Base(f), head, []string{buttons.ReplaceAllString(said, "")}})
			}
		}
	}
	return out
}

// What contract.md, section 4, says an answer to a check-in must show.
var (
	gained  = regexp.MustCompile(`\+\d+`)
	streak  = regexp.MustCompile(`连签 \d+ 天|连签从 1 天|\d+ days? in a row|streak starts again at 1 day`)
	balance = regexp.MustCompile(`余额 \d+|balance \d+`)
	second  = regexp.MustCompile(`已签|[Aa]lready checked in|counts as checked in`)
	clock   = regexp.MustCompile(`\d\d:\d\d`)
)

func TestEveryAnswerToACheckInShowsWhatItMust(t *testing.T) {
	t.Parallel()
	firsts, seconds := 0, 0
	for _, r := range replies(t, "testdata/*.chat") {
		text := strings.Join(r.lines, "\n")
		switch {
		case strings.Count(text, "✅") > 1 && len(r.lines) == 1: // many private answers, said in public
			if streak.MatchString(text) || balance.MatchString(text) {
				t.Errorf("%s: what is private is said before all: %s", r.file, text)
			}
		case strings.HasPrefix(text, "✅") && len(r.lines) <= 2:
			firsts++
			if !gained.MatchString(text) || !streak.MatchString(text) || !balance.MatchString(text) {
				t.Errorf("%s: points, streak and balance must be there: %s", r.file, text)
			}
		case strings.HasPrefix(text, "✅"): // many answers in one message
			for _, line := range r.lines {
				if !gained.MatchString(line) || !streak.MatchString(line) || !balance.MatchString(line) {
					t.Errorf("%s: points, streak and balance must be there: %s", r.file, line)
				}
			}
		case strings.HasPrefix(text, "不用补"):
		case strings.Contains(text, "已签过") || strings.Contains(text, "Already checked in"):
			seconds++
			if !second.MatchString(text) || !clock.MatchString(text) || !balance.MatchString(text) || !streak.MatchString(text) {
				t.Errorf("%s: that and when it was done must be there: %s", r.file, text)
			}
		}
	}
	if firsts < 50 || seconds < 30 {
		t.Errorf("only %d first and %d second check-ins were looked at", firsts, seconds)
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

func TestAnswersAreShort(t *testing.T) {
	t.Parallel()
	for _, r := range append(replies(t, "testdata/*.chat"), replies(t, "../points/testdata/*.chat")...) {
		text := strings.Join(r.lines, "\n")
		switch {
		case strings.HasPrefix(text, "🏆") || strings.HasPrefix(text, "#") || strings.Contains(text, "\n#"): // lists
		case strings.HasPrefix(text, "✅") && len(r.lines) > 2, strings.Count(text, "✅") > 1: // many answers in one message
		case len(r.lines) > 2:
			t.Errorf("%s: %d lines: %s", r.file, len(r.lines), text)
		case letters(text) > 62 && !strings.HasPrefix(r.file, "en_"), letters(text) > 75:
			t.Errorf("%s: %d letters: %s", r.file, letters(text), text)
		}
	}
}

// Wording that gives a machine away, or that is half one language and half the
// other.
var (
	machine = regexp.MustCompile(`<no value>|%!|\bnil\b|\bnull\b|ERROR|panic|sql|  `)
	narrow  = regexp.MustCompile(`\p{Han}[,:;?!]|\p{Han} ?\(|（ | ）|） [^\[]| ，|， `)
	han     = regexp.MustCompile(`\p{Han}`)
)

func TestWordingIsCleanInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, r := range append(replies(t, "testdata/*.chat"), replies(t, "../points/testdata/*.chat")...) {
		for _, line := range r.lines {
			if machine.MatchString(line) {
				t.Errorf("%s: %s", r.file, line)
			}
			switch english := strings.HasPrefix(r.file, "en_"); {
			case english && han.MatchString(line):
				t.Errorf("%s: Chinese in an English answer: %s", r.file, line)
			case !english && narrow.MatchString(line):
				t.Errorf("%s: narrow punctuation in a Chinese answer: %s", r.file, line)
			}
		}
	}
}
