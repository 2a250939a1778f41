package commandtest

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"qunmate/bot"
	"qunmate/templates"
)

// What the shortest of our platforms takes for a command in its menu: Bot API,
// BotCommand.
var menuName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

const maxAbout = 256

// Names checks that every command can be typed under its own key and under a
// name of every language, and that every one of the menus has its line there.
func Names(t *testing.T, commands ...bot.Command) {
	t.Helper()
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	names := set.Names()
	for _, c := range commands {
		first, word, sub := strings.Cut(c.Name, " ")
		switch {
		case sub && names.Sub(first, word) != c.Name:
			t.Errorf("/%s leads to %q", c.Name, names.Sub(first, word))
		case !sub && names.Command(c.Name) != c.Name:
			t.Errorf("/%s leads to %q", c.Name, names.Command(c.Name))
		}
		chinese := false
		for _, n := range names.All() {
			chinese = chinese || names.Command(n) == c.Name && n != c.Name && !isASCII(n)
		}
		if !chinese && c.Name != "start" {
			t.Errorf("/%s has no Chinese name", c.Name)
		}
		if !c.Menu {
			continue
		}
		if !menuName.MatchString(c.Name) {
			t.Errorf("/%s does not fit into a menu", c.Name)
		}
		for _, lang := range templates.Languages() {
			about := names.About(lang, c.Name)
			if about == "" || utf8.RuneCountInString(about) > maxAbout {
				t.Errorf("/%s has the menu line %q in %s", c.Name, about, lang)
			}
			if names.Local(lang, c.Name) == "" {
				t.Errorf("/%s is called nothing in %s", c.Name, lang)
			}
		}
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
