package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"qunmate/bot/chat"
	"qunmate/bot/config"
	"qunmate/templates"
)

// guides are the pages that lead through the making of a bot, and the findings
// of check -online by which each must confirm what was done.
var guides = map[string]struct {
	lang  string
	codes string
}{
	"docs/zh-CN/wecom-aibot.md":             {"zh-CN", "wecombot.accepted wecombot.secret_bad wecombot.unreachable wecombot.reachable wecombot.group_push door.open"},
	"docs/zh-CN/wecom-app.md":               {"zh-CN", "wecomapp.ready wecomapp.callback wecomapp.names door.open"},
	"docs/zh-CN/wecom-webhook.md":           {"zh-CN", "wecomhook.ready wecombot.group standin.found"},
	"docs/zh-CN/wecom-customer-groups.md":   {"zh-CN", "wecomcontact.ready wecomcontact.never wecomcontact.no_welcome wecomcontact.chat_ok"},
	"docs/zh-CN/wechat-official-account.md": {"zh-CN", "wechatmp.ready wechatmp.secret_bad wechatmp.address_bad wechatmp.sealed wechatmp.menu_ours wechatmp.codes door.open door.status community.found community.missing"},
	"docs/wecom.md":                         {"en", "wecombot.accepted wecombot.secret_bad wecombot.reachable wecombot.group_push door.open"},
	"docs/wecom-app.md":                     {"en", "wecomapp.ready wecomapp.callback wecomapp.names door.open"},
	"docs/wecom-webhook.md":                 {"en", "wecomhook.ready"},
	"docs/wecom-customer-groups.md":         {"en", "wecomcontact.ready wecomcontact.never wecomcontact.no_welcome wecomcontact.chat_ok"},
	"docs/wechat.md":                        {"en", "wechatmp.ready wechatmp.secret_bad wechatmp.address_bad wechatmp.sealed door.open community.found community.missing"},
}

var (
	// quoteMark finds what a guide says that check -online prints: a line of a sample, the first
	// cell of a table, or words in a sentence.
	quoteMark = regexp.MustCompile("(?m)(?:^ *(?:\\| )?|`)[✔✘] ([^`|\n]+)")
	// lineName stands before a finding: the name of the connection.
	lineName = regexp.MustCompile(`^[a-z][a-z/]*(?:：|: )`)
	// valueIn is what differs from bot to bot.
	valueIn = regexp.MustCompile(`…|「[^」]*」|（[^）]*）|“[^”]*”|https?://[\w./-]+|/\w+/\w+|\d[\d.]*|\bwr\w+|\bwx\b|zhangsan`)
)

// What the guides say that check -online prints is what it does print, and for
// every kind of bot they show the line that confirms it.
func TestTheGuidesQuoteWhatCheckSays(t *testing.T) {
	t.Parallel()
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	codes := findingCodes(t)
	full, empty := findingArgs()
	says := map[string]map[string]string{}
	for _, lang := range templates.Languages() {
		says[lang] = map[string]string{}
		for _, code := range codes {
			for _, args := range []map[string]string{full, empty} {
				text, err := set.Render(lang, "check."+code, chat.Finding{Code: code, Args: args})
				if err != nil {
					t.Fatal(err)
				}
				says[lang][code] += chat.Plain(text) + "\n"
			}
		}
	}
	for page, want := range guides {
		found := map[string]bool{}
		for _, m := range quoteMark.FindAllStringSubmatch(guide(t, page), -1) {
			for quote := range strings.SplitSeq(m[1], " / ") {
				quote = lineName.ReplaceAllString(strings.TrimLeft(quote, "✔✘ "), "")
				ok := false
				for code, text := range says[want.lang] {
					if quotes(text, quote) {
						ok, found[code] = true, true
					}
				}
				if !ok && utf8.RuneCountInString(quote) > 1 {
					t.Errorf("%s: check -online never says %q", page, quote)
				}
			}
		}
		for code := range strings.FieldsSeq(want.codes) {
			if !found[code] {
				t.Errorf("%s does not show %s: %q", page, code, says[want.lang][code])
			}
		}
	}
}

func guide(t *testing.T, page string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// quotes reports whether the words of a quote stand in one line of a text, in
// their order, whatever the values between them.
func quotes(text, quote string) bool {
	parts := valueIn.Split(quote, -1)
	if letters := len(strings.Join(parts, "")); letters < 4 {
		return false
	}
	for line := range strings.Lines(text) {
		for _, p := range parts {
			_, after, ok := strings.Cut(line, strings.Trim(p, " 　"))
			if line = after; !ok {
				line = ""
			}
		}
		if line != "" { // its end is left
			return true
		}
	}
	return false
}

var configBlock = regexp.MustCompile("(?s)( *)```yaml\n(.*?)```")

// The configuration that a guide shows is taken as it stands there.
func TestTheConfigurationOfTheGuidesIsValid(t *testing.T) {
	t.Parallel()
	value := func(name string) (string, bool) {
		switch {
		case strings.HasSuffix(name, "AES_KEY"):
			return strings.Repeat("k", 43), true
		case strings.HasSuffix(name, "BOT_TOKEN") && !strings.HasPrefix(name, "WECOM"):
			return "123:abc", true
		}
		return "abc123", true
	}
	var pages []string
	for _, folder := range []string{"docs", "docs/zh-CN"} {
		found, err := filepath.Glob(filepath.Join("..", "..", folder, "*.md"))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	shown := map[string]int{}
	for _, path := range pages {
		rel, err := filepath.Rel(filepath.Join("..", ".."), path)
		if err != nil {
			t.Fatal(err)
		}
		page := filepath.ToSlash(rel)
		for _, m := range configBlock.FindAllStringSubmatch(guide(t, page), -1) {
			text := strings.ReplaceAll("\n"+m[2], "\n"+m[1], "\n")
			if strings.HasPrefix(text, "\nwebhooks:") { // only what is new
				text = "wecom:\n  aibots: [{name: helper, mention: helper, bot_id: b, secret: s}]" + strings.ReplaceAll(text, "\n", "\n  ")
			}
			if _, err := config.Parse([]byte(text), value); err != nil {
				t.Errorf("%s: %v in %s", page, err, text)
			}
			shown[page]++
		}
	}
	for page := range guides {
		if shown[page] == 0 {
			t.Errorf("%s shows no configuration", page)
		}
	}
	if !slices.Contains(pages, filepath.Join("..", "..", "docs", "zh-CN", "telegram.md")) {
		t.Error("this test looks in the wrong place")
	}
}
