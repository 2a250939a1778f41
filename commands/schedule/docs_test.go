package schedule_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"qunmate/commands/commandtest"
	"qunmate/commands/schedule"
	"qunmate/storage"
)

// shownLine is a line of the manuals that begins a greeting or a weekly push in the chat
// it is typed in.
var shownLine = regexp.MustCompile("/schedule add [^`\n<]* (?:template|模板) (morning|evening|weekly)[^`\n<]*")

// The three lines that the manuals show for a good morning, a good night and a
// weekly push are understood as they stand there, and end in a post.
func TestTheLinesOfTheManualsWork(t *testing.T) {
	t.Parallel()
	for file, lang := range map[string]string{
		"README.md": "en", "docs/schedule.md": "en", "docs/zh-CN/README.md": "zh-CN", "docs/zh-CN/schedule.md": "zh-CN",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
			if err != nil {
				t.Fatal(err)
			}
			var sets, lines []string
			for _, m := range shownLine.FindAllStringSubmatch(string(src), -1) {
				if words := strings.Fields(m[0]); slices.Contains(words, "to") || slices.Contains(words, "给") {
					continue // it names chats that are not here
				}
				lines, sets = append(lines, m[0]), append(sets, m[1])
			}
			for _, want := range []string{"morning", "evening", "weekly"} {
				if !slices.Contains(sets, want) {
					t.Errorf("no line posts the set %s: %q", want, lines)
				}
			}
			for i, line := range lines {
				synctest.Test(t, func(t *testing.T) { typeIt(t, lang, line, sets[i]) })
			}
		})
	}
}

func typeIt(t *testing.T, lang, line, set string) {
	t.Helper()
	s := commandtest.Open(t, family(), commandtest.Scene{Language: lang, Start: "2026-11-22 08:02"})
	defer s.Close()
	said := s.Say("管理员", line)
	if _, ok := s.Press("管理员", map[string]string{"en": "Enable", "zh-CN": "启用"}[lang]); !ok {
		t.Errorf("%s: there is nothing to enable: %+v", line, said)
		return
	}
	var next []schedule.Planned
	s.View(func(ctx context.Context, r *storage.Reader) (err error) {
		next, err = schedule.Upcoming(ctx, r, s.Now(), s.Now().AddDate(0, 0, 8), 1)
		return err
	})
	if len(next) != 1 || next[0].Template != set { // else it would post its own words
		t.Errorf("%s: planned is %+v", line, next)
		return
	}
	if posts := s.MoveTo(next[0].At); len(posts) != 1 {
		t.Errorf("%s: %d posts at %s", line, len(posts), next[0].At)
	}
}
