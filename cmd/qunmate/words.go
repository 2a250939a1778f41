package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"qunmate/bot/chat"
	"qunmate/bot/config"
	"qunmate/storage"
	"qunmate/templates"
)

// words are the texts of the command line, in the operator's language.
type words struct{ set *templates.Set }

func loadWords() (*words, error) {
	set, err := templates.Load("")
	return &words{set}, err
}

// loadTexts returns what the bot says: with a folder of the operator's own the
// built-in texts are read again, without it they are here already. A text that
// cannot be used is a mistake of the configuration, and nil.
func (p *program) loadTexts(f *flags, cfg *config.Config) *templates.Set {
	if cfg.Templates == "" {
		return p.words.set
	}
	set, err := templates.Load(cfg.Templates)
	if err != nil {
		p.problems(f.file(), cfg.BadTexts(err))
		return nil
	}
	return set
}

// languageOfEnv guesses the language before a configuration is read: Chinese,
// unless the locale is English.
func languageOfEnv(env func(string) (string, bool)) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v, _ := env(name); v != "" {
			if strings.HasPrefix(v, "en") {
				return "en"
			}
			break
		}
	}
	return "zh-CN"
}

var languageLine = regexp.MustCompile(`(?m)^language:[ \t]*["']?(zh-CN|en)["']?[ \t]*(?:#.*)?\r?$`)

// languageOfFile is the language that a configuration asks for which cannot be
// used: its mistakes are told in it. Empty if it names none.
func languageOfFile(path string) string {
	src, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if m := languageLine.FindSubmatch(src); m != nil {
		return string(m[1])
	}
	return ""
}

func (p *program) text(name string, data any) string {
	markup, err := p.words.set.Render(p.lang, name, data)
	if err != nil {
		return err.Error()
	}
	return chat.Plain(markup)
}

// say prints a line for the operator.
func (p *program) say(name string, data any) { _, _ = fmt.Fprintln(p.out, p.text(name, data)) }

// fail prints a line about a fault.
func (p *program) fail(name string, data any) { _, _ = fmt.Fprintln(p.errs, p.text(name, data)) }

// problems prints every mistake of a configuration, one line each.
func (p *program) problems(path string, err error) {
	list, ok := errors.AsType[config.Problems](err)
	if !ok {
		p.fail("cli.fault", map[string]any{"Error": err.Error()})
		return
	}
	for _, one := range list {
		_, _ = fmt.Fprintf(p.errs, "%s:%s\n", path, p.text("config."+one.Code, one))
	}
	p.fail("cli.problems", map[string]any{"Count": len(list), "File": path})
}

// dbFault explains why a database cannot be used, in one line.
func (p *program) dbFault(path string, err error) int {
	data := map[string]any{"File": path, "Error": err.Error()}
	for kind, name := range map[error]string{
		storage.ErrLocked: "cli.db_locked", storage.ErrNewer: "cli.db_newer", storage.ErrCorrupt: "cli.db_corrupt",
		storage.ErrReadOnly: "cli.db_readonly", storage.ErrFull: "cli.db_full", storage.ErrNoFile: "cli.db_missing",
		storage.ErrChanged: "cli.db_changed", storage.ErrExists: "cli.db_exists",
	} {
		if errors.Is(err, kind) {
			p.fail(name, data)
			return exitFault
		}
	}
	p.fail("cli.db_fault", data)
	return exitFault
}
