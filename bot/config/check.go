package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// checker tests what a decoded Config says. A value that was already reported is
// left alone, so that one mistake is one problem.
type checker struct {
	*Config
	*decoder
}

func check(c *Config, d *decoder) {
	k := checker{c, d}
	k.secretsHaveNoBlanks()
	k.settings()
	k.web()
	k.draw()
	k.telegram()
	k.aibots()
	k.webhooks()
	k.apps()
	k.officialAccounts()
}

// usable reports whether nothing was reported yet for path and what is around it.
func (k checker) usable(path string) bool {
	for ; path != ""; path = parent(path) {
		if k.marks[path].broken {
			return false
		}
	}
	return true
}

// wrong reports a problem of path where it stands in the file, or, if it is not
// there, where the group around it stands.
func (k checker) wrong(path, code string, pairs ...string) {
	at, ok := k.marks[path]
	for up := parent(path); !ok && up != ""; up = parent(up) {
		at, ok = k.marks[up]
	}
	if !ok {
		at.line, at.column = 1, 1
	}
	k.report(at.line, at.column, path, code, args(pairs...))
	at.broken = true
	k.marks[path] = at
}

// raw returns the value of path as it stands in the file, as far as it may be shown.
func (k checker) raw(path string) string { return shown(k.marks[path].raw) }

// literal returns value if it stands in the file just so, and nothing if a
// variable is part of it: guesses are made from literals only.
func (k checker) literal(path, value string) string {
	if k.marks[path].raw != value {
		return ""
	}
	return value
}

// need reports an empty value.
func (k checker) need(path, value string) {
	if strings.TrimSpace(value) == "" && k.usable(path) {
		k.wrong(path, codeRequired, "example", k.schema.example(path))
	}
}

// needFor reports an empty value that another value makes necessary.
func (k checker) needFor(path, value, because string) {
	if strings.TrimSpace(value) == "" && k.usable(path) {
		k.wrong(path, codeRequiredFor, "because", because, "example", k.schema.example(path))
	}
}

func (k checker) choice(path, value string, allowed ...string) {
	if k.usable(path) && !slices.Contains(allowed, value) {
		k.wrong(path, codeBadChoice, "value", k.raw(path), "allowed", strings.Join(allowed, ", "), "example", k.schema.example(path))
	}
}

func (k checker) match(path, value string, re *regexp.Regexp, code string, pairs ...string) {
	if value != "" && k.usable(path) && !re.MatchString(value) {
		k.wrong(path, code, pairs...)
	}
}

// eachSecret calls fn for every Secret in v with its path.
func eachSecret(v reflect.Value, path string, fn func(string, Secret)) {
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			eachSecret(v.Field(f.index), join(path, f.key), fn)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachSecret(v.Index(i), fmt.Sprintf("%s[%d]", path, i), fn)
		}
	case reflect.String:
		if s, ok := v.Interface().(Secret); ok {
			fn(path, s)
		}
	default: // numbers and switches
	}
}

// secretsHaveNoBlanks comes first: a line end that was copied along is the
// usual cause of every other complaint about a secret.
func (k checker) secretsHaveNoBlanks() {
	eachSecret(reflect.ValueOf(k.Config).Elem(), "", func(path string, s Secret) {
		if strings.TrimSpace(s.Reveal()) != "" && strings.ContainsAny(s.Reveal(), " \t\r\n\u00A0\u3000") && k.usable(path) {
			k.wrong(path, codeSecretBlank, "example", k.schema.example(path))
		}
	})
}

var timeOfDay = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// settings checks what belongs to no platform.
func (k checker) settings() {
	k.choice("language", k.Language, "zh-CN", "en")
	if k.usable("timezone") && !zoneOK(k.Timezone) {
		k.wrong("timezone", codeBadTimezone, "value", k.raw("timezone"), "near", nearestZone(k.literal("timezone", k.Timezone)))
	}
	if k.usable("day_starts_at") && !timeOfDay.MatchString(k.DayStartsAt) {
		k.wrong("day_starts_at", codeBadTimeOfDay, "value", k.raw("day_starts_at"), "example", likelyTime(k.literal("day_starts_at", k.DayStartsAt)))
	}
	k.need("database", k.Database)
	if k.usable("backups.keep") && k.Backups.Keep < 1 {
		k.wrong("backups.keep", codeTooSmall, "value", k.raw("backups.keep"), "example", k.schema.example("backups.keep"))
	}
	if k.usable("backups.cron") {
		if code, a := cronProblem(k.Backups.Cron); code != "" {
			if a["value"] != "" && k.literal("backups.cron", k.Backups.Cron) == "" {
				a["value"] = hidden
			}
			k.wrong("backups.cron", code)
			maps.Copy(k.problems[len(k.problems)-1].Args, a)
		}
	}
	for i, admin := range k.Admins {
		if path := fmt.Sprintf("admins[%d]", i); k.usable(path) {
			k.admin(path, admin)
		}
	}
	k.choice("log.level", k.Log.Level, "debug", "info", "warn", "error")
	k.choice("log.format", k.Log.Format, "text", "json")
}

var looseTime = regexp.MustCompile(`^\s*([0-9]{1,2})(?:[:.\x{FF1A}hH]?([0-9]{2}))?\s*$`)

// likelyTime guesses what was meant by something that is not HH:MM.
func likelyTime(s string) string {
	m := looseTime.FindStringSubmatch(s)
	if m == nil {
		return "04:00"
	}
	guess := fmt.Sprintf("%02s:%02s", m[1], m[2])
	if !timeOfDay.MatchString(guess) {
		return "04:00"
	}
	return guess
}

var telegramUser = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

func (k checker) admin(path, admin string) {
	domain, id, _ := strings.Cut(admin, ":")
	if domain == "wechat" {
		app, open, _ := strings.Cut(id, ":")
		id = open
		if app == "" {
			id = ""
		}
	}
	switch {
	case strings.ContainsAny(admin, " \t\r\n\u00A0\u3000"), id == "",
		!slices.Contains([]string{"telegram", "wecom", "wechat", "sandbox"}, domain):
		k.wrong(path, codeBadAdmin)
	case domain == "telegram" && !telegramUser.MatchString(id):
		k.wrong(path, codeBadAdminTelegram)
	}
}

// tidy brings valid values into the one form the program works with.
func tidy(c *Config) {
	for _, u := range c.urls() {
		*u = strings.TrimRight(*u, "/")
	}
	for i := range c.WeCom.AIBots {
		c.WeCom.AIBots[i].Mention = strings.TrimPrefix(strings.TrimSpace(c.WeCom.AIBots[i].Mention), "@")
	}
	c.Draw.Chain = strings.ToLower(c.Draw.Chain)
	c.Draw.PublicKey = strings.ToLower(c.Draw.PublicKey)
}

func (c *Config) urls() []*string {
	all := []*string{&c.HTTP.PublicURL, &c.WeCom.BaseURL, &c.WeChat.BaseURL}
	for i := range c.Telegram {
		all = append(all, &c.Telegram[i].BaseURL)
	}
	for i := range c.WeCom.AIBots {
		all = append(all, &c.WeCom.AIBots[i].WebSocketURL)
	}
	for i := range c.Draw.URLs {
		all = append(all, &c.Draw.URLs[i])
	}
	return all
}
