package config

import (
	"reflect"
	"slices"
	"time"
)

// The kinds of connections, see Connection.
const (
	KindTelegram        = "telegram"         // an entry of telegram
	KindAIBot           = "aibot"            // an entry of wecom.aibots
	KindWebhook         = "webhook"          // an entry of wecom.webhooks
	KindApp             = "app"              // an entry of wecom.apps
	KindOfficialAccount = "official_account" // an entry of wechat.official_accounts
)

// Connection names one configured route to a platform. Names are unique among
// the Telegram bots, among everything of WeCom, and among the official accounts.
type Connection struct {
	Kind string // one of the Kind constants
	Name string
	Line int // where it stands in the file, from 1; 0 if it came from no file
}

// Location returns the zone of Timezone. It is loaded at each call, so keep it
// where it is needed often. A Config that was built by hand with a wrong name
// gets UTC.
func (c *Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// DayStart returns how long after local midnight a chat day begins: 4 h for
// "04:00". A Config that was built by hand with a wrong value gets 0.
func (c *Config) DayStart() time.Duration {
	t, err := time.Parse("15:04", c.DayStartsAt)
	if err != nil {
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// Connections lists every configured connection: the Telegram bots, then
// WeCom's AI bots, webhooks and apps, then the official accounts, each in the
// order of the file.
func (c *Config) Connections() []Connection {
	var all []Connection
	for _, t := range c.Telegram {
		all = append(all, Connection{KindTelegram, t.Name, t.Line})
	}
	for _, b := range c.WeCom.AIBots {
		all = append(all, Connection{KindAIBot, b.Name, b.Line})
	}
	for _, w := range c.WeCom.Webhooks {
		all = append(all, Connection{KindWebhook, w.Name, w.Line})
	}
	for _, a := range c.WeCom.Apps {
		all = append(all, Connection{KindApp, a.Name, a.Line})
	}
	for _, a := range c.WeChat.OfficialAccounts {
		all = append(all, Connection{KindOfficialAccount, a.Name, a.Line})
	}
	return all
}

// SandboxOn reports whether the sandbox page is served: when it is enabled, and
// by itself when no connection is configured, because then nothing else could
// be done with the program.
func (c *Config) SandboxOn() bool {
	return c.Sandbox.Enabled || len(c.Connections()) == 0
}

// Secrets returns every secret value that is set, each once, in the order of
// the file. It is meant for the log's redactor and for nothing else. A value
// can be as short as one character.
func (c *Config) Secrets() []string {
	var all []string
	eachSecret(reflect.ValueOf(c).Elem(), "", func(_ string, s Secret) {
		if s != "" && !slices.Contains(all, s.Reveal()) {
			all = append(all, s.Reveal())
		}
	})
	return all
}
