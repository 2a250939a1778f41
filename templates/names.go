package templates

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Names are the words people type: further names of commands, and words that
// stand in arguments. All languages are understood everywhere.
type Names struct {
	commands map[string]string            // lower-case name → command key ("checkin set")
	words    map[string]string            // lower-case word → key ("yesterday")
	about    map[string]map[string]string // language → command key → one line for menus
	local    map[string]map[string]string // language → key → the word to show to people
}

// wordPrefix marks the keys that are argument words, not commands.
const wordPrefix = "word."

func newNames() Names {
	return Names{commands: map[string]string{}, words: map[string]string{}, about: map[string]map[string]string{}, local: map[string]map[string]string{}}
}

// read parses a names.txt: lines "key = name, name | one line for menus".
// Keys are "checkin", "checkin set" or "word.yesterday"; # starts a comment. An
// operator's file, read after the built-in one, adds names, and what it says
// first is what people are shown.
func (n *Names) read(lang, text string) error {
	if n.about[lang] == nil {
		n.about[lang], n.local[lang] = map[string]string{}, map[string]string{}
	}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := n.line(lang, line); err != nil {
			return fmt.Errorf("templates: %s/%s:%d: %w", lang, namesFile, i+1, err)
		}
	}
	return nil
}

var errNoName = errors.New("want key = name, name | text")

func (n *Names) line(lang, line string) error {
	key, rest, ok := strings.Cut(line, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return errNoName
	}
	list, about, _ := strings.Cut(rest, "|")
	if about = strings.TrimSpace(about); about != "" {
		n.about[lang][key] = about
	}
	first := true
	for name := range strings.SplitSeq(list, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		if err := n.add(key, name); err != nil {
			return err
		}
		if first {
			n.local[lang][key], first = name, false
		}
	}
	if first && n.local[lang][key] == "" {
		return errNoName
	}
	return nil
}

func (n *Names) add(key, name string) error {
	table, value := n.commands, key
	if w, ok := strings.CutPrefix(key, wordPrefix); ok {
		table, value = n.words, w
	} else if first, _, sub := strings.Cut(key, " "); sub {
		name = first + " " + name
	}
	if old, ok := table[name]; ok && old != value {
		return fmt.Errorf("%q means %q already", name, old)
	}
	table[name] = value
	return nil
}

// Command finds the command behind a lower-case name, "" if none. A command's
// own key is a name of it too.
func (n *Names) Command(name string) string { return n.commands[name] }

// Sub finds the sub-command behind a word after a command: "checkin", "设置" →
// "checkin set"; "" if none.
func (n *Names) Sub(command, word string) string { return n.commands[command+" "+word] }

// Word finds the argument word behind a lower-case text, "" if none.
func (n *Names) Word(text string) string { return n.words[text] }

// About is the one line that explains a command in menus, "" if none.
func (n *Names) About(lang, command string) string { return n.about[lang][command] }

// Local is how people of a language call a command or word.
func (n *Names) Local(lang, key string) string { return n.local[lang][key] }

// All lists every name of a command in all languages, sorted.
func (n *Names) All() []string {
	out := make([]string, 0, len(n.commands))
	for name := range n.commands {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
